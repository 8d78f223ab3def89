"""What was sent to a vendor that cannot be read back, kept as contacts of the account.

    encode ─► commit: state *sending* ─► the call, once ─► commit: *queued* + job │ *refused* + reason │ *unknown*
                    │                        └─ certainly not sent ─► commit: as it was before
                    └─ killed here: `recover` turns a left-over *sending* into *unknown*
    look_up: asks every open job ─► commit: *processed* │ *failed* │ *unknown* (the vendor never said how it ended)

A contact's JSON here is `{"sent": {as it left}, …what else stood in the call (origin, options, purchase)…, "state": …,
"sent_at": …, "job": …, "reason": …}`; `sent` and the rest are the sealed body's own bytes, so that what is shown is
what left. The remote id is our own id of the contact. Nothing here ever sends by itself.

For senders whose body is a JSON object with the rows, in order, under the kind's key. One push at a time for an
account, and none while `recover` runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import msgspec

from crmdesk.core.batch import BatchKind, BatchRow, Job, JobState, RowOutcome, RowState
from crmdesk.core.errors import (
    InDoubtError,
    KnownError,
    NotFoundError,
    ProtocolError,
    RejectedError,
    ServerFaultError,
)
from crmdesk.core.said import said, said_of
from crmdesk.core.seams import Clock, iso
from crmdesk.core.submission import Call, Row, RowStage
from crmdesk.core.types import Account, Json, Page, RemoteContact, Summary
from crmdesk.core.vendor import BatchSender, JobSource
from crmdesk.store import call_reads, contacts, submissions
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection, Database, driver_of
from crmdesk.sync.gated import write_gated

SENDING, QUEUED, PROCESSED, FAILED, REFUSED, UNKNOWN = (
    "sending", "queued", "processed", "failed", "refused", "unknown",
)  # fmt: skip
MOST_JOBS = 50  # asked for in one round
GIVE_UP = timedelta(days=7)  # how long a job is kept is told by no vendor
_CHUNK = 500  # contacts of one read
_NO_LISTING = 0  # these contacts belong to no listing
_CUT_SHORT = "crmdesk ended while this was being sent."
GONE = "The vendor no longer knows this job, so it is not known how it ended."
TOO_LONG = said_of(
    GIVE_UP.days,
    "The vendor did not tell within one day how it ended.",
    "The vendor did not tell within {n} days how it ended.",
)
NO_PURCHASE = "The vendor counted no purchase in this job."
_STATE_OF = {
    RowState.CREATED: PROCESSED,
    RowState.ACCEPTED: QUEUED,
    RowState.REFUSED: REFUSED,
    RowState.IN_DOUBT: UNKNOWN,
}

T = TypeVar("T")
_encode = msgspec.json.Encoder(enc_hook=str).encode  # sentences with parts are kept as plain text
Summarise = Callable[[Json], Summary]
Bodies = Mapping[str, bytes]


class _Told(msgspec.Struct):
    """What is looked at in a stored body."""

    state: str = ""
    job: str = ""
    sent_at: str = ""
    purchase: Any = None


class _Name(msgspec.Struct):
    user_id: str = ""


_name = msgspec.json.Decoder(_Name).decode
_told = msgspec.json.Decoder(_Told).decode
_parts = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_rows = msgspec.json.Decoder(list[msgspec.Raw]).decode


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def push_contacts(
    database: Database,
    sender: BatchSender,
    account: Account,
    rows: Sequence[BatchRow],
    request: Mapping[str, Any],
    *,
    summarise: Summarise,
    clock: Clock,
) -> list[RowOutcome]:
    """Sends `rows` in one call and keeps what left. One outcome per row, in their order.

    RejectedError before anything is stored where the rows cannot be sent like this. InDoubtError after all are marked
    *unknown*, RejectedError of the vendor after all are marked *refused*; any other KnownError after all are as they
    were before: certainly nothing was sent. Cancelled before the call, they are as before; while it is out, all are
    marked *unknown*; after it, its outcome is kept all the same."""
    kind = _contacts_kind(sender)
    body = sender.encode(kind, rows, request)
    shelf = _Shelf(database, account, summarise, clock)
    sealed = _unsealed(kind, rows, body, iso(clock.now()))
    before = await shelf.kept(sealed)
    try:
        await shelf.keep("sending", sealed)
    except asyncio.CancelledError:  # it may be stored all the same, and nothing was sent
        await shelf.restore(sealed, before)
        raise
    try:
        answer = await sender.send(kind, body)
    except RejectedError as error:
        await shelf.keep_surely("refused", _with(sealed, state=REFUSED, reason=_why(error)))
        raise
    except InDoubtError as error:
        await shelf.keep_surely("unknown", _with(sealed, state=UNKNOWN, reason=error.title))
        raise
    except KnownError:
        await shelf.restore(sealed, before)
        raise
    except (asyncio.CancelledError, Exception):  # bytes may have left
        await shelf.keep_surely("unknown", _with(sealed, state=UNKNOWN, reason=_CUT_SHORT))
        raise
    outcomes = sender.settle(kind, rows, answer)
    await shelf.keep_surely("outcome", _settled(sealed, rows, outcomes))
    return outcomes


def _contacts_kind(sender: BatchSender) -> BatchKind:
    return next(kind for kind in sender.kinds if kind.key == "contacts")


def remote_id_of(row: BatchRow) -> str:
    """Our own id of the contact, by which the vendor knows it."""
    return str(row.values.get("user_id") or row.uid)


def _unsealed(kind: BatchKind, rows: Sequence[BatchRow], body: bytes, sent_at: str) -> dict[str, bytes]:
    """Remote id → what is kept of it, from the sealed body."""
    around = _parts(body)
    sealed = _rows(around.pop(kind.key))
    how = {"state": SENDING, "sent_at": sent_at, "job": ""}
    return {
        remote_id_of(row): _encode({"sent": contact, **around, **how})
        for row, contact in zip(rows, sealed, strict=True)
    }


def _with(bodies: Bodies, **how: str) -> dict[str, bytes]:
    """The bodies with these parts set; all else stays as it stands, byte for byte."""
    return {remote_id: _changed(body, how) for remote_id, body in bodies.items()}


def _changed(body: bytes, how: Mapping[str, str]) -> bytes:
    """`reason` is only there where there is one."""
    changed = {**_parts(body), **how}
    return _encode({name: value for name, value in changed.items() if name != "reason" or value})


def _settled(sealed: Bodies, rows: Sequence[BatchRow], outcomes: Sequence[RowOutcome]) -> dict[str, bytes]:
    return {
        remote_id_of(row): _changed(
            sealed[remote_id_of(row)],
            {"state": _STATE_OF[outcome.state], "job": outcome.number, "reason": outcome.text},
        )
        for row, outcome in zip(rows, outcomes, strict=True)
    }


def _why(error: RejectedError) -> str:
    """The vendor's words for people."""
    told = "; ".join(problem.text for problem in error.problems[:5])
    return f"{error.title} {told}".strip()


# ── what a submission sent ───────────────────────────────────────────────────────────────────────────────────────────

_STAGES = {
    RowStage.SENT: PROCESSED,
    RowStage.ACCEPTED: QUEUED,
    RowStage.FAILED: FAILED,
    RowStage.UNKNOWN: UNKNOWN,
}


async def show_call(database: Database, account: Account, call_id: int, *, summarise: Summarise, clock: Clock) -> int:
    """Brings the contacts of one call of a submission to what its rows say now, as if they had been pushed; how many.
    May be done again. What was sent later under the same id stays, and so does what another call has of a row."""
    shelf = _Shelf(database, account, summarise, clock)

    def run(connection: Connection, touched: Touched) -> int:
        driver = driver_of(connection)
        call = call_reads.get(driver, call_id)
        if call is None or not call.body or not call.sent_at:
            return 0
        rows = {str(row.values.get("user_id", "")): row for row in submissions.rows_of_call(driver, call_id)}
        told = {name: row for name, row in rows.items() if row.stage in _STAGES}
        kept = contacts.bodies_of(connection, account.id, told)
        newer = {name for name, body in kept.items() if _read(body).sent_at > call.sent_at}
        bodies = {
            name: body
            for name, body in _shown(call, told, submissions.get(driver, call.submission_id).kind).items()
            if name not in newer
        }
        shelf.store(connection, touched, bodies)
        return len(bodies)

    return await write_gated(database, "sent.shown", run)


def _shown(call: Call, told: Mapping[str, Row], key: str) -> dict[str, bytes]:
    around = _parts(call.body)
    found = {}
    for contact in _rows(around.pop(key)):
        row = told.get(_name(contact).user_id)
        if row is not None:
            how = {"state": _STAGES[row.stage], "sent_at": call.sent_at, "job": row.number}
            why = row.note or (row.text if row.stage is not RowStage.ACCEPTED else "")
            body = _encode({"sent": contact, **around, **how, **({"reason": why} if why else {})})
            found[str(row.values["user_id"])] = body
    return found


# ── what a killed program left ───────────────────────────────────────────────────────────────────────────────────────


async def recover(database: Database, account: Account, *, summarise: Summarise, clock: Clock) -> int:
    """Marks what a program that ended was sending as *unknown*: it may have left. How many there were. At the start of
    the program only."""
    left = {remote_id: body async for remote_id, body, told in _each(database, account) if told.state == SENDING}
    if left:
        shelf = _Shelf(database, account, summarise, clock)
        await shelf.keep("recovered", _with(left, state=UNKNOWN, reason=_CUT_SHORT))
    return len(left)


# ── how far jobs are ─────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Open:
    """A job that had not ended when it was last asked for."""

    sent_at: str = ""
    bodies: dict[str, bytes] = field(default_factory=dict)
    purchase: bool = False


async def look_up(database: Database, jobs: JobSource, account: Account, *, summarise: Summarise, clock: Clock) -> int:
    """Asks for the account's open jobs (at most MOST_JOBS, others next time) and keeps how they ended, job by job. How
    many contacts have a new state.

    An answer that cannot be understood, or one fault at the vendor, costs the other jobs nothing and is raised at the
    end; a second fault and any other KnownError end the round. What was learnt before is kept."""
    shelf = _Shelf(database, account, summarise, clock)
    found = await _open_jobs(database, account)
    changed = faults = 0
    odd: KnownError | None = None
    for job_id in _this_round(sorted(found, key=lambda one: found[one].sent_at), clock.now()):
        try:
            how = await _ended(jobs, job_id, found[job_id], clock.now())
        except (ProtocolError, ServerFaultError) as error:
            odd = odd or error
            faults += isinstance(error, ServerFaultError)
            if faults > 1:
                break
            continue
        if how:
            changed += await shelf.replace("looked", _with(found[job_id].bodies, **how), found[job_id].bodies)
    if odd is not None:
        raise odd
    return changed


def _this_round(job_ids: list[str], now: datetime) -> list[str]:
    """MOST_JOBS of them; where there are more, others each minute, so that some that never end keep nobody waiting."""
    if len(job_ids) <= MOST_JOBS:
        return job_ids
    start = int(now.timestamp()) // 60 * MOST_JOBS % len(job_ids)
    return (job_ids[start:] + job_ids[:start])[:MOST_JOBS]


async def _open_jobs(database: Database, account: Account) -> dict[str, _Open]:
    found: dict[str, _Open] = {}
    async for remote_id, body, told in _each(database, account):
        if told.state == QUEUED and told.job:
            job = found.setdefault(told.job, _Open(told.sent_at))
            job.bodies[remote_id] = body
            job.purchase = job.purchase or told.purchase is not None
    return found


async def _ended(jobs: JobSource, job_id: str, known: _Open, now: datetime) -> dict[str, str]:
    """The new state and reason; nothing while it is under way."""
    try:
        job = await jobs.job(job_id)
    except NotFoundError:
        return {"state": UNKNOWN, "reason": GONE}
    if job.state is JobState.RUNNING:
        return {"state": UNKNOWN, "reason": TOO_LONG} if _too_old(known.sent_at, now) else {}
    if job.state is JobState.FAILED:
        return {"state": FAILED, "reason": said("The vendor says: {word}.", word=job.word) if job.word else ""}
    return {"state": PROCESSED, "reason": _counted(job, known)}


def _counted(job: Job, known: _Open) -> str:
    """What the vendor counted otherwise than we sent; '' where it fits or is not told."""
    if known.purchase and job.purchases == 0:
        return NO_PURCHASE
    if job.contacts is not None and job.contacts < len(known.bodies):
        return said_of(
            len(known.bodies),
            "The vendor counted {contacts} of 1 contact in this job.",
            "The vendor counted {contacts} of {n} contacts in this job.",
            contacts=job.contacts,
        )
    return ""


def _too_old(sent_at: str, now: datetime) -> bool:
    try:
        return now - datetime.fromisoformat(sent_at) > GIVE_UP
    except (ValueError, TypeError):
        return True


# ── the cache ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _each(database: Database, account: Account) -> AsyncIterator[tuple[str, bytes, _Told]]:
    """(remote id, body, what it tells) of every contact of the account, in short reads."""
    after = ""
    while True:
        chunk = await database.read(partial(contacts.next_bodies, account_id=account.id, after=after, most=_CHUNK))
        for remote_id, body in chunk:
            yield remote_id, body, _read(body)
        if len(chunk) < _CHUNK:
            return
        after = chunk[-1][0]


def _read(body: bytes) -> _Told:
    try:
        return _told(body)
    except msgspec.DecodeError:  # nothing this module wrote
        return _Told()


class _Shelf:
    """The account's contacts in the cache; every change is one commit between two gates."""

    def __init__(self, database: Database, account: Account, summarise: Summarise, clock: Clock) -> None:
        self._database, self._account = database, account
        self._summarise, self._clock = summarise, clock

    async def kept(self, remote_ids: Iterable[str]) -> dict[str, bytes]:
        """What stands there now, of those that are there."""
        return await self._database.read(lambda c: contacts.bodies_of(c, self._account.id, remote_ids))

    async def keep(self, step: str, bodies: Bodies) -> None:
        """Stores these bodies."""
        await self._write(step, lambda c, t: self.store(c, t, bodies))

    async def keep_surely(self, step: str, bodies: Bodies) -> None:
        """As `keep`; where it is cancelled, a write that had not begun was taken back, so it is made anew."""
        try:
            await self.keep(step, bodies)
        except asyncio.CancelledError:
            await self.keep(step, bodies)
            raise

    async def restore(self, sealed: Bodies, before: Bodies) -> None:
        """As it was before `sealed` was kept: what was never sent is not shown as sent."""
        new = [remote_id for remote_id in sealed if remote_id not in before]

        def run(connection: Connection, touched: Touched) -> None:
            self.store(connection, touched, before)
            contacts.remove_contacts(connection, touched, self._account.id, new, iso(self._clock.now()))

        await self._write("restored", run)

    async def replace(self, step: str, bodies: Bodies, known: Bodies) -> int:
        """Stores those bodies in whose place `known` still stands (a contact may have been sent again meanwhile); how
        many."""

        def run(connection: Connection, touched: Touched) -> int:
            now = contacts.bodies_of(connection, self._account.id, bodies)
            same = {remote_id: body for remote_id, body in bodies.items() if now.get(remote_id) == known[remote_id]}
            self.store(connection, touched, same)
            return len(same)

        return await self._write(step, run)

    def store(self, connection: Connection, touched: Touched, bodies: Bodies) -> None:
        kept = tuple(RemoteContact(name, body, msgspec.json.decode(body)) for name, body in bodies.items())
        summaries = [self._summarise(contact.raw) for contact in kept]
        page = Page(kept, number=1)
        now = iso(self._clock.now())
        contacts.apply_page(connection, touched, self._account.id, _NO_LISTING, page, summaries, now)

    async def _write(self, step: str, fn: Callable[[Any, Any], T]) -> T:
        return await write_gated(self._database, f"sent.{step}", fn)
