"""``python -m correlator``: the command line."""

import sys

try:
    from correlator.cli import main
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is missing: pip install -r requirements.txt -r requirements-cli.txt")

if __name__ == "__main__":
    main()
