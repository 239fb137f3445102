"""The module that Azure loads, read by the tests that call its functions themselves."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).parent.parent


def loaded() -> ModuleType:
    """A `function_app` of one's own: under that name the worker library would take it for a host's in this process."""
    spec = importlib.util.spec_from_file_location("function_app_looked_at", ROOT / "function_app.py")
    assert spec
    assert spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def functions(module: ModuleType) -> dict[str, Callable[..., Any]]:
    """What each function of the module calls, by the function's name."""
    return {f.get_function_name(): f.get_user_function() for f in module.app.get_functions()}
