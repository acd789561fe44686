"""Children that are small scripts: started in order, kept alive, stopped in reverse, none left over."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.supervisor.processes import descendants, eventually, is_alive
from vio.embedded.errors import StackError
from vio.supervisor.child import Spec
from vio.supervisor.output import Terminal
from vio.supervisor.stages import Stages

pytestmark = [pytest.mark.real, pytest.mark.asyncio(loop_scope="session")]

WAITING = "import signal, time; print('here I am', flush=True); signal.pause()"


def script(name: str, code: str, *arguments: str, **more: object) -> Spec:
    spec = Spec(name=name, command=[sys.executable, "-c", code, *arguments], ready_text="here I am")
    return Spec(**{**spec.__dict__, **more})


@pytest.fixture
def stages(tmp_path: Path) -> Stages:
    return Stages(tmp_path, Terminal())


async def test_a_killed_child_is_started_again(stages: Stages, capsys: pytest.CaptureFixture[str]) -> None:
    await stages.start(script("one", WAITING))
    child = stages.children[0]
    before = child.pid
    assert before is not None
    os.kill(before, signal.SIGKILL)
    async with asyncio.timeout(10):
        while child.pid in {before, None}:  # noqa: ASYNC110 - another process is awaited
            await asyncio.sleep(0.02)
    assert child.starts == 2
    await stages.stop()
    assert child.pid is None
    assert "one | ended (killed by SIGKILL); starting it again in 0.5 s" in capsys.readouterr().out


async def test_a_child_that_never_starts_ends_the_start_with_its_own_words(stages: Stages) -> None:
    with pytest.raises(StackError, match=r"^two did not start: ValueError: no such thing$"):
        await stages.start(script("one", WAITING), script("two", "raise ValueError('no such thing')"))
    assert stages.children[1].starts == 2
    await stages.stop()
    assert [child.pid for child in stages.children] == [None, None]


async def test_a_child_that_stays_silent_is_not_waited_for_for_ever(stages: Stages) -> None:
    with pytest.raises(StackError, match=r"one is not ready after 0\.3 s"):
        await stages.start(script("one", "import signal; signal.pause()", ready_patience=0.3))
    await stages.stop()


async def test_a_program_that_is_absent_is_one_clear_line(stages: Stages) -> None:
    with pytest.raises(StackError, match="one cannot be started: No such file or directory"):
        await stages.start(Spec(name="one", command=["/nonexistent/program"]))
    await stages.stop()


async def test_stages_are_stopped_in_reverse_order(stages: Stages, tmp_path: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "def end(*_):\n"
        "    open(sys.argv[1], 'a').write(sys.argv[2] + '\\n'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); print('here I am', flush=True)\n"
        "while True: signal.pause()\n"
    )
    book = tmp_path / "book"
    for name in ("database", "web", "beat"):
        await stages.start(script(name, code, str(book), name))
    await stages.stop()
    assert book.read_text(encoding="utf-8").split() == ["beat", "web", "database"]


async def test_a_child_that_ignores_the_signal_is_killed_with_all_it_started(stages: Stages) -> None:
    code = (
        "import signal, subprocess, sys\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n"
        "print('here I am', flush=True)\n"
        "while True: signal.pause()\n"
    )
    await stages.start(script("stubborn", code, stop_patience=0.3))
    pid = stages.children[0].pid
    assert pid is not None
    family = [pid, *descendants(pid)]
    assert len(family) == 2
    await stages.stop()
    assert eventually(lambda: not any(is_alive(one) for one in family))


async def test_what_a_dead_child_had_started_goes_too(stages: Stages) -> None:
    code = (
        "import signal, subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()'])\n" + WAITING
    )
    await stages.start(script("one", code))
    pid = stages.children[0].pid
    assert pid is not None
    orphans = descendants(pid)
    os.kill(pid, signal.SIGKILL)
    assert await asyncio.to_thread(eventually, lambda: not any(is_alive(one) for one in orphans))
    await stages.stop()


async def test_a_planned_restart_takes_one_after_the_other(stages: Stages) -> None:
    await stages.start(script("web.1", WAITING), script("web.2", WAITING), script("beat", WAITING))
    before = [child.pid for child in stages.children]
    await stages.restart("web.")
    async with asyncio.timeout(10):
        while any(child.pid is None for child in stages.children):  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.02)
    after = [child.pid for child in stages.children]
    assert after[0] != before[0]
    assert after[1] != before[1]
    assert after[2] == before[2]
    await stages.stop()


async def test_a_program_run_once_reports_its_failure(stages: Stages) -> None:
    await stages.once(script("fine", "print('done')"))
    with pytest.raises(
        StackError, match=r"^migrate failed: RuntimeError: table is gone \(see .*migrate\.log\)$"
    ):
        await stages.once(script("migrate", "raise RuntimeError('table is gone')"))
    await stages.stop()


async def test_a_child_started_as_another_account_gets_it(stages: Stages, tmp_path: Path) -> None:
    from vio.embedded.account import unprivileged

    account = unprivileged()
    code = "import os; print(os.geteuid(), os.getegid(), os.getgroups()); " + WAITING
    await stages.start(
        script("one", code, command=["/bin/sh", "-c", "id -u; echo here I am; sleep 60"], account=account)
    )
    await stages.stop()
    expected = account.uid if account else os.geteuid()
    assert (tmp_path / "one.log").read_text(encoding="utf-8").splitlines()[0] == str(expected)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_no_child_outlives_a_killed_supervisor(tmp_path: Path, how: signal.Signals) -> None:
    code = (
        "import asyncio, sys; from pathlib import Path\n"
        "from vio.supervisor.child import Spec; from vio.supervisor.output import Terminal\n"
        "from vio.supervisor.stages import Stages\n"
        f"command = [sys.executable, '-c', {WAITING!r}]\n"
        "spec = lambda name: Spec(name=name, command=command, ready_text='here I am')\n"
        "async def main():\n"
        "    stages = Stages(Path(sys.argv[1]), Terminal())\n"
        "    await stages.start(spec('one'), spec('two'))\n"
        "    print('up', *(child.pid for child in stages.children), flush=True)\n"
        "    await stages.failed()\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen(  # noqa: ASYNC220 - nothing else runs in this test
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stdout is not None
        pids = [int(word) for word in supervisor.stdout.readline().split()[1:]]
        assert len(pids) == 2
        assert all(is_alive(pid) for pid in pids)
        supervisor.send_signal(how)
    assert eventually(lambda: not any(is_alive(pid) for pid in pids))


async def test_a_rolling_restart_waits_for_the_new_process_and_not_for_its_neighbour(
    stages: Stages, tmp_path: Path
) -> None:
    code = (
        "import signal, sys, time\n"
        "def say(what):\n"
        "    open(sys.argv[1], 'a').write(sys.argv[2] + ' ' + what + '\\n')\n"
        "def end(*_):\n"
        "    say('down'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end); time.sleep(0.4); say('up'); print('here I am', flush=True)\n"
        "while True: signal.pause()\n"
    )
    book = tmp_path / "book"
    # The neighbour on the shared port answers all the time.
    specs = [script(f"web.{n}", code, str(book), f"web.{n}", answers=lambda: True) for n in (1, 2)]
    await stages.start(*specs)
    await stages.restart("web.")
    assert book.read_text(encoding="utf-8").splitlines()[2:] == [
        "web.1 down", "web.1 up", "web.2 down", "web.2 up",
    ]  # fmt: skip
    await stages.stop()
