"""`python -m vio.vectors FILE...`: 0 when every case passes, 1 otherwise."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from vio.vectors.runner import run_files


def main(arguments: Sequence[str]) -> int:
    """Run the named files, print a line for each failure and a summary."""
    if not arguments:
        sys.stderr.write("Name at least one file of test vectors.\n")
        return 1
    report = run_files(arguments)
    sys.stdout.writelines(f"{line}\n" for line in (*report.failures, report.summary()))
    return 0 if report.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
