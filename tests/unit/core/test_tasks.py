"""TaskScope: no coroutine outlives its owner, no failure is silent, none ends its neighbours."""

from __future__ import annotations

import asyncio

import pytest

from crmdesk.core.tasks import PartScope, TaskScope


class _Reports:
    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def __call__(self, what: str, error: BaseException) -> None:
        self.seen.append((what, str(error)))


class _Job:
    """A coroutine that waits to be let go and writes down how it ended."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.started = asyncio.Event()
        self.ended = ""

    async def run(self) -> str:
        self.started.set()
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise
        self.ended = "done"
        return "result"


async def _settle(*tasks: asyncio.Task[object] | None) -> None:
    await asyncio.wait([task for task in tasks if task is not None])


async def test_a_task_runs_and_is_forgotten() -> None:
    reports, job = _Reports(), _Job()
    scope = TaskScope(reports)
    task = scope.start(job.run(), what="reading", key="read")
    assert task is not None
    assert scope.running("read")
    job.go.set()
    assert await task == "result"
    await asyncio.sleep(0)
    assert not scope.running("read")
    assert reports.seen == []


async def test_a_failure_is_reported_once_by_name_and_ends_nobody_else() -> None:
    async def fails() -> None:
        raise ValueError("no such page")

    reports, job = _Reports(), _Job()
    scope = TaskScope(reports)
    other = scope.start(job.run(), what="other")
    await _settle(scope.start(fails(), what="pulling"))
    await asyncio.sleep(0)
    assert reports.seen == [("pulling", "no such page")]
    job.go.set()
    await _settle(other)
    assert job.ended == "done"


async def test_a_newer_task_replaces_the_one_with_its_key() -> None:
    reports, old, new = _Reports(), _Job(), _Job()
    scope = TaskScope(reports)
    first = scope.start(old.run(), what="search", key="search")
    await old.started.wait()
    second = scope.start(new.run(), what="search", key="search")
    await _settle(first)
    await asyncio.sleep(0)
    assert old.ended == "cancelled"
    assert scope.running("search")  # the older one's end did not forget the newer
    new.go.set()
    await _settle(second)
    assert new.ended == "done"
    assert reports.seen == []


async def test_keep_refuses_the_newer_one() -> None:
    old, new = _Job(), _Job()
    scope = TaskScope(_Reports())
    first = scope.start(old.run(), what="pull", key=1, if_busy="keep")
    assert scope.start(new.run(), what="pull", key=1, if_busy="keep") is None
    assert scope.start(_Job().run(), what="pull", key=2, if_busy="keep") is not None
    old.go.set()
    await _settle(first)
    assert (old.ended, new.started.is_set()) == ("done", False)
    await scope.aclose()


async def test_keep_does_not_refuse_in_the_moment_after_an_end() -> None:
    """A task has ended before the loop tells: *Save*, clicked in between, once did nothing."""

    async def ends() -> None:
        pass

    scope, seen = TaskScope(_Reports()), []
    first = scope.start(ends(), what="test", key=1)
    assert first is not None

    def click() -> None:
        running = scope.running(1)
        begun = scope.start(ends(), what="save", key=1, if_busy="keep")
        seen.append((first.done(), running, begun is not None))

    asyncio.get_running_loop().call_soon(click)
    await asyncio.sleep(0)
    assert seen == [(True, False, True)]
    assert scope.running(1)  # the end of the first, told only now, did not forget the second
    await scope.aclose()


async def test_queue_waits_for_the_older_one_whatever_its_end() -> None:
    async def fails() -> None:
        await job.go.wait()
        raise ValueError("first")

    reports, job, queued = _Reports(), _Job(), _Job()
    scope = TaskScope(reports)
    scope.start(fails(), what="save 1", key="save", if_busy="queue")
    second = scope.start(queued.run(), what="save 2", key="save", if_busy="queue")
    await asyncio.sleep(0)
    assert not queued.started.is_set()
    job.go.set()
    queued.go.set()
    assert second is not None
    assert await second == "result"
    assert reports.seen == [("save 1", "first")]


async def test_a_queued_task_that_is_cancelled_never_starts() -> None:
    old, queued = _Job(), _Job()
    scope = TaskScope(_Reports())
    first = scope.start(old.run(), what="save", key="save")
    second = scope.start(queued.run(), what="save", key="save", if_busy="queue")
    await old.started.wait()
    assert scope.cancel("save")
    await _settle(second)
    assert not queued.started.is_set()
    old.go.set()
    await _settle(first)
    assert old.ended == "done"


@pytest.mark.filterwarnings("error")
async def test_a_queued_task_that_is_cancelled_at_once_leaves_nothing_behind() -> None:
    """Python would complain of a coroutine that was never awaited."""
    old, queued = _Job(), _Job()
    scope = TaskScope(_Reports())
    first = scope.start(old.run(), what="save", key="save")
    coro = queued.run()
    second = scope.start(coro, what="save", key="save", if_busy="queue")
    assert scope.cancel("save")  # before the loop had a turn
    await _settle(second)
    assert coro.cr_frame is None, "it was closed"
    old.go.set()
    await _settle(first)


async def test_cancel_is_silent_and_says_whether_there_was_something() -> None:
    reports, job = _Reports(), _Job()
    scope = TaskScope(reports)
    assert not scope.cancel("pull")
    task = scope.start(job.run(), what="pull", key="pull")
    await job.started.wait()
    assert scope.cancel("pull")
    await _settle(task)
    assert job.ended == "cancelled"
    assert reports.seen == []


async def test_closing_ends_all_and_refuses_more() -> None:
    reports, jobs = _Reports(), [_Job() for _ in range(3)]
    scope = TaskScope(reports)
    for number, job in enumerate(jobs):
        scope.start(job.run(), what="job", key=number)
        await job.started.wait()
    await scope.aclose()
    await scope.aclose()
    assert [job.ended for job in jobs] == ["cancelled"] * 3
    assert scope.start(_Job().run(), what="late") is None
    assert reports.seen == []


async def test_a_task_may_close_its_own_scope() -> None:
    async def quits() -> str:
        await scope.aclose()
        return "closed"

    job = _Job()
    scope = TaskScope(_Reports())
    scope.start(job.run(), what="job")
    await job.started.wait()
    task = scope.start(quits(), what="quit")
    assert task is not None
    assert await task == "closed"
    assert job.ended == "cancelled"


async def test_a_part_has_ended_once_its_own_tasks_have_and_the_whole_owns_them() -> None:
    failed: list[str] = []
    whole = TaskScope(lambda what, _error: failed.append(what))
    part, going, done = PartScope(whole), asyncio.Event(), []

    async def work(name: str) -> None:
        await going.wait()
        done.append(name)

    async def broken() -> None:
        await going.wait()
        raise ValueError

    whole.start(work("other"), what="other", key="a")
    assert part.start(work("refused"), what="refused", key="a", if_busy="keep") is None, "keys hold across all parts"
    part.start(work("second"), what="second", key="a", if_busy="queue")
    part.start(broken(), what="broken")
    assert part.running("a") and not part.running("b") and not part.cancel("b")
    ended = asyncio.get_running_loop().create_task(part.ended())
    await asyncio.sleep(0)
    assert not ended.done()
    going.set()
    await ended
    assert (done, failed) == (["other", "second"], ["broken"])
    await part.ended()
    part.start(work("third"), what="third")
    going.clear()
    never = part.start(asyncio.sleep(60), what="long")
    assert never is not None
    await whole.aclose()
    assert never.cancelled() and part.start(work("late"), what="late") is None
    await part.ended()


async def test_a_part_that_is_closed_takes_its_own_tasks_along_and_begins_no_more() -> None:
    whole = TaskScope(_Reports())
    part = PartScope(whole)
    mine, other = part.start(asyncio.sleep(60), what="mine"), whole.start(asyncio.sleep(60), what="other")
    assert mine is not None and other is not None
    await part.aclose()
    assert mine.cancelled() and not other.done()
    assert part.start(asyncio.sleep(60), what="late") is None
    await whole.aclose()
