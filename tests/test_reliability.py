"""The page of guarantees: each names its test, and that test is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def test_every_guarantee_is_held_by_a_test_that_exists() -> None:
    """No row of the page is without a test, and no test it names is missing or was renamed."""
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "held by" not in line]
    assert len(rows) > 20
    assert not [row for row in rows if not NAMED.search(row)]
    missing = [
        f"{file}::{test}"
        for file, test in NAMED.findall(PAGE)
        if not (ROOT / file).exists() or f"\ndef {test}(" not in (ROOT / file).read_text(encoding="utf-8")
    ]
    assert missing == []
