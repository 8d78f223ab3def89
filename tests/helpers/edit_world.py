"""One front desk and its vendor, for stories that are told again and again while something is broken at every place in
turn.

A story acts through the program's verbs; a `World` keeps what each verb that returned has promised. Whatever is done to
the program on the way, `World.settle` must bring desk and vendor together without anything promised being lost, done
twice, or done unasked."""

from __future__ import annotations

import asyncio
import copy
import json
import shutil
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from crmdesk.core.errors import StorageError
from crmdesk.core.outbox import NEVER, Op, OpState
from crmdesk.store import accounts, edits, ops, purge
from crmdesk.store.database import driver_of
from crmdesk.sync.progress import Phase
from tests.helpers.clock import FakeClock
from tests.helpers.front_desk import FrontDesk
from tests.helpers.memory_vendor import MemoryVendor

T = TypeVar("T")
MOST = 12  # times that a person tries a verb, a check or a sending before giving up


@dataclass(frozen=True)
class Seen:
    """A contact as a person at the desk sees it."""

    city: str = ""
    draft: str = ""
    trashed: bool = False


TRASHED = Seen(trashed=True)
May = Seen | None  # None: there is no such contact


class World:
    """One data file, one vendor, and what has been promised. `may`: name of a contact → what may stand there now."""

    def __init__(self, story: Story, path: Path, memory: MemoryVendor, clock: FakeClock) -> None:
        self.story, self.path, self.memory, self.clock = story, path, memory, clock
        self.may: dict[str, tuple[May, ...]] = {}
        self.cities: set[str] = set()  # every word that was typed as a city
        self.promised: set[str] = set()  # of those, the ones whose saving was acknowledged
        self.ends: dict[str, May] = {}  # what a person decided, or the vendor: how it must end
        self.asked: list[Op] = []  # ops that went on only when a person had looked at the vendor's own screen
        self.refused = 0  # verbs that found no room
        self.desk: FrontDesk

    def copy(self, path: Path) -> World:
        """The same world once more, on its own file. Only for one whose desk is closed."""
        shutil.copyfile(self.path, path)
        made = World(self.story, path, copy.deepcopy(self.memory), copy.deepcopy(self.clock))
        made.may, made.cities, made.promised = dict(self.may), set(self.cities), set(self.promised)
        made.ends = dict(self.ends)
        return made

    async def open(self) -> None:
        self.desk = FrontDesk(self.path, self.memory, clock=self.clock, resends=self.memory.overwrites)
        await self.desk.__aenter__()

    async def close(self) -> None:
        await self.desk.__aexit__()

    # ── what people do

    async def verb(self, call: Callable[[], Awaitable[T]], after: Mapping[str, May]) -> T:
        """A verb of the desk; once it has returned, `after` is promised. Where there is no room nothing has changed,
        and the person presses the key again."""
        shown = self.seen()
        for name, state in after.items():
            self.may[name] = (*self.may.get(name, (shown.get(name),)), state)
            self.cities |= {state.city} if state is not None and state.city else set()
        result = await self.insist(call)
        for name, state in after.items():
            self.may[name] = (state,)
            self.promised |= {state.city} if state is not None and state.city else set()
        return result

    async def insist(self, call: Callable[[], Awaitable[T]]) -> T:
        for _ in range(MOST):
            before = self.seen()
            try:
                return await call()
            except StorageError:
                self.refused += 1
                assert self.seen() == before, "it was said not to be stored, and something changed"
        raise AssertionError("it could not be saved although there was room again")

    async def change(self, city: str, name: str = "Guest 2") -> Any:
        return await self.verb(lambda: self.desk.change("2", city=city), {name: Seen(city)})

    async def pull(self, *, full: bool = False) -> None:
        for _ in range(MOST):
            if (await self.desk.pull(full=full)).phase is Phase.DONE:
                return
        raise AssertionError("the check does not end well")

    async def push(self) -> None:
        """Time passes until everything has gone that can go by itself."""
        await self.desk.push(11)
        for _ in range(MOST):
            if not [op for op in await self.open_ops() if _moves(op)]:
                return
            await self.desk.push(4000)
        left = [op for op in await self.open_ops() if _moves(op)]
        assert not left, f"it does not go: {left}"

    async def open_ops(self) -> list[Op]:
        return [op for op in await self.desk.reader.ops() if op.state.open]

    async def the_op(self) -> Op:
        (op,) = await self.open_ops()
        return op

    # ── what there is

    def seen(self) -> dict[str, May]:
        """Name → contact, as the list, the editor and the trash show it."""
        return self.desk.database.read_sync(lambda c: self._seen(driver_of(c)))

    def _seen(self, driver: Any) -> dict[str, May]:
        found: dict[str, May] = {}
        there = self.desk.now_in(driver)
        for one in there:
            assert one.name not in found, f"{one.name} is there twice"
            typed = ops.drafts_of(driver, one.id)
            found[one.name] = Seen(one.shown.get("city") or "", str(typed[0].changes[0].now) if typed else "")
        for gone in edits.trash(driver):
            assert gone.contact_id not in {one.id for one in there}, f"{gone.title} is in the list and in the trash"
            found.setdefault(gone.title, TRASHED)
        return found

    def theirs(self) -> dict[str, May]:
        """Name → contact, at the vendor; without those whose guests asked to be forgotten."""
        there = [raw for raw in self.memory.contacts.values() if not raw.get("forget_at")]
        names = [raw["name"] for raw in there]
        assert len(names) == len(set(names)), f"made twice: {sorted(names)}"
        return {raw["name"]: Seen(raw.get("city") or "") for raw in there}

    def read(self, statement: str) -> list[Any]:
        rows: list[Any] = self.desk.database.read_sync(lambda c: driver_of(c).execute(statement).fetchall())
        return rows

    def check_file(self) -> None:
        """What holds at every moment."""
        assert self.desk.database.check() == []
        account = self.desk.database.read_sync(lambda c: accounts.account(c, self.desk.id))
        assert account is not None
        assert account.contacts == self.read("SELECT count(*) FROM contact")[0][0], "the counter is wrong"
        names = [self.memory.states[remote_id][0]["name"] for remote_id in self.memory.created]
        assert len(names) == len(set(names)), f"made twice: {names}"

    # ── after it

    def check_promises(self) -> dict[str, May]:
        """The program has just started, nothing has been sent since: what was acknowledged is in the file, and nothing
        has reached the vendor that is not."""
        self.check_file()
        shown = self.seen()
        for name, allowed in self.may.items():
            assert shown.get(name) in allowed, f"{name} is {shown.get(name)}, promised was {allowed}"
        if not self.story.erases:
            told = json.dumps(self.read("SELECT did, changes FROM history"), ensure_ascii=False)
            assert not [city for city in self.promised if city not in told], "not in the history"
            written = [now for _, path, _, now in self.memory.writes if path == "city" and now]
            written += [self.memory.states[made][0].get("city") for made in self.memory.created]
            assert not [value for value in written if value and value not in told], "sent without having been saved"
        return shown

    async def settle(self, shown: Mapping[str, May]) -> None:
        """Nothing goes wrong any more: it goes on by itself, and in the end both sides are as was `shown`."""
        self.memory.before_write = self.memory.before_read = self.memory.pause = None
        self.memory.faults.clear()
        self.memory.lost.clear()
        for _ in range(MOST):
            await self.pull(full=True)
            await self.push()
            stuck = await self.open_ops()
            if not stuck:
                break
            await self.decide(stuck[0])
        assert not await self.open_ops(), "it does not settle"
        await self.pull(full=True)
        await self.check_end({**shown, **self.ends})

    async def decide(self, op: Op) -> None:
        """Only what no program can know is asked of a person."""
        if op.state is not OpState.IN_DOUBT:
            assert self.story.decide is not None, f"it waits for a person: {op}"
            await self.story.decide(self, op)
            return
        made = [self.memory.states[remote_id][0]["name"] for remote_id in self.memory.created]
        assert op.title not in made, "the vendor has it, and it was not found"
        self.asked.append(op)
        await self.desk.edits.mark_not_sent(op.id)

    async def check_end(self, wanted: Mapping[str, May]) -> None:
        self.check_file()
        shown, there = self.seen(), self.theirs()
        assert {name: state for name, state in shown.items() if state not in (None, TRASHED)} == {
            name: state if name not in shown else replace(state, draft=shown[name].draft)  # type: ignore[type-var, union-attr]
            for name, state in there.items()
        }, "desk and vendor differ"
        for name in self.may:
            assert shown.get(name) == wanted.get(name), f"{name} is {shown.get(name)}, before was {wanted.get(name)}"
        bodies = {number: raw for number, raw in self.memory.bodies().items() if not raw.get("forget_at")}
        assert {one.remote_id: one.base for one in self.desk.now()} == bodies
        assert self.read("SELECT count(*) FROM op WHERE state='sending'") == [(0,)]
        assert self.desk.database.read_sync(lambda c: ops.due_times(driver_of(c))) == {}
        for name in self.may.keys() & there.keys():
            assert await self.desk.found(f'"{name}"') == [name]
        for city in self.cities:
            assert set(await self.desk.found(city)) == {name for name, one in there.items() if one and one.city == city}
        if self.story.after is not None:
            await self.story.after(self)


def _moves(op: Op) -> bool:
    """It goes on by itself, sooner or later."""
    return op.state in (OpState.PENDING, OpState.SENDING) or (op.state is OpState.IN_DOUBT and op.next_at < NEVER)


Act = Callable[[World], Awaitable[None]]


@dataclass(frozen=True)
class Story:
    """`before` goes well, `act` may be broken anywhere; `passes` are gates that it goes through when it is not;
    `decide` is a person, `after` looks at the end."""

    name: str
    act: Act
    passes: frozenset[str] = frozenset()
    before: Act | None = None
    memory: Callable[[], MemoryVendor] = lambda: MemoryVendor(5)
    decide: Callable[[World, Op], Awaitable[None]] | None = None
    after: Act | None = None
    at_start: Callable[[Mapping[str, May]], None] = lambda _shown: None
    erases: bool = False


async def begun(story: Story, path: Path) -> World:
    """The world as the story begins, its desk closed."""
    world = World(story, path, story.memory(), FakeClock())
    await world.open()
    await world.pull()
    if story.before is not None:
        await story.before(world)
    await merged(world)
    await world.close()
    return world


async def merged(world: World) -> None:
    """Whatever was erased has been merged away: else each copy would do that by itself once it is open, now before and
    now after what the story does, and what is broken "at the fourth commit" would be another commit each time."""
    async with asyncio.timeout(20):
        while world.desk.database.read_sync(lambda c: purge.is_due(driver_of(c))):
            await asyncio.sleep(0.005)
