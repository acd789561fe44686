"""Runs vector files against the rules. Whatever cannot be read or evaluated is a failure, never skipped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vio.vectors.compare import mismatches
from vio.vectors.files import Case, read_cases
from vio.vectors.kinds import KINDS
from vio.vectors.reading import Given, VectorError


@dataclass(frozen=True)
class Report:
    """How the run went: `failures` are single lines, each naming the file, the case and what is wrong."""

    files: int
    cases: int
    passed: int
    failures: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Did every file and every case pass, and was there any?"""
        return not self.failures and self.cases > 0

    def summary(self) -> str:
        """The last line to print."""
        wrong = len(self.failures)
        verdict = f"{wrong} problem{'s' * (wrong != 1)}" if wrong else "all pass"
        if not self.cases and not wrong:
            verdict = "nothing was checked"
        return f"{self.cases} cases in {self.files} files: {verdict}"


def run_files(paths: Iterable[str | Path]) -> Report:
    """Run every case of the named files, in order; ids must be unique over all of them."""
    files = cases = passed = 0
    failures: list[str] = []
    seen: dict[str, str] = {}
    for path in map(Path, paths):
        files += 1
        try:
            found = read_cases(path)
        except VectorError as error:
            failures.append(_line(f"{path.name}: {error}"))
            continue
        for case in found:
            problems = _run(path.name, case, seen)
            cases += 1
            passed += not problems
            failures += problems
    return Report(files, cases, passed, tuple(failures))


def _run(file: str, case: Case | VectorError, seen: dict[str, str]) -> list[str]:
    if isinstance(case, VectorError):
        return [_line(f"{file}: {case}")]
    problems = check(case)
    if case.id in seen:
        problems.append(f"the id is used before, in {seen[case.id]}")
    seen.setdefault(case.id, file)
    return [_line(f"{file}: {case.id}: {problem}") for problem in problems]


def check(case: Case) -> list[str]:
    """What is wrong with one case, one text each; empty when it passes."""
    kind = KINDS.get(case.kind)
    if kind is None:
        return [f"unknown kind {case.kind!r}"]
    if unknown := sorted(case.expect.keys() - kind.expects):
        return [f"expect.{unknown[0]} is not known to kind {case.kind}"]
    try:
        found = kind.evaluate(Given(case.given))
    except VectorError as error:
        return [str(error)]
    except (ValueError, ArithmeticError, TypeError) as error:
        return [f"cannot be evaluated: {error}"]
    return [
        f"{wrong.key}: expected {wrong.expected}, found {wrong.found}"
        for wrong in mismatches(case.expect, found)
    ]


def _line(text: str) -> str:
    return " ".join(text.split())
