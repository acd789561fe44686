"""The event loop's own line to PostgreSQL: questions in one transaction each, in order, and no line that is waited for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from asgiref.sync import sync_to_async
from django.db import connection

from vio.common import pipeline
from vio.common.pipeline import WITHIN, PipelineConnection, QuestionFailedError

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]
STATEMENTS = {
    "scope": "SELECT set_config('vio.programs', $1, true)",
    "which": "SELECT current_setting('vio.programs', true), current_user",
    "pid": "SELECT pg_backend_pid()",
    "echo": "SELECT $1::text, NULL, $2::int + 1",
    "length": "SELECT length($1::text)",
    "divide": "SELECT 1 / $1::int",
    "lock": "SELECT pg_advisory_xact_lock($1::bigint)",
    "try": "SELECT pg_try_advisory_xact_lock($1::bigint)",
    "sleep": "SELECT pg_sleep($1::float)",
}


async def opened(statements: dict[str, str]) -> PipelineConnection:
    made = PipelineConnection(statements)
    assert not made.is_ready()
    assert made._opening
    await made._opening
    return made


@pytest_asyncio.fixture
async def line() -> AsyncIterator[PipelineConnection]:
    made = await opened(STATEMENTS)
    yield made
    made.close()


async def test_rows_are_texts_of_the_last_step_that_has_any(line: PipelineConnection) -> None:
    assert line.is_ready()
    assert await line.ask([("pid", []), ("echo", ["{a,\"b\"} 'c' \\ ü", "41"])]) == [
        ("{a,\"b\"} 'c' \\ ü", None, "42")
    ]


async def test_a_question_is_one_transaction_and_nothing_of_it_stays(line: PipelineConnection) -> None:
    assert (await line.ask([("scope", ["harbor"]), ("which", [])]))[0][0] == "harbor"
    assert (await line.ask([("which", [])]))[0][0] in {"", None}
    await line.ask([("lock", ["77"])])
    other = await opened({"try": STATEMENTS["try"]})
    assert await other.ask([("try", ["77"])]) == [("t",)]
    other.close()


async def test_it_comes_in_the_applications_own_role(line: PipelineConnection) -> None:
    def ours() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_user")
            return str(cursor.fetchone()[0])

    assert (await line.ask([("which", [])]))[0][1] == await sync_to_async(ours)()


async def test_many_are_on_their_way_and_answered_in_order(line: PipelineConnection) -> None:
    asked = [line.ask([("echo", [str(n), str(n)])]) for n in range(300)]
    assert [rows[0][0] for rows in await asyncio.gather(*asked)] == [str(n) for n in range(300)]


async def test_more_than_the_server_takes_in_at_once(
    line: PipelineConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "WITHIN", 60.0)  # it is not about time
    large = "x" * 9_000_000
    answers = await asyncio.gather(*(line.ask([("length", [large])]) for _ in range(3)))
    assert answers == [[("9000000",)]] * 3


async def test_a_refused_statement_undoes_its_question_and_no_other(line: PipelineConnection) -> None:
    before, refused, after = await asyncio.gather(
        line.ask([("pid", [])]),
        line.ask([("lock", ["78"]), ("divide", ["0"]), ("pid", [])]),
        line.ask([("pid", [])]),
        return_exceptions=True,
    )
    assert isinstance(refused, QuestionFailedError)
    assert refused.sqlstate == "22012"
    assert before == after
    assert line.is_ready()


async def test_who_stopped_waiting_does_not_disturb_the_others(line: PipelineConnection) -> None:
    slow = asyncio.create_task(line.ask([("sleep", ["0.2"])]))
    await asyncio.sleep(0)
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
    assert len(await line.ask([("pid", [])])) == 1


async def test_a_line_that_is_cut_fails_what_is_on_it_and_is_made_anew(
    line: PipelineConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "PAUSE", 0.0)
    [(pid,)] = await line.ask([("pid", [])])
    waiting = [asyncio.create_task(line.ask([("sleep", ["1.5"])])) for _ in range(2)]
    await asyncio.sleep(0)

    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")
            cursor.execute("SELECT pg_terminate_backend(%s)", [int(pid or 0)])
            cursor.execute("SET ROLE vio_app")

    await sync_to_async(cut)()
    failed = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(one, QuestionFailedError) for one in failed)
    assert not line.is_ready()
    with pytest.raises(QuestionFailedError):
        await line.ask([("pid", [])])
    assert line._opening
    await line._opening
    assert await line.ask([("pid", [])]) != [(pid,)]


async def test_a_server_that_does_not_answer_is_given_up(line: PipelineConnection) -> None:
    assert len(await line.ask([("pid", [])])) == 1
    began = asyncio.get_running_loop().time()
    with pytest.raises(QuestionFailedError) as late:
        await line.ask([("sleep", ["6"])])
    assert late.value.sqlstate == ""
    assert (
        WITHIN <= asyncio.get_running_loop().time() - began < 6
    )  # and not because the one before it was answered
    assert not line.is_ready()


async def test_a_statement_that_cannot_be_prepared_opens_nothing(caplog: pytest.LogCaptureFixture) -> None:
    made = await opened({"wrong": "SELECT nothing_like_it"})
    assert not made.is_ready()
    made.close()


async def test_closed_it_stays_closed(line: PipelineConnection) -> None:
    line.close()
    assert not line.is_ready()
    assert line._opening is None
    with pytest.raises(QuestionFailedError):
        await line.ask([("pid", [])])
