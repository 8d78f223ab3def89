"""A process that is killed with SIGKILL while contacts are edited, made, deleted and sent, again and again: nothing
acknowledged is lost, nothing is sent twice, nothing is sent that was not saved (P-KILL)."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path
from typing import Any, Self

import pytest

from crmdesk.core.outbox import NEVER, NEW, ConflictKind, Op, OpState
from crmdesk.core.types import ContactRow
from crmdesk.store import accounts, edits, ops
from crmdesk.store.database import driver_of
from tests.helpers.clock import FakeClock
from tests.helpers.edit_child import Errand, KeptVendor, line_of
from tests.helpers.front_desk import FrontDesk

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="each life is a fork of a process that is warm")

ROUNDS, PARTS = 100, 5  # a part of them in the normal run; 1,000 by command
LIVES = 10  # of one data file
SHORTEST, LONGEST = 0.02, 0.8  # s until it is killed
MOST = 12


class Book:
    """What the operator knows: how the desk looked, and what each verb since has promised.

    `names`: contact → its city and notes, `trash` likewise, `drafts`: contact → text."""

    def __init__(self) -> None:
        self.names: dict[str, dict[str, str]] = {}
        self.trash: dict[str, dict[str, str]] = {}
        self.drafts: dict[str, str] = {}

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return json.dumps(vars(self), indent=1)

    def after(self, effects: list[list[Any]]) -> Book:
        """As it is when all of these have happened."""
        book = copy.deepcopy(self)
        for what, name, *values in effects:
            getattr(book, f"_{what}")(name, *values)
        return book

    def _set(self, name: str, path: str, value: str) -> None:
        self.names[name][path] = value

    def _make(self, name: str, city: str) -> None:
        self.names[name] = {"city": city, "notes": ""}

    def _draft(self, name: str, text: str) -> None:
        self.drafts[name] = text
        if not text:
            del self.drafts[name]

    def _trash(self, name: str) -> None:
        self.trash[name] = self.names.pop(name)
        self.drafts.pop(name, None)

    def _back(self, name: str) -> None:
        self.names[name] = self.trash.pop(name)


def fields(raw: dict[str, Any]) -> dict[str, str]:
    return {path: raw.get(path) or "" for path in ("city", "notes")}


def seen(desk: FrontDesk) -> Book:
    """The desk as it is, in one read."""

    def read(connection: Any) -> Book:
        driver, book = driver_of(connection), Book()
        numbers, there = dict[int, str](), desk.now_in(driver)
        unclear = {one.name for one in there if one.remote_id.startswith(NEW)}
        for one in there:
            if one.name in unclear and not one.remote_id.startswith(NEW):
                continue  # a check has brought what was made here, before it was known that it had been made
            assert one.name not in book.names, f"{one.name} is there twice"
            book.names[one.name], numbers[one.id] = fields(one.shown), one.name
        for draft in ops.drafts(driver):
            book.drafts[numbers[draft.contact_id]] = draft.changes[0].now
        for gone in edits.trash(driver):
            assert gone.title not in book.trash and gone.contact_id not in numbers
            book.trash[gone.title] = fields(json.loads(gone.body))
        return book

    return desk.database.read_sync(read)


def trail(desk: FrontDesk, memory: KeptVendor) -> str:
    """What led here: the ops and the history, newest last, and what was written at the vendor."""

    def read(connection: Any) -> list[Any]:
        driver = driver_of(connection)
        columns = "id, kind, state, contact_id, title, tries, joined, created_at, closed_at, changes, theirs"
        rows = driver.execute(f"SELECT {columns} FROM op ORDER BY id DESC LIMIT 60").fetchall()
        lines = driver.execute(
            "SELECT id, contact_id, at, did, changes, note FROM history ORDER BY id DESC LIMIT 120"
        ).fetchall()
        return [*reversed(rows), *reversed(lines)]

    return "\n".join(map(str, [*desk.database.read_sync(read), *memory.writes[-60:]]))


class Forge:
    """The warm process: gives birth to lives, and tells of their deaths."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.helpers.edit_child", "serve"]
        environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # no threads before the fork
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def life(self, errand: Errand, seconds: float) -> list[dict[str, Any]]:
        """Everything that a life said which was killed after so long."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(line_of(errand).encode())
        self._process.stdin.flush()
        said = [json.loads(self._process.stdout.readline())]
        while "pid" not in said[-1]:  # the newborn may speak before its birth is told
            said.append(json.loads(self._process.stdout.readline()))
        pid = said.pop()["pid"]
        threading.Event().wait(seconds)
        with contextlib.suppress(ProcessLookupError):  # it died by itself: told below
            os.kill(pid, signal.SIGKILL)
        while "dead" not in (line := json.loads(self._process.stdout.readline())):
            said.append(line)
        assert os.WIFSIGNALED(line["status"]), f"it ended by itself: {self._last_words()}"
        return said

    def _last_words(self) -> str:
        self._process.kill()
        return self._process.communicate()[1].decode()[-2000:]


class Ledger:
    """One data file through several lives."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self.path, self.vendor = folder / "desk.db", folder / "vendor.log"
        self.clock = clock
        self.book = Book()
        self.acknowledged = self.unfinished = self.asked = 0
        self.tried: Counter[str] = Counter()  # each value: how often it was to be written

    def errand(self, seed: int) -> Errand:
        return Errand(str(self.path), str(self.vendor), seed, self.clock.now().isoformat())

    def promised(self, said: list[dict[str, Any]]) -> list[Book]:
        """What may be now: as after the last verb that returned, or with the one on top that was under way."""
        books = [self.book]
        for line in said:
            if "tried" in line:
                books.append(books[0].after(line["tried"]))
                self.tried.update(str(value) for _, _, *rest in line["tried"] for value in rest[-1:])
            else:
                books = [books[-1] if "done" in line else books[0]]
                self.acknowledged += "done" in line
        self.unfinished += len(books) > 1
        return books

    async def check(self, said: list[dict[str, Any]]) -> None:
        memory = KeptVendor(self.vendor)
        async with FrontDesk(self.path, memory, clock=self.clock) as desk:
            try:
                await self._check(desk, memory, said)
            except AssertionError as error:
                error.add_note(trail(desk, memory))
                raise
        memory.close()

    async def _check(self, desk: FrontDesk, memory: KeptVendor, said: list[dict[str, Any]]) -> None:
        if not self.book.names:  # its first life: what it found there
            self.book = self._at_first(memory)
        found, allowed = seen(desk), self.promised(said)
        if desk.ids():  # killed before the first check had brought anything otherwise
            assert found in allowed, f"found {found}, promised {allowed}"
        self._sound(desk, memory)
        await self._settle(desk, memory)
        self.book = seen(desk)
        assert self.book == found or not found.names, f"before {found}, now {self.book}"
        self._equal(desk, memory)

    @staticmethod
    def _at_first(memory: KeptVendor) -> Book:
        book = Book()
        book.names = {states[0]["name"]: fields(states[0]) for states in memory.states.values()}
        book.names = {name: values for name, values in book.names.items() if name.startswith("Guest")}
        return book

    def _sound(self, desk: FrontDesk, memory: KeptVendor) -> None:
        assert desk.database.check() == []
        account = desk.database.read_sync(lambda c: accounts.account(c, desk.id))
        assert account is not None and account.contacts == len(desk.ids())
        there = Counter(raw["name"] for raw in memory.contacts.values())
        assert max(there.values()) == 1, f"made twice: {there}"
        written = Counter(now for _, path, _, now in memory.writes if path in ("city", "notes") and now)
        assert not [value for value, times in written.items() if times > max(1, self.tried[value]) * 3]
        assert not [value for value in written if not self.tried[value]], "written without having been saved"

    async def _settle(self, desk: FrontDesk, memory: KeptVendor) -> None:
        for _ in range(MOST):
            await desk.pull(full=True)
            await desk.push(4000)
            left = [op for op in await desk.reader.ops() if op.state.open]
            if not left:
                break
            for op in left:
                await self._decide(desk, memory, op)
        assert not [op for op in await desk.reader.ops() if op.state.open], "it does not settle"
        await desk.pull(full=True)

    async def _decide(self, desk: FrontDesk, memory: KeptVendor, op: Op) -> None:
        """Only what no program can know is asked of a person."""
        if op.state in (OpState.PENDING, OpState.IN_DOUBT) and op.next_at < NEVER:
            return
        if op.conflict is ConflictKind.DELETED_HERE:  # another desk has changed it since
            await desk.edits.resolve_deleted(op.id, delete=True)
            return
        if op.conflict is ConflictKind.FIELDS:  # what was typed before something in doubt was undone
            self._ours(memory, await desk.row(op.contact_id), op)
            await desk.edits.resolve(op.id, {clash.path: clash.mine for clash in op.clashes})
            return
        assert op.state is OpState.IN_DOUBT, f"it waits for a person: {op}"
        assert op.title not in [raw["name"] for raw in memory.contacts.values()], "it is there, and was not found"
        self.asked += 1
        await desk.edits.mark_not_sent(op.id)

    @staticmethod
    def _ours(memory: KeptVendor, one: ContactRow, op: Op) -> None:
        """Nobody else writes to cities and notes here: what clashes is what this desk has written, or what was there
        before it (a draft typed over an edit that was discarded afterwards)."""
        for clash in op.clashes:
            had = [fields(raw)[clash.path] for raw in memory.states[one.remote_id]]
            assert (clash.theirs or "") in had, f"it never was that: {op}"

    @staticmethod
    def _equal(desk: FrontDesk, memory: KeptVendor) -> None:
        there = {raw["name"]: fields(raw) for raw in memory.contacts.values()}
        assert seen(desk).names == there, "desk and vendor differ"
        assert {one.remote_id: one.base for one in desk.now()} == memory.bodies()


async def rounds(folder: Path, count: int, seed: int) -> str:
    """Kills `count` times; the figures in words."""
    chance = random.Random(seed)
    clock, ledgers = FakeClock(), list[Ledger]()
    with Forge() as forge:
        for number in range(count):
            if number % LIVES == 0:
                place = folder / str(number)
                place.mkdir()
                ledgers.append(Ledger(place, clock))
            seconds = SHORTEST + (LONGEST - SHORTEST) * chance.random() ** 2
            said = forge.life(ledgers[-1].errand(seed * 10_000 + number), seconds)
            clock.forward(2)
            try:
                await ledgers[-1].check(said)
            except AssertionError as error:
                error.add_note(f"seed {seed}, round {number}, killed after {seconds * 1000:.0f} ms")
                raise
    done, torn = sum(one.acknowledged for one in ledgers), sum(one.unfinished for one in ledgers)
    asked = sum(one.asked for one in ledgers)
    assert done > count, "nothing was done before it was killed"
    return (
        f"{count:,} kills: {done:,} acknowledged edits, 0 lost, 0 doubled; {torn:,} verbs were torn, "
        f"{asked:,} creates that never left were asked about"
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, PARTS))])
async def test_killed_again_and_again_no_acknowledged_edit_is_lost(folder: Path, part: int) -> None:
    await rounds(folder, ROUNDS // PARTS, part + 1)


@pytest.mark.long
@pytest.mark.timeout(7200)
async def test_killed_a_thousand_times_no_acknowledged_edit_is_lost(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    figures = await rounds(folder, 1000, 4711)
    with capsys.disabled():
        print(f"\n{figures}")
