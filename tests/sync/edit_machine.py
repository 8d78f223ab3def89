"""Editing and checking as a state machine: two sides that change the same contacts, a line that fails before or after
the vendor has acted, a program that is killed, and a person who decides.

What must hold: nothing is created twice; a write replaces only a value that somebody here has seen; a deletion removes
only what was seen; what was typed is in an open op, or has arrived, or a person took it back; a conflict is told only
where the vendor's side really changed. When the faults have stopped, both sides are equal."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from crmdesk.core import seams
from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    NotFoundError,
    OfflineError,
    ProtocolError,
    RateLimitedError,
    ServerFaultError,
)
from crmdesk.core.outbox import NEW, ConflictKind, FieldChange, Op, OpState
from crmdesk.core.types import Json
from crmdesk.store import ops
from crmdesk.store.database import driver_of
from tests.helpers.clock import FakeClock
from tests.helpers.front_desk import FrontDesk, Now
from tests.helpers.memory_vendor import MemoryVendor

SHM = "/dev/shm"
FIELDS = ("city", "notes")
WORDS = ("a", "b", "c")
BEFORE = (
    lambda: OfflineError("No line."),
    lambda: RateLimitedError("Slow down."),
    lambda: ServerFaultError("A fault on its side (502)."),
    lambda: ProtocolError("This is a web page."),
)
numbers = st.integers(0, 2)
fields = st.sampled_from(FIELDS)
words = st.sampled_from((*WORDS, None))


class Killed(BaseException):
    """The process is gone."""


@dataclass(frozen=True)
class Look:
    """What is in the file, in one read: the invariants are asked after every step."""

    contacts: list[Now]
    trashed: dict[str, int]  # remote id → contact id
    ops: list[Op]
    edited: list[tuple[str, int]]  # uid of the op and contact id of every edit that the history tells
    counted: int

    @classmethod
    def at(cls, desk: FrontDesk) -> Look:
        return desk.database.read_sync(lambda c: cls._read(desk, driver_of(c)))

    @classmethod
    def _read(cls, desk: FrontDesk, driver: Any) -> Look:
        def rows(sql: str) -> list[Any]:
            return list(driver.execute(sql).fetchall())

        return cls(
            desk.now_in(driver),
            dict(rows("SELECT remote_id, contact_id FROM trash")),
            ops.listed(driver, "", everything=True),
            rows("SELECT op_uid, contact_id FROM history WHERE did='edited here'"),
            rows("SELECT contacts FROM account")[0][0],
        )

    def contact_of(self, remote_id: str) -> int:
        """0 where it is not here any more."""
        here = {contact.remote_id: contact.id for contact in self.contacts}
        return here.get(remote_id) or self.trashed.get(remote_id, 0)


def home() -> str | None:
    return SHM if Path(SHM).is_dir() else None


class EditMachine(RuleBasedStateMachine):
    """`made` counts what was asked for; every name is unique, so that a doubled contact is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="edit-machine-", dir=home()))
        self.loop = asyncio.new_event_loop()
        self.memory = MemoryVendor(per_page=2)
        self.clock = FakeClock()
        self.made = 0
        self.desk: FrontDesk | None = None
        self.saw: set[tuple[int, str, Any]] = set()  # contact id, field, value: what a person here has looked at
        self.may_delete: dict[int, list[Json]] = {}  # contact id → states of it that a person here agreed to delete
        self.touched_there: set[tuple[str, str]] = set()  # remote id, field: changed by others
        self.taken_back: set[str] = set()  # uids of ops that a person decided about
        self.written: list[tuple[str, str, Any]] = []

    # ── running

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def open(self) -> None:
        self.desk = FrontDesk(self.folder / "desk.db", self.memory, clock=self.clock)
        self.run(self.desk.__aenter__())

    def close(self) -> None:
        if self.desk is not None:
            self.run(self.desk.__aexit__())
            self.desk = None

    @property
    def here(self) -> FrontDesk:
        assert self.desk is not None
        return self.desk

    def teardown(self) -> None:
        seams.set_gate(None)
        try:
            if self.desk is not None:
                self.settle()
        finally:
            self.close()
            self.loop.close()
            shutil.rmtree(self.folder)

    @initialize(count=st.integers(1, 3), overwrites=st.booleans())
    def begin(self, count: int, overwrites: bool) -> None:
        for _ in range(count):
            self.memory.make()
        self.memory.overwrites = overwrites
        self.open()
        self.run(self.here.pull())

    # ── at the vendor

    def known(self, number: int) -> str | None:
        ids = sorted(self.memory.contacts, key=int)
        return ids[number % len(ids)] if ids else None

    @rule(number=numbers, field=fields, word=words)
    def somebody_edits(self, number: int, field: str, word: str | None) -> None:
        if (remote_id := self.known(number)) is not None:
            self.edit_there(remote_id, field, word)

    def edit_there(self, remote_id: str, field: str, word: str | None) -> None:
        self.memory.edit(remote_id, **{field: word})
        self.touched_there.add((remote_id, field))

    @rule(number=numbers)
    def somebody_deletes(self, number: int) -> None:
        if (remote_id := self.known(number)) is not None:
            self.memory.remove(remote_id)

    # ── at the desk

    def mine(self, number: int) -> Now | None:
        contacts = self.here.now()
        return contacts[number % len(contacts)] if contacts else None

    @rule(number=numbers, field=fields, word=words)
    def edit(self, number: int, field: str, word: str | None) -> None:
        contact = self.mine(number)
        if contact is None:
            return
        was = contact.shown.get(field)
        self.saw.add((contact.id, field, was))
        self.verb(self.here.edits.save(contact.id, [FieldChange(field, was, word)]))

    @rule(number=numbers, field=fields, mine=words, theirs=words)
    def both_edit(self, number: int, field: str, mine: str | None, theirs: str | None) -> None:
        """The same field of the same contact, here and there."""
        self.edit(number, field, mine)
        contact = self.mine(number)
        if contact is not None and contact.remote_id in self.memory.contacts:
            self.edit_there(contact.remote_id, field, theirs)

    @rule(number=numbers, field=fields, word=words)
    def deleted_here_edited_there(self, number: int, field: str, word: str | None) -> None:
        contact = self.mine(number)
        if contact is None:
            return
        self.delete(number)
        if contact.remote_id in self.memory.contacts:
            self.edit_there(contact.remote_id, field, word)

    @rule(number=numbers, field=fields, word=words)
    def edited_here_deleted_there(self, number: int, field: str, word: str | None) -> None:
        self.edit(number, field, word)
        contact = self.mine(number)
        if contact is not None and contact.remote_id in self.memory.contacts:
            self.memory.remove(contact.remote_id)

    @rule()
    def create(self) -> None:
        self.made += 1
        self.verb(self.here.edits.create(self.here.id, {"name": f"Made {self.made}", "city": "a"}))

    @rule(number=numbers)
    def delete(self, number: int) -> None:
        if (contact := self.mine(number)) is not None:
            self.may_delete.setdefault(contact.id, []).extend([contact.base, contact.shown])
            self.verb(self.here.edits.delete([contact.id]))

    @rule(number=numbers)
    def restore(self, number: int) -> None:
        trashed = self.run(self.here.reader.trash())
        if trashed:
            self.verb(self.here.edits.restore(trashed[number % len(trashed)].contact_id))

    @rule(number=numbers)
    def discard(self, number: int) -> None:
        waiting = self.run(self.here.reader.ops())
        waiting = [op for op in waiting if op.state.open]
        if waiting:
            self.taken_back.add(waiting[number % len(waiting)].uid)
            self.verb(self.here.edits.discard(waiting[number % len(waiting)].id))

    @rule(number=numbers, mine=st.booleans())
    def decide(self, number: int, mine: bool) -> None:
        stuck = [op for op in self.run(self.here.reader.ops()) if op.state.needs_you]
        if stuck:
            self.verb(self.decision(stuck[number % len(stuck)], mine))

    def verb(self, work: Any) -> None:
        """A verb may be refused (it is just being sent, it was decided meanwhile); then it has changed nothing."""
        with contextlib.suppress(ForbiddenError, NotFoundError):
            self.run(work)

    async def decision(self, op: Op, mine: bool) -> None:
        """What was put before the person has been seen."""
        edits = self.here.edits
        self.saw.update((op.contact_id, one.path, one.theirs) for one in op.clashes)
        self.saw.update((op.contact_id, one.path, one.mine) for one in op.clashes)
        self.taken_back.update(one.uid for one in await self.here.reader.ops() if one.contact_id == op.contact_id)
        if theirs := await self.here.reader.theirs(op.id):
            self.may_delete.setdefault(op.contact_id, []).append(json.loads(theirs))
        if op.state is OpState.GONE:
            await edits.resolve_gone(op.id, "create" if mine else "drop")
        elif op.conflict is ConflictKind.DELETED_HERE:
            await edits.resolve_deleted(op.id, mine)
        elif op.state is OpState.CONFLICT:
            await edits.resolve(op.id, {one.path: one.mine if mine else one.theirs for one in op.clashes})
        elif op.state is OpState.IN_DOUBT:
            await self.settle_doubt(op)
        else:
            await edits.try_now(op.id)

    async def settle_doubt(self, op: Op) -> None:
        """The person looks at the vendor's own screen and tells the truth."""
        name = next(change.now for change in op.changes if change.path == "name")
        there = any(
            raw["name"] == name and str(raw["id"]) in self.memory.created for raw in self.memory.contacts.values()
        )
        if there:
            await self.here.edits.look_up(op.id)
            now = await self.here.reader.op(op.id)
            if now is not None and now.state is OpState.IN_DOUBT:  # somebody has changed it there since
                await self.discard_behind(op)
                await self.here.edits.mark_sent(op.id)
        elif any(name == raw["name"] for states in self.memory.states.values() for raw in states):
            await self.here.edits.discard(op.id)  # it had arrived and was deleted there since
        else:
            await self.here.edits.mark_not_sent(op.id)

    async def discard_behind(self, op: Op) -> None:
        """As the refusal of *Mark as sent* asks for."""
        later = [one for one in await self.here.reader.ops() if one.contact_id == op.contact_id and one.id > op.id]
        for one in reversed([one for one in later if one.state.open]):
            await self.here.edits.discard(one.id)

    # ── the two meet

    @rule(seconds=st.sampled_from((6, 40, 4000)))
    def push(self, seconds: int) -> None:
        self.run(self.here.push(seconds))

    @rule(after=st.integers(0, 2), fault=st.sampled_from(BEFORE))
    def push_over_a_bad_line(self, after: int, fault: Any) -> None:
        self.memory.faults.extend([*[None] * after, fault()])
        self.run(self.here.push(40))
        self.memory.faults.clear()

    @rule(after=st.integers(0, 1), then=st.booleans())
    def push_and_lose_the_answer(self, after: int, then: bool) -> None:
        """The vendor has done it. `then`: nobody can be asked right afterwards."""
        self.memory.lost.extend([*[None] * after, InDoubtError("The line dropped.")])
        if then:
            self.memory.faults.extend([*[None] * (2 + after), OfflineError("No line.")])
        self.run(self.here.push(40))
        self.memory.lost.clear()
        self.memory.faults.clear()

    @rule(crash=st.integers(1, 14), lost=st.booleans())
    def push_and_be_killed(self, crash: int, lost: bool) -> None:
        self.memory.lost.extend([InDoubtError("The line dropped.")] if lost else [])
        self.crashing(crash, self.here.push(40))
        self.memory.lost.clear()

    @rule(number=numbers, field=fields, word=words, lost=st.booleans())
    def push_while_somebody_writes(self, number: int, field: str, word: str | None, lost: bool) -> None:
        if not self.memory.overwrites:
            return  # such a vendor could not tell
        self.memory.before_write = lambda _memory, what: self.in_between(what, number, field, word)
        self.memory.lost.extend([InDoubtError("The line dropped.")] if lost else [])
        self.run(self.here.push(40))
        self.memory.lost.clear()
        self.memory.before_write = None

    def in_between(self, what: str, number: int, field: str, word: str | None) -> None:
        """Somebody writes between our read and our write, once. No vendor lets us close that gap; where a whole contact
        is sent, it must be told."""
        self.memory.before_write = None
        if what.startswith("update") and (remote_id := self.known(number)) is not None:
            self.edit_there(remote_id, field, word)

    @rule(full=st.booleans())
    def pull(self, full: bool) -> None:
        self.run(self.here.pull(full=full))

    @rule(crash=st.integers(1, 8))
    def pull_and_be_killed(self, crash: int) -> None:
        self.crashing(crash, self.here.pull(full=True))

    def crashing(self, crash: int, work: Any) -> None:
        """The program is killed at its `crash`-th gate, and started again."""
        reached: list[str] = []

        def gate(name: str) -> None:
            reached.append(name)
            if len(reached) >= crash:
                self.here.services.sending._ending = True  # a dead program tries nothing again
                raise Killed(name)  # nothing goes on behind it

        seams.set_gate(gate)
        logging.disable(logging.CRITICAL)
        try:
            self.run(work)
        except Killed:
            pass
        finally:
            if len(reached) >= crash:
                self.close()  # still gated: what was under way ends where it is
                seams.set_gate(None)
                self.open()
            seams.set_gate(None)
            logging.disable(logging.NOTSET)

    @rule()
    def restart(self) -> None:
        self.close()
        self.open()

    # ── what must hold

    @invariant()
    def nothing_was_made_twice(self) -> None:
        names = [self.memory.states[remote_id][0]["name"] for remote_id in self.memory.created]
        restored = [name for name in names if names.count(name) > 1]
        assert not [name for name in restored if not self.was_deleted(name)], f"made twice: {restored}"

    def was_deleted(self, name: str) -> bool:
        """Only what had gone at the vendor may be made there again."""
        ids = [number for number in self.memory.created if self.memory.states[number][0]["name"] == name]
        return sum(number in self.memory.contacts for number in ids) <= 1

    @invariant()
    def what_is_here_is_right(self) -> None:
        if self.desk is None:
            return
        look = Look.at(self.desk)  # list, editor and marks agree, or this fails
        assert look.counted == len(look.contacts)
        self.a_write_replaces_only_what_was_seen(look)
        self.a_conflict_has_two_sides(look)
        self.what_was_typed_is_kept(look)

    def a_write_replaces_only_what_was_seen(self, look: Look) -> None:
        while self.memory.writes:
            remote_id, path, replaced, now = self.memory.writes.pop(0)
            contact_id = look.contact_of(remote_id)
            between = any(name == remote_id and raw.get(path) == replaced for name, raw, _ in self.memory.overwritten)
            seen = (contact_id, path, replaced) in self.saw or path == "name" or replaced is None or between
            assert seen or not contact_id, f"{path} of {remote_id}: {replaced} became {now}, and nobody had seen it"
            self.written.append((remote_id, path, now))
            self.saw.add((contact_id, path, now))

    @invariant()
    def a_deletion_removes_only_what_was_seen(self) -> None:
        while self.desk is not None and self.memory.deletes:
            remote_id, raw = self.memory.deletes.pop(0)
            agreed = [
                state for states in self.may_delete.values() for state in states if str(state.get("id")) == remote_id
            ]
            seen = any(all((state.get(path) or "") == (raw.get(path) or "") for path in FIELDS) for state in agreed)
            assert seen, f"{remote_id} was deleted as nobody here had seen it: {raw}, seen: {agreed}"

    def a_conflict_has_two_sides(self, look: Look) -> None:
        names = {contact.id: contact.remote_id for contact in look.contacts}
        for op in look.ops:
            if op.state is OpState.CONFLICT and op.conflict is ConflictKind.FIELDS and op.contact_id in names:
                alone = [one for one in op.clashes if (names[op.contact_id], one.path) not in self.touched_there]
                assert not alone, f"only we changed this: {alone}"

    def what_was_typed_is_kept(self, look: Look) -> None:
        """Every acknowledged edit: in an op that is open or sent; withdrawn only where a person said so, or where later
        edits took it back."""
        kept = {op.uid: op for op in look.ops}
        there = {contact.id for contact in look.contacts}
        for uid, contact_id in look.edited:
            assert uid in kept, f"an edit of contact {contact_id} has vanished"
            op = kept[uid]
            gone = contact_id not in there
            back = op.state is not OpState.DROPPED or uid in self.taken_back or op.joined > 1 or gone or op.changes
            assert back, f"an edit of contact {contact_id} was dropped"

    def what_was_overwritten_is_told(self) -> None:
        """By the end, in the history of its contact."""
        lines = self.here.database.read_sync(
            lambda c: driver_of(c).execute("SELECT changes FROM history WHERE did='overwritten'").fetchall()
        )
        told = {(path, was) for (text,) in lines for path, was, _ in json.loads(text)}
        for remote_id, raw, answered in self.memory.overwritten:
            for path in FIELDS:
                ours = [now for name, at, now in self.written if (name, at) == (remote_id, path)]
                differs = raw.get(path) not in (None, *ours) and self.memory.states[remote_id][0].get(path) != raw[path]
                if answered and differs and not self.was_given(remote_id, path, raw[path]):
                    assert (path, raw[path]) in told, f"{path} {raw[path]} of {remote_id} was replaced silently"

    def was_given(self, remote_id: str, path: str, value: Any) -> bool:
        return any(read.get(path) == value for read in self.memory.given.get(remote_id, ()))

    def settle(self) -> None:
        """Faults have stopped, and a person decides everything: both sides become equal."""
        for _ in range(12):
            self.run(self.here.pull(full=True))
            self.run(self.here.push(4000))
            stuck = [op for op in self.run(self.here.reader.ops()) if op.state.needs_you]
            for op in stuck:
                with contextlib.suppress(ForbiddenError, NotFoundError):
                    self.run(self.decision(op, True))
            waiting = [op for op in self.run(self.here.reader.ops()) if op.state.open]
            if not stuck and not waiting:
                break
        self.what_was_overwritten_is_told()
        left = [op for op in self.run(self.here.reader.ops()) if op.state.open]
        assert not left, f"never settled: {left}"
        self.run(self.here.pull(full=True))
        cached = {contact.remote_id: contact.base for contact in self.here.now()}
        assert not [name for name in cached if name.startswith(NEW)]
        assert cached == self.memory.bodies(), "cache and vendor differ"
        assert self.here.database.read_sync(lambda c: ops.due_times(driver_of(c))) == {}
