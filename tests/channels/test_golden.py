"""The messages of the composed nights, byte for byte: what a change of words or layout does is seen in the diff.

UPDATE_GOLDEN=1 python -m pytest tests/channels/test_golden.py
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import ModuleType

import pytest

from correlator.channels import slack, teams
from correlator.wording import Style
from tests.channels.composed import EN, JA, NIGHTS

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("channel", [teams, slack], ids=["teams", "slack"])
@pytest.mark.parametrize("style", [EN, JA], ids=["en", "ja"])
@pytest.mark.parametrize("night", NIGHTS)
def test_the_message_of_a_night_is_the_one_on_record(night: str, style: Style, channel: ModuleType) -> None:
    """Every moment and language has one known message, and rendering is pure."""
    n = NIGHTS[night]()
    body = channel.render(n, style)
    assert channel.render(n, style) == body
    text = json.dumps(body, ensure_ascii=False, indent=1) + "\n"
    path = GOLDEN / f"{channel.__name__.rsplit('.', 1)[-1]}-{night}.{style.language}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_no_record_is_without_its_night() -> None:
    """A night that is gone takes its records along."""
    known = {f"{c}-{night}.{lang}.json" for c in ("teams", "slack") for night in NIGHTS for lang in ("en", "ja")}
    assert {p.name for p in GOLDEN.glob("*.json")} == known
