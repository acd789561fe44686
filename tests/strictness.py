"""A pytest plugin: where CI or VIO_TEST_STRICT is set, a test that did not run makes the run fail.

A skipped test looks like a passed one in a summary. On a developer's machine it is shown (-ra); in CI it is
an error.
"""

from __future__ import annotations

import os

import pytest

_YES = {"1", "true", "yes", "on"}
_not_run: list[str] = []


def strict() -> bool:
    """Whether this run must execute every test."""
    return any(os.environ.get(name, "").lower() in _YES for name in ("CI", "VIO_TEST_STRICT"))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Collect what was skipped or expected to fail; reports of xdist workers arrive here as well."""
    if report.skipped:
        _not_run.append(report.nodeid)


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A module that skips itself as a whole counts too."""
    if report.skipped:
        _not_run.append(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a green run with holes into a failed one."""
    if strict() and _not_run and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why the run failed."""
    if strict() and _not_run:
        terminalreporter.section("tests that did not run, which is a failure here", red=True)
        for name in sorted(set(_not_run)):
            terminalreporter.line(name)
