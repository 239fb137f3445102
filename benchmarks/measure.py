"""One measurement in one fresh process: ``python -m benchmarks.measure CHAIN FILE`` prints what it took as JSON."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.chains import digest

ROOT = Path(__file__).parent.parent


def child(*arguments: str, bytecode: Path) -> dict[str, Any]:
    """What ``python -m ARGUMENTS`` prints as JSON; bytecode is kept in a folder of ours.

    The parent must stay small: Linux counts its size at the start into the peak of the child.
    """
    plain = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment = plain | {"PYTHONPYCACHEPREFIX": str(bytecode)}
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def main() -> None:
    """Run one chain over one file, imports not counted."""
    chain = import_module(f"benchmarks.chains.{sys.argv[1]}")
    wall, cpu = time.perf_counter(), time.process_time()
    result = chain.run(Path(sys.argv[2]))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu": cpu, "wall": wall, "peak_mb": peak, "answer": digest(chain.outages(result))}))


if __name__ == "__main__":
    main()
