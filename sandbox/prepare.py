"""Fetch what npm holds for the sandbox and build its page: `python -m sandbox.prepare`."""

import hashlib
import subprocess
import sys
from pathlib import Path

from sandbox.node import NodeMissing, Packages, install

HERE = Path(__file__).parent
PAGE = HERE / "page"


def build_page(packages: Packages) -> None:
    """Bundle the page unless the bundle was made from these very sources."""
    sources = [PAGE / "build.mjs", PAGE / "package-lock.json", *sorted((PAGE / "src").rglob("*"))]
    wanted = hashlib.sha256(b"".join(f.read_bytes() for f in sources if f.is_file())).hexdigest()
    stamp = PAGE / "dist" / ".built"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    subprocess.run([str(packages.node), "build.mjs"], cwd=PAGE, check=True)
    stamp.write_text(wanted)


def prepare() -> None:
    """Everything the sandbox needs beyond Python packages."""
    install(HERE)
    build_page(install(PAGE))


if __name__ == "__main__":
    try:
        prepare()
    except (NodeMissing, subprocess.CalledProcessError) as problem:
        sys.exit(f"sandbox: {problem}")
