"""The built page stands alone and its lock file names no host."""

import json
import re
from pathlib import Path

from sandbox.screenshots import PAGE

SOURCE = PAGE.parent.parent


def test_the_bundle_builds(built_page: Path) -> None:
    names = {path.name for path in built_page.parent.iterdir()}
    assert {"index.html", "page.js", "page.css"} <= names


def test_the_page_asks_no_other_machine_for_anything(built_page: Path) -> None:
    html = built_page.read_text(encoding="utf-8")
    css = (built_page.parent / "page.css").read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", html)
    assert not re.search(r"""url\(["']?(?!["']?data:)""", css)
    assert "default-src 'none'" in html


def test_versions_are_pinned_and_the_lock_file_has_no_addresses() -> None:
    package = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((SOURCE / "package-lock.json").read_text(encoding="utf-8"))
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["dependencies"].values())
    assert not [name for name, entry in lock["packages"].items() if "resolved" in entry]


def test_the_samples_say_that_they_are_composed() -> None:
    samples = sorted((Path(__file__).parent / "samples").glob("*.json"))
    assert samples
    assert all(json.loads(path.read_text(encoding="utf-8"))["note"].startswith("Composed sample") for path in samples)
