"""Editing and checking as a state machine: two sides that change the same contacts, a line that fails before or after
the vendor has acted, a program that is killed, and a person who decides.

What must hold: nothing is created twice; a write replaces only a value that somebody here has seen; a deletion removes
only what was seen; what was typed is in an open op, or has arrived, or a person took it back; a conflict is told only
where the vendor's side really changed. When the faults have stopped, both sides are equal."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import tempfile
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
from tests.helpers.front_desk import FrontDesk
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
numbers = st.integers(0, 20)
fields = st.sampled_from(FIELDS)
words = st.sampled_from((*WORDS, None))


class Killed(BaseException):
    """The process is gone."""


def home() -> str | None:
    return SHM if Path(SHM).is_dir() else None


class EditMachine(RuleBasedStateMachine):
    """`made` counts what was asked for; every name is unique, so that a doubled contact is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="edit-machine-", dir=home()))
        self.loop = asyncio.new_event_loop()
        self.memory = MemoryVendor(per_page=3)
        self.clock = FakeClock()
        self.made = 0
        self.desk: FrontDesk | None = None
        self.seen: dict[str, Json] = {}  # the last state of each contact that this desk has read or been answered

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

    @initialize(count=st.integers(1, 4), overwrites=st.booleans())
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
            self.memory.edit(remote_id, **{field: word})

    @rule(number=numbers)
    def somebody_deletes(self, number: int) -> None:
        if (remote_id := self.known(number)) is not None:
            self.memory.remove(remote_id)

    # ── at the desk

    def mine(self, number: int) -> int | None:
        ids = sorted(self.here.ids().values())
        return ids[number % len(ids)] if ids else None

    @rule(number=numbers, field=fields, word=words)
    def edit(self, number: int, field: str, word: str | None) -> None:
        contact_id = self.mine(number)
        if contact_id is None:
            return
        remote_id = next(name for name, known in self.here.ids().items() if known == contact_id)
        was = self.here.shown(remote_id).get(field)
        self.verb(self.here.edits.save(contact_id, [FieldChange(field, was, word)]))

    @rule()
    def create(self) -> None:
        self.made += 1
        self.verb(self.here.edits.create(self.here.id, {"name": f"Made {self.made}", "city": "a"}))

    @rule(number=numbers)
    def delete(self, number: int) -> None:
        if (contact_id := self.mine(number)) is not None:
            self.verb(self.here.edits.delete([contact_id]))

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
        edits = self.here.edits
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
        elif any(name == raw["name"] for states in self.memory.states.values() for raw in states):
            await self.here.edits.discard(op.id)  # it had arrived and was deleted there since
        else:
            await self.here.edits.mark_not_sent(op.id)

    # ── the two meet

    @rule(
        seconds=st.sampled_from((0, 6, 40, 4000)),
        fault=st.one_of(st.none(), st.tuples(st.integers(0, 3), st.sampled_from(BEFORE))),
        lost=st.one_of(st.none(), st.none(), st.integers(0, 2)),
        crash=st.one_of(st.none(), st.none(), st.integers(1, 12)),
        meanwhile=st.one_of(st.none(), st.none(), st.tuples(numbers, fields, words)),
    )
    def push(self, seconds: int, fault: Any, lost: int | None, crash: int | None, meanwhile: Any) -> None:
        self.memory.faults.extend([*[None] * fault[0], fault[1]()] if fault else [])
        self.memory.lost.extend([*[None] * lost, InDoubtError("The line dropped.")] if lost is not None else [])
        if meanwhile is not None and self.memory.overwrites:
            number, field, word = meanwhile
            self.memory.before_write = lambda memory, _what: self.in_between(number, field, word)
        self.crashing(crash, self.here.push(seconds))
        self.memory.before_write = None
        self.memory.faults.clear()
        self.memory.lost.clear()

    def in_between(self, number: int, field: str, word: str | None) -> None:
        """Somebody writes between our read and our write, once."""
        self.memory.before_write = None
        if (remote_id := self.known(number)) is not None:
            self.memory.edit(remote_id, **{field: word})

    @rule(full=st.booleans(), crash=st.one_of(st.none(), st.none(), st.integers(1, 8)))
    def pull(self, full: bool, crash: int | None) -> None:
        self.crashing(crash, self.here.pull(full=full))

    def crashing(self, crash: int | None, work: Any) -> None:
        """The program is killed at its `crash`-th gate, and started again."""
        reached: list[str] = []

        def gate(name: str) -> None:
            reached.append(name)
            if crash is not None and len(reached) >= crash:
                self.here.services.sending._ending = True  # a dead program tries nothing again
                raise Killed(name)  # nothing goes on behind it

        seams.set_gate(gate)
        logging.disable(logging.CRITICAL if crash is not None else logging.NOTSET)
        try:
            self.run(work)
        except Killed:
            pass
        finally:
            if crash is not None and len(reached) >= crash:
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
    def a_write_replaces_only_what_was_seen(self) -> None:
        for remote_id, path, replaced, _now in self.memory.writes:
            assert self.was_read(remote_id, path, replaced), f"{path} of {remote_id} was overwritten unseen: {replaced}"

    def was_read(self, remote_id: str, path: str, value: Any) -> bool:
        return any(read.get(path) == value for read in self.memory.given.get(remote_id, ()))

    @invariant()
    def a_deletion_removes_only_what_was_seen(self) -> None:
        for remote_id, raw in self.memory.deletes:
            assert any(
                all(read.get(path) == raw.get(path) for path in FIELDS) for read in self.memory.given.get(remote_id, ())
            ), f"{remote_id} was deleted as nobody here had seen it"

    @invariant()
    def counters_and_rows_are_right(self) -> None:
        if self.desk is None:
            return

        def read(connection: Any) -> tuple[int, int, list[Any]]:
            driver = driver_of(connection)
            counted = driver.execute("SELECT contacts FROM account").fetchone()[0]
            there = driver.execute("SELECT count(*) FROM contact").fetchone()[0]
            return counted, there, driver.execute("SELECT id, city FROM contact ORDER BY id").fetchall()

        counted, there, rows = self.here.database.read_sync(read)
        assert counted == there
        ids = {number: remote_id for remote_id, number in self.here.ids().items()}
        for number, city in rows:
            assert city == (self.here.shown(ids[number]).get("city") or ""), "the list shows something else"

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
        left = [op for op in self.run(self.here.reader.ops()) if op.state.open]
        assert not left, f"never settled: {left}"
        self.run(self.here.pull(full=True))
        cached = {name: self.here.base(name) for name in self.here.ids()}
        assert not [name for name in cached if name.startswith(NEW)]
        assert cached == self.memory.bodies(), "cache and vendor differ"
        assert self.here.database.read_sync(lambda c: ops.due_times(driver_of(c))) == {}
