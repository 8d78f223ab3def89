"""Cancelling ends the right query and never the next; reads go on beside a write; idle work makes room."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest
import sqlalchemy as sa

from crmdesk.core.query import parse
from crmdesk.store.database import driver_of
from tests.unit.store.made import NOW, Desk, contact

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def endless(started: threading.Event) -> object:
    def run(connection: sa.Connection) -> None:
        started.set()
        driver_of(connection).execute(ENDLESS).fetchone()

    return run


async def test_a_cancelled_read_ends_at_once_and_the_next_is_unharmed(desk: Desk) -> None:
    desk.apply([contact("1", first="Anna")])
    for _ in range(30):
        started = threading.Event()
        task = asyncio.ensure_future(desk.database.read(endless(started), lane="search"))
        await asyncio.to_thread(started.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await desk.found("anna") == ["1"]


async def test_cancelling_at_any_moment_never_breaks_the_index(desk: Desk) -> None:
    """Searches are cancelled after a random number of loop turns while pages come in; the last ones must be right."""
    for page in range(25):
        desk.apply([contact(f"{page}-{n}", first=f"Anna{n % 3}") for n in range(70)])
        task = asyncio.ensure_future(desk.hits("anna"))
        for _ in range(page):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert len((await desk.hits("anna")).ids) == 25 * 70
    assert len((await desk.hits("anna1")).ids) == 25 * 23


async def test_both_readers_read_while_a_write_is_under_way(desk: Desk) -> None:
    desk.apply([contact("1", first="Anna")])
    begun, let_go = threading.Event(), threading.Event()

    def slow(connection: sa.Connection, _touched: object) -> None:
        driver_of(connection).execute("UPDATE contact SET name='Half done'")
        begun.set()
        let_go.wait(10)

    write = asyncio.ensure_future(desk.database.write(slow))
    await asyncio.to_thread(begun.wait)
    assert (await desk.hits("anna")).first[0].name == "Anna"
    assert (await desk.reader.rows([1]))[0].name == "Anna"
    let_go.set()
    await write
    assert (await desk.reader.rows([1]))[0].name == "Half done"


async def test_idle_work_makes_room_and_is_done_later(desk: Desk) -> None:
    desk.apply([contact("1", first="Anna")])
    started, runs = threading.Event(), []

    def idle(connection: sa.Connection) -> str:
        runs.append(1)
        started.set()
        if len(runs) == 1:
            driver_of(connection).execute(ENDLESS).fetchone()
        return "done"

    task = asyncio.ensure_future(desk.database.read(idle, lane="search", idle=True))
    await asyncio.to_thread(started.wait)
    assert await desk.found("anna") == ["1"]
    assert await task == "done"
    assert len(runs) == 2


async def test_closing_ends_a_running_read(desk: Desk) -> None:
    started = threading.Event()
    task = asyncio.ensure_future(desk.database.read(endless(started)))
    await asyncio.to_thread(started.wait)
    await desk.database.aclose()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_new_contacts_may_be_late_but_gone_ones_never_show(tmp_path_factory: pytest.TempPathFactory) -> None:
    desk = Desk(tmp_path_factory.mktemp("late") / "crmdesk.db", patience=0.3)
    try:
        desk.apply([contact(f"{n}", first="Anna") for n in range(100)])
        assert len((await desk.hits("anna")).ids) == 100
        desk.apply([contact(f"new{n}", first="Anna") for n in range(100)], removed=tuple(f"{n}" for n in range(90)))
        assert set(await desk.found("anna")) <= {*(f"{n}" for n in range(90, 100)), *(f"new{n}" for n in range(100))}
        desk.said.clear()
        for _ in range(200):  # the feed speaks once the index has caught up
            if desk.said:
                break
            await asyncio.sleep(0.01)
        assert desk.said[-1].listing
        assert len((await desk.hits("anna")).ids) == 110
    finally:
        desk.close()


async def test_the_feed_speaks_after_the_commit(desk: Desk) -> None:
    seen: list[int] = []
    count = sa.text("SELECT count(*) FROM contact")
    desk.database.feed.subscribe(
        lambda changes: seen.append(desk.database.read_sync(lambda c: c.execute(count).scalar_one()))
    )
    desk.apply([contact("1", first="Anna")], generation=1)
    assert seen == [1]


async def test_warming_changes_no_result(desk: Desk) -> None:
    desk.apply([contact(str(n), first="Anna", last="Berg") for n in range(30)])
    await desk.reader.warm()
    assert len((await desk.reader.search(parse("a b", now=NOW))).ids) == 30


async def test_a_cancel_between_two_statements_is_not_lost(desk: Desk) -> None:
    """At that moment nothing runs that an interrupt could end; the next statement must still be ended."""
    started, let_go = threading.Event(), threading.Event()

    def run(connection: sa.Connection) -> None:
        started.set()
        let_go.wait(10)
        driver_of(connection).execute(ENDLESS).fetchone()

    task = asyncio.ensure_future(desk.database.read(run))
    await asyncio.to_thread(started.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    let_go.set()
    assert await asyncio.wait_for(desk.reader.rows([]), 10) == []


COUNTED = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i FROM n"


async def test_a_failed_read_cannot_disturb_the_next_one(desk: Desk) -> None:
    """The driver shares statements: a cursor kept by an error used to set another read back to its first row."""
    kept: list[BaseException] = []
    read_some, forgotten = threading.Event(), threading.Event()

    def fail(connection: sa.Connection) -> None:
        rows = driver_of(connection).execute(COUNTED)
        raise ValueError(rows.fetchone())

    def count(connection: sa.Connection) -> list[int]:
        rows = driver_of(connection).execute(COUNTED)
        found = [row[0] for row in rows.fetchmany(3)]
        read_some.set()
        assert forgotten.wait(10)
        return found + [row[0] for row in rows.fetchall()]

    try:
        await desk.database.read(fail)
    except ValueError as error:
        kept.append(error)
    counting = asyncio.ensure_future(desk.database.read(count))
    await asyncio.to_thread(read_some.wait)
    kept.clear()
    gc.collect()
    forgotten.set()
    assert await counting == list(range(1, 10))
