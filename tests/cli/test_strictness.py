"""The plugins of the test run themselves: a hole in a strict run is a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HOLES = {
    "skip": "import pytest\n@pytest.mark.skip(reason='later')\ndef test_one(): pass\ndef test_two(): pass\n",
    "xfail": "import pytest\n@pytest.mark.xfail(reason='known')\ndef test_one(): assert False\ndef test_two(): pass\n",
    "module": "import pytest\npytest.skip('no browser', allow_module_level=True)\n",
    "inside": "import pytest\ndef test_one(): pytest.skip('no service')\ndef test_two(): pass\n",
}


def run(folder: Path, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(code, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if name not in {"CI", "VIO_TEST_STRICT"}}
    root = str(Path(__file__).resolve().parents[2])
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.strictness",
        "-p",
        "no:django",
        "-p",
        "no:cacheprovider",
    ]
    return subprocess.run(
        [*command, "--rootdir", str(folder), str(folder)],
        cwd=folder,
        env={**kept, "PYTHONPATH": root, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("hole", ["skip", "xfail", "inside"])
def test_a_hole_passes_at_home_and_fails_in_ci(tmp_path: Path, hole: str) -> None:
    assert run(tmp_path, HOLES[hole]).returncode == 0
    for name in ("CI", "VIO_TEST_STRICT"):
        strict = run(tmp_path, HOLES[hole], **{name: "true"})
        assert strict.returncode == 1
        assert "tests that did not run" in strict.stdout
        assert "test_it.py::test_one" in strict.stdout


def test_a_module_that_skips_itself_fails_in_ci(tmp_path: Path) -> None:
    both = HOLES["module"]
    (tmp_path / "test_other.py").write_text("def test_two(): pass\n", encoding="utf-8")
    assert run(tmp_path, both, CI="true").returncode == 1


def test_a_run_without_holes_passes_in_ci(tmp_path: Path) -> None:
    assert run(tmp_path, "def test_two(): pass\n", CI="true").returncode == 0
