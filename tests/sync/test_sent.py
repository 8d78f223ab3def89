"""What was sent, kept in the real store: before the first byte, after every kind of answer, and after a kill."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core import seams
from crmdesk.core.batch import BatchKind, BatchRow, Job, JobState, RowOutcome, RowState
from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    NotFoundError,
    OfflineError,
    Problem,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    ServerFaultError,
    SignInNeededError,
    StorageError,
)
from crmdesk.core.types import Account, Json, Summary
from crmdesk.store import accounts, contacts
from crmdesk.store.database import Database
from crmdesk.sync import sent
from crmdesk.sync.sent import look_up, push_contacts, recover
from tests.helpers.clock import NOON
from tests.helpers.desk import Desk


class Killed(BaseException):
    """The process is gone."""


class MemorySender:
    """A BatchSender in memory. `fails` is raised instead of an answer; `during` runs while the call is out."""

    kinds = (BatchKind("events", "Events", ()), BatchKind("contacts", "Contacts", ()))

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.fails: BaseException | None = None
        self.during: Callable[[], Any] | None = None
        self.states: list[RowState] = []
        self.job = "j1"

    def encode(self, kind: BatchKind, rows: Sequence[BatchRow], request: Mapping[str, Any]) -> bytes:
        assert kind.key == "contacts"
        if any(row.values.get("name") == "?" for row in rows):
            raise RejectedError("Something cannot be sent like this.", problems=(Problem("1/name", "", "odd"),))
        contacts = [{"user_id": row.uid, **row.values} for row in rows]
        return json.dumps({"origin": "desk", "contacts": contacts, **request}).encode()

    async def send(self, kind: BatchKind, body: bytes) -> Json:
        self.bodies.append(body)
        await asyncio.sleep(0)
        if self.during is not None and asyncio.iscoroutine(found := self.during()):
            await found
        if self.fails is not None:
            raise self.fails
        return {"job": self.job}

    def settle(self, kind: BatchKind, rows: Sequence[BatchRow], answer: Json) -> list[RowOutcome]:
        states = self.states or [RowState.ACCEPTED] * len(rows)
        return [
            RowOutcome(row.uid, state, text=f"{state.value}.", number=answer["job"])
            for row, state in zip(rows, states, strict=True)
        ]


class MemoryJobs:
    """A JobSource in memory: job id → Job or the error that comes instead."""

    def __init__(self, **jobs: Job | KnownError) -> None:
        self.jobs = dict(jobs)
        self.asked: list[str] = []

    async def job(self, job_id: str) -> Job:
        self.asked.append(job_id)
        found = self.jobs.get(job_id, Job(job_id, JobState.RUNNING, "queued"))
        if isinstance(found, KnownError):
            raise found
        return found


def summarise(raw: Json) -> Summary:
    name = str(raw["sent"].get("name", ""))
    return Summary(name=name, last=name, updated_at=raw["sent_at"], texts={"name": name})


class SendingDesk(Desk):
    """A desk that sends."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.sender = MemorySender()

    async def push(self, *rows: BatchRow, **request: Any) -> list[RowOutcome]:
        return await push_contacts(
            self.database, self.sender, self.account, rows, request, summarise=summarise, clock=self.clock
        )

    async def look_up(self, jobs: MemoryJobs) -> int:
        return await look_up(self.database, jobs, self.account, summarise=summarise, clock=self.clock)

    async def recover(self) -> int:
        return await recover(self.database, self.account, summarise=summarise, clock=self.clock)

    def states(self) -> dict[str, str]:
        """Remote id → state."""
        return {remote_id: raw["state"] for remote_id, raw in self.cached().items()}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SendingDesk]:
    made = SendingDesk(tmp_path / "desk.db")
    yield made
    made.close()


def row(uid: str = "c:1", name: str = "Ann") -> BatchRow:
    return BatchRow(uid, {"name": name})


DONE = Job("j1", JobState.DONE, "finished")

# ── a good call ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_sent_is_kept_with_its_job(desk: SendingDesk) -> None:
    outcomes = await desk.push(row(), row("c:2", "Bo"))
    assert [(outcome.uid, outcome.state) for outcome in outcomes] == [
        ("c:1", RowState.ACCEPTED),
        ("c:2", RowState.ACCEPTED),
    ]
    assert desk.cached()["c:1"] == {
        "sent": {"user_id": "c:1", "name": "Ann"},
        "origin": "desk",
        "state": "queued",
        "sent_at": seams.iso(NOON),
        "job": "j1",
        "reason": "accepted.",
    }
    assert desk.account.contacts == 2


async def test_it_is_kept_before_the_first_byte_leaves(desk: SendingDesk) -> None:
    seen: list[dict[str, str]] = []
    desk.sender.during = lambda: seen.append(desk.states())
    await desk.push(row())
    assert seen == [{"c:1": "sending"}]


async def test_what_is_kept_is_what_left_to_the_digit(desk: SendingDesk) -> None:
    """A price of 340.10 stays 340.10: the sealed body's own bytes are kept."""

    class Exact(MemorySender):
        def encode(self, kind: BatchKind, rows: Sequence[BatchRow], request: Mapping[str, Any]) -> bytes:
            return b'{"contacts":[{"user_id":"c:1","n":1.50}],"purchase":{"price":340.10}}'

    desk.sender = Exact()
    await desk.push(row())
    body = dict(await desk.database.read(lambda c: contacts.next_bodies(c, desk.id, "", 10)))["c:1"]
    assert b'"sent":{"user_id":"c:1","n":1.50}' in body
    assert b'"purchase":{"price":340.10}' in body
    assert desk.sender.bodies == [b'{"contacts":[{"user_id":"c:1","n":1.50}],"purchase":{"price":340.10}}']


async def test_a_given_user_id_is_the_contacts_id_here(desk: SendingDesk) -> None:
    await desk.push(BatchRow("1", {"user_id": "c:9", "name": "Ann"}))
    assert desk.states() == {"c:9": "queued"}


async def test_a_later_push_replaces_what_is_shown(desk: SendingDesk) -> None:
    await desk.push(row(), purchase={"price": 1})
    desk.clock.forward(60)
    desk.sender.job = "j2"
    await desk.push(row(name="Anna"))
    (raw,) = desk.cached().values()
    assert (raw["sent"]["name"], raw["job"], "purchase" in raw) == ("Anna", "j2", False)
    assert raw["sent_at"] == seams.iso(NOON + timedelta(seconds=60))


async def test_rows_end_each_in_its_own_way(desk: SendingDesk) -> None:
    desk.sender.states = [RowState.CREATED, RowState.ACCEPTED, RowState.REFUSED, RowState.IN_DOUBT]
    await desk.push(*(row(f"c:{number}") for number in range(4)))
    assert desk.states() == {"c:0": "processed", "c:1": "queued", "c:2": "refused", "c:3": "unknown"}
    assert desk.cached()["c:2"]["reason"] == "refused."


# ── calls that went wrong ────────────────────────────────────────────────────────────────────────────────────────────

NOT_SENT = [
    OfflineError("No line."),
    RateLimitedError("Slow down."),
    SignInNeededError("No longer let in."),
    ForbiddenError("Not allowed."),
    ProtocolError("Another address."),
]


async def test_rows_that_cannot_be_sent_are_neither_kept_nor_sent(desk: SendingDesk) -> None:
    with pytest.raises(RejectedError):
        await desk.push(row(), row("c:2", "?"))
    assert desk.cached() == {}
    assert desk.sender.bodies == []


@pytest.mark.parametrize("error", NOT_SENT)
async def test_certainly_not_sent_leaves_no_trace(error: KnownError, desk: SendingDesk) -> None:
    desk.sender.fails = error
    with pytest.raises(type(error)) as caught:
        await desk.push(row())
    assert caught.value is error
    assert desk.cached() == {}
    assert desk.account.contacts == 0


@pytest.mark.parametrize("error", NOT_SENT)
async def test_certainly_not_sent_brings_the_earlier_state_back(error: KnownError, desk: SendingDesk) -> None:
    await desk.push(row())
    before = desk.cached()
    desk.clock.forward(60)
    desk.sender.fails = error
    with pytest.raises(type(error)):
        await desk.push(row(name="Anna"), row("c:2"))
    assert desk.cached() == before
    assert desk.account.contacts == 1


async def test_a_lost_answer_is_unknown_for_all_and_told(desk: SendingDesk) -> None:
    desk.sender.fails = InDoubtError("The line broke off.", "Look first.")
    with pytest.raises(InDoubtError):
        await desk.push(row(), row("c:2"))
    assert desk.states() == {"c:1": "unknown", "c:2": "unknown"}
    assert desk.cached()["c:1"]["reason"] == "The line broke off."
    assert len(desk.sender.bodies) == 1


async def test_the_vendors_refusal_is_kept_with_its_words(desk: SendingDesk) -> None:
    desk.sender.fails = RejectedError("Refused.", problems=(Problem("", "", "email is invalid"),))
    with pytest.raises(RejectedError):
        await desk.push(row())
    assert desk.states() == {"c:1": "refused"}
    assert desk.cached()["c:1"]["reason"] == "Refused. email is invalid"


async def test_a_mistake_of_ours_is_not_taken_for_not_sent(desk: SendingDesk) -> None:
    desk.sender.fails = ZeroDivisionError("ours")
    with pytest.raises(ZeroDivisionError):
        await desk.push(row())
    assert desk.states() == {"c:1": "unknown"}


async def test_cancelled_while_the_call_is_out_is_unknown(desk: SendingDesk) -> None:
    out = asyncio.Event()

    async def hang() -> None:
        out.set()
        await asyncio.Event().wait()

    desk.sender.during = hang
    task = asyncio.ensure_future(desk.push(row()))
    await out.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.states() == {"c:1": "unknown"}


@contextlib.contextmanager
def cancelled_at(place: str, task: Callable[[], asyncio.Task[Any]]) -> Iterator[None]:
    """The task is cancelled while the writer is inside this step, as a window does that is closed just then."""
    loop = asyncio.get_running_loop()
    writing = threading.Event()

    def gate(name: str) -> None:
        if name == place and not writing.is_set():
            writing.set()
            loop.call_soon_threadsafe(task().cancel)
            time.sleep(0.05)  # the loop's turn

    seams.set_gate(gate)
    try:
        yield
    finally:
        seams.set_gate(None)
    assert writing.is_set()


@pytest.mark.parametrize("known", [False, True])
async def test_cancelled_before_the_call_leaves_everything_as_it_was(known: bool, desk: SendingDesk) -> None:
    if known:
        await desk.push(row(name="Anna"))
    before, sent_bodies = desk.cached(), len(desk.sender.bodies)
    task: asyncio.Task[Any] = asyncio.ensure_future(desk.push(row(), row("c:2")))
    with cancelled_at("sent.sending.before_commit", lambda: task), pytest.raises(asyncio.CancelledError):
        await task
    await desk.database.write(lambda _connection, _touched: None)  # behind whatever is still being written
    assert desk.cached() == before
    assert len(desk.sender.bodies) == sent_bodies


async def test_cancelled_after_the_call_its_outcome_is_kept(desk: SendingDesk) -> None:
    """Another write is in front, so that the outcome's has not begun: cancelling takes it back."""
    in_front, go_on = asyncio.Event(), threading.Event()
    waiting: list[asyncio.Future[None]] = []
    loop = asyncio.get_running_loop()

    def hold(_connection: Any, _touched: Any) -> None:
        loop.call_soon_threadsafe(in_front.set)
        go_on.wait(10)

    async def block() -> None:
        waiting.append(asyncio.ensure_future(desk.database.write(hold)))
        await in_front.wait()
        loop.call_later(0.05, task.cancel)
        loop.call_later(0.1, go_on.set)

    desk.sender.during = block
    task: asyncio.Task[Any] = asyncio.ensure_future(desk.push(row()))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.states() == {"c:1": "queued"}
    assert desk.cached()["c:1"]["job"] == "j1"


async def test_on_a_full_disk_nothing_leaves(desk: SendingDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(self: Database, fn: Any, *, origin: object = None) -> None:
        raise StorageError("There is no room to save on this computer.")

    monkeypatch.setattr(Database, "write", full)
    with pytest.raises(StorageError):
        await desk.push(row())
    assert desk.sender.bodies == []


# ── killed ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def kill_at(place: str) -> None:
    def gate(name: str) -> None:
        if name == place:
            raise Killed(name)

    seams.set_gate(gate)


@pytest.mark.parametrize(
    ("place", "left", "recovered", "sent_bodies"),
    [
        ("sent.sending.before_commit", {}, {}, 0),
        ("sent.sending.after_commit", {"c:1": "sending"}, {"c:1": "unknown"}, 0),
        ("sent.outcome.before_commit", {"c:1": "sending"}, {"c:1": "unknown"}, 1),
        ("sent.outcome.after_commit", {"c:1": "queued"}, {"c:1": "queued"}, 1),
    ],
)
async def test_killed_at_any_step_it_is_known_or_unknown_and_never_sent_again(
    place: str, left: dict[str, str], recovered: dict[str, str], sent_bodies: int, desk: SendingDesk
) -> None:
    kill_at(place)
    with pytest.raises(Killed):
        await desk.push(row())
    seams.set_gate(None)
    desk.restart()
    assert desk.states() == left
    assert await desk.recover() == int(left != recovered)
    assert desk.states() == recovered
    assert await desk.recover() == 0
    assert len(desk.sender.bodies) == sent_bodies


async def test_recovering_says_why_and_touches_nothing_else(desk: SendingDesk) -> None:
    await desk.push(row("c:2"))
    kill_at("sent.sending.after_commit")
    with pytest.raises(Killed):
        await desk.push(row())
    seams.set_gate(None)
    desk.restart()
    before = desk.cached()["c:2"]
    await desk.recover()
    assert "ended while" in desk.cached()["c:1"]["reason"]
    assert desk.cached()["c:2"] == before


# ── how far jobs are ─────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_job_that_ended_is_processed(desk: SendingDesk) -> None:
    await desk.push(row(), row("c:2"))
    jobs = MemoryJobs(j1=DONE)
    assert await desk.look_up(jobs) == 2
    assert desk.states() == {"c:1": "processed", "c:2": "processed"}
    assert "reason" not in desk.cached()["c:1"]
    assert await desk.look_up(jobs) == 0
    assert jobs.asked == ["j1"]


async def test_a_job_under_way_stays_queued_and_is_asked_for_again(desk: SendingDesk) -> None:
    await desk.push(row())
    before, jobs = desk.cached(), MemoryJobs()
    assert await desk.look_up(jobs) + await desk.look_up(jobs) == 0
    assert desk.cached() == before
    assert jobs.asked == ["j1", "j1"]


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (Job("j1", JobState.FAILED, "failed"), "failed", "failed"),
        (Job("j1", JobState.DONE, "finished", 0, 0), "processed", "counted no purchase"),
        (Job("j1", JobState.DONE, "finished", 1, 1), "processed", ""),
        (Job("j1", JobState.DONE, "finished", 0, None), "processed", "0 of 1 contact "),
        (NotFoundError("No such job."), "unknown", "no longer knows"),
    ],
)
async def test_what_the_vendor_says_of_a_job(answer: Any, state: str, words: str, desk: SendingDesk) -> None:
    await desk.push(row(), purchase={"price": 1})
    assert await desk.look_up(MemoryJobs(j1=answer)) == 1
    (raw,) = desk.cached().values()
    assert raw["state"] == state
    assert words in raw.get("reason", "")
    assert bool(words) == ("reason" in raw)


async def test_only_open_jobs_are_asked_for_each_once(desk: SendingDesk) -> None:
    await desk.push(row("c:1"), row("c:2"))
    desk.sender.job = "j2"
    await desk.push(row("c:3"))
    desk.sender.fails = InDoubtError("Lost.")
    with pytest.raises(InDoubtError):
        await desk.push(row("c:4"))
    jobs = MemoryJobs()
    await desk.look_up(jobs)
    assert jobs.asked == ["j1", "j2"]


async def test_after_a_week_without_an_end_it_is_unknown(desk: SendingDesk) -> None:
    await desk.push(row())
    desk.clock.forward(sent.GIVE_UP.total_seconds())
    assert await desk.look_up(MemoryJobs()) == 0
    desk.clock.forward(1)
    assert await desk.look_up(MemoryJobs()) == 1
    assert desk.states() == {"c:1": "unknown"}


async def test_one_odd_answer_keeps_no_other_job_waiting(desk: SendingDesk) -> None:
    await desk.push(row())
    desk.clock.forward(1)
    desk.sender.job = "j2"
    await desk.push(row("c:2"))
    odd = ProtocolError("This is a web page.")
    with pytest.raises(ProtocolError) as caught:
        await desk.look_up(MemoryJobs(j1=odd, j2=DONE))
    assert caught.value is odd
    assert desk.states() == {"c:1": "queued", "c:2": "processed"}


@pytest.mark.parametrize("error", [OfflineError("No line."), SignInNeededError("No."), RateLimitedError("Slow.")])
async def test_without_the_vendor_the_round_ends_at_once(error: KnownError, desk: SendingDesk) -> None:
    await desk.push(row())
    desk.clock.forward(1)
    desk.sender.job = "j2"
    await desk.push(row("c:2"))
    jobs = MemoryJobs(j1=error, j2=DONE)
    with pytest.raises(type(error)):
        await desk.look_up(jobs)
    assert jobs.asked == ["j1"]
    assert set(desk.states().values()) == {"queued"}


async def test_one_fault_at_the_vendor_is_told_after_the_others_two_end_the_round(desk: SendingDesk) -> None:
    for number in range(1, 5):
        desk.sender.job = f"j{number}"
        await desk.push(row(f"c:{number}"))
        desk.clock.forward(1)
    jobs = MemoryJobs(j1=ServerFaultError("502"), j2=Job("j2", JobState.DONE), j3=ServerFaultError("503"))
    with pytest.raises(ServerFaultError, match="502"):
        await desk.look_up(jobs)
    assert jobs.asked == ["j1", "j2", "j3"]
    assert desk.states() == {"c:1": "queued", "c:2": "processed", "c:3": "queued", "c:4": "queued"}


async def test_what_was_sent_again_meanwhile_is_not_overwritten(desk: SendingDesk) -> None:
    await desk.push(row())

    class Meanwhile(MemoryJobs):
        async def job(self, job_id: str) -> Job:
            desk.sender.job = "j2"
            await desk.push(row(name="Anna"))
            return DONE

    assert await desk.look_up(Meanwhile()) == 0
    assert desk.cached()["c:1"]["sent"]["name"] == "Anna"
    assert desk.states() == {"c:1": "queued"}


async def test_of_many_jobs_some_are_asked_each_time_and_all_in_the_end(desk: SendingDesk) -> None:
    for number in range(sent.MOST_JOBS + 20):
        desk.sender.job = f"j{number}"
        await desk.push(row(f"c:{number}"))
    jobs = MemoryJobs()
    for _ in range(3):
        asked = len(jobs.asked)
        await desk.look_up(jobs)
        assert len(set(jobs.asked[asked:])) == sent.MOST_JOBS
        desk.clock.forward(60)
    assert len(set(jobs.asked)) == sent.MOST_JOBS + 20


async def test_more_contacts_than_one_read_takes_are_all_gone_through(
    desk: SendingDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sent, "_CHUNK", 2)
    await desk.push(*(row(f"c:{number}") for number in range(5)))
    assert await desk.look_up(MemoryJobs(j1=DONE)) == 5
    assert set(desk.states().values()) == {"processed"}


@pytest.mark.parametrize("step", ["before_commit", "after_commit"])
async def test_killed_while_a_job_is_noted_it_is_asked_again(step: str, desk: SendingDesk) -> None:
    await desk.push(row())
    kill_at(f"sent.looked.{step}")
    with pytest.raises(Killed):
        await desk.look_up(MemoryJobs(j1=DONE))
    seams.set_gate(None)
    desk.restart()
    assert desk.states() == {"c:1": "queued" if step == "before_commit" else "processed"}
    await desk.look_up(MemoryJobs(j1=DONE))
    assert desk.states() == {"c:1": "processed"}


async def test_another_accounts_contacts_are_left_alone(desk: SendingDesk) -> None:
    """The same ids in both: each account looks up and recovers its own."""
    new = Account(0, "memory", "Second", "https://m.example")
    second = await desk.database.write(lambda c, t: accounts.add(c, t, new))
    await desk.push(row())
    mine = desk.cached()
    await push_contacts(desk.database, desk.sender, second, [row()], {}, summarise=summarise, clock=desk.clock)
    assert await look_up(desk.database, MemoryJobs(j1=DONE), second, summarise=summarise, clock=desk.clock) == 1
    assert desk.cached() == mine
