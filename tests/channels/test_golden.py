"""The messages of the composed nights, letter for letter: what a change of words or layout does is seen in the diff.

UPDATE_GOLDEN=1 python -m pytest tests/channels/test_golden.py
"""

from __future__ import annotations

import base64
import gzip
import json
import os
import re
from pathlib import Path
from types import ModuleType
from urllib.parse import quote, unquote

import pytest

from correlator.channels import events, slack, teams
from correlator.model import Cause
from correlator.notification import Moment
from correlator.wording import Style
from tests.channels.composed import EN, JA, NIGHTS

GOLDEN = Path(__file__).parent / "golden"
PACKED = re.compile("/q/([^/]+)/timespan/")


@pytest.mark.parametrize("channel", [teams, slack, events], ids=["teams", "slack", "events"])
@pytest.mark.parametrize("style", [EN, JA], ids=["en", "ja"])
@pytest.mark.parametrize("night", NIGHTS)
def test_the_message_of_a_night_is_the_one_on_record(night: str, style: Style, channel: ModuleType) -> None:
    """Every moment and language has one known message, and rendering is pure."""
    n = NIGHTS[night]()
    body = channel.render(n, style)
    assert channel.render(n, style) == body
    text = readable(json.dumps(body, ensure_ascii=False, indent=1)) + "\n"
    path = GOLDEN / f"{channel.__name__.rsplit('.', 1)[-1]}-{night}.{style.language}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def readable(text: str) -> str:
    """With the packed queries of the links unpacked: zlib's bytes differ between builds of Python."""
    return PACKED.sub(lambda m: "/q/" + quote(unpacked(m[1]), safe="") + "/timespan/", text)


def unpacked(part: str) -> str:
    return gzip.decompress(base64.b64decode(unquote(part))).decode()


def test_no_record_is_without_its_night() -> None:
    """A night that is gone takes its records along."""
    known = {
        f"{c}-{night}.{lang}.json" for c in ("teams", "slack", "events") for night in NIGHTS for lang in ("en", "ja")
    }
    assert {p.name for p in GOLDEN.glob("*.json")} == known


def test_every_moment_and_cause_has_its_night() -> None:
    """What can be told is seen in the gallery: a new moment or cause needs a night of its own."""
    told = [make() for make in NIGHTS.values()]
    assert {n.moment for n in told} == set(Moment)
    assert {n.incident.finding.cause for n in told if n.incident} == set(Cause)
