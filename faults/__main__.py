"""`python -m faults [--only ID...] [--seed N] [--list]`: plays, prints one line per requirement, writes var/faults.json."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

from faults import catalogue, findings
from faults.attach import attach
from faults.ending import end_well, hear_nothing_more
from faults.stack import PROJECT, Stack, StackDiedError

RESULT = PROJECT / "var" / "faults.json"


def main() -> int:
    """Exit code 0 when every requirement held, 1 when one did not, 2 when nothing could be played, 130 when interrupted."""
    options = _options()
    if options.list:
        _say(catalogue.table())
        return 0
    chosen = catalogue.chosen(options.only)
    if not chosen:
        _say(f"nothing here shows {' '.join(options.only)}; --list tells what is shown where")
        return 2
    stack = Stack(keep=options.keep)
    began = time.monotonic()
    end_well()
    try:
        _say(f"seed {options.seed}; starting the stack in {stack.home}")
        stack.start()
        lines = _play(stack, options.seed, chosen, options.only)
    except StackDiedError as error:
        _say(str(error))
        return 2
    except KeyboardInterrupt:
        _say("interrupted: everything is taken down")
        return 130
    finally:
        hear_nothing_more()
        stack.stop()
        stack.clear()
    return _report(lines, time.monotonic() - began, options.out)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="ID", help="requirements or scenarios to play"
    )
    parser.add_argument("--seed", type=int, default=1, help="which of many runs")
    parser.add_argument("--list", action="store_true", help="tell what is shown where, and play nothing")
    parser.add_argument("--keep", action="store_true", help="keep the state folder, with its logs")
    parser.add_argument("--out", type=Path, default=RESULT, help="where the result is written as JSON")
    return parser.parse_args()


def _play(stack: Stack, seed: int, chosen: list[str], only: list[str]) -> list[findings.Line]:
    attach(stack)
    from faults.ground import Ground
    from faults.run import play

    ground = Ground(stack, seed)
    ground.book.tell = _say
    asyncio.run(play(ground, chosen, _say))
    wanted = {name for name in only if name not in catalogue.SCENARIOS}
    return [line for line in findings.gather(ground.book.findings) if not wanted or line.id in wanted]


def _report(lines: list[findings.Line], seconds: float, out: Path) -> int:
    for line in lines:
        _say(str(line))
    failed = [line.id for line in lines if not line.ok]
    findings.write(lines, out)
    _say(f"{len(lines) - len(failed)} of {len(lines)} held, in {seconds / 60:.1f} min; written to {out}")
    if failed:
        _say(f"FAILED: {' '.join(failed)}")
    return 1 if failed else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
