"""The run's hypothesis profiles, and the sandbox for every test that asks for it."""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import settings

from tests.sandbox.fixtures import running_stack, stack

__all__ = ["running_stack", "stack"]

DEEPER = 8
"""How many times more examples the deep profile tries than the file says."""

LONGEST = ("test_laws.py", "test_fleet_machine.py", "test_doctor.py", "test_machine.py", "test_end_to_end.py")
"""Files that take long, though some hold few tests: they come first, so that no worker has one to itself at the end."""

settings.register_profile("default", deadline=None, derandomize=True)
settings.register_profile("deep", deadline=None, derandomize=False, print_blob=True)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "default")
settings.load_profile(PROFILE)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the collector need not walk over it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files come first, where workers keep the order (``--no-loadscope-reorder``).

    Under the deep profile every property test gets more examples: a number given in a file wins over a profile.
    """
    items.sort(key=lambda i: LONGEST.index(i.path.name) if i.path.name in LONGEST else len(LONGEST))
    if PROFILE != "deep":
        return
    for test in {id(t): t for i in items if (t := getattr(i, "obj", None)) and hasattr(t, "hypothesis")}.values():
        # What @settings leaves behind on a test; @given reads it when the test is called.
        chosen = getattr(test, "_hypothesis_internal_use_settings", None) or settings()
        test._hypothesis_internal_use_settings = settings(chosen, max_examples=chosen.max_examples * DEEPER)
