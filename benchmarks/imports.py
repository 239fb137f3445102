"""Import time, each in a fresh process with warm bytecode: ``python -m benchmarks.imports MODULE…`` prints JSON."""

from __future__ import annotations

import json
import sys
import time
from importlib import import_module

SDKS = ("azure.functions", "azure.identity", "azure.monitor.query", "azure.data.tables", "requests")
APP = ("function_app",)


def main() -> None:
    """Import the modules named, and say what it took."""
    begin = time.process_time()
    for name in sys.argv[1:]:
        import_module(name)
    print(json.dumps({"cpu": time.process_time() - begin}))


if __name__ == "__main__":
    main()
