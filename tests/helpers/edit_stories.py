"""Stories of one front desk, to be told again and again while something is broken at every place in turn.

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

from crmdesk.core.errors import InDoubtError, OfflineError, StorageError
from crmdesk.core.outbox import ConflictKind, Did, Draft, FieldChange, Op, OpState, draft_key
from crmdesk.store import accounts, edits, ops
from crmdesk.store.database import driver_of
from crmdesk.sync.progress import Phase
from crmdesk.sync.push import NEVER
from tests.helpers.clock import FakeClock
from tests.helpers.front_desk import FrontDesk
from tests.helpers.memory_vendor import MemoryVendor

T = TypeVar("T")
MOST = 12  # times that a person tries a verb, a check or a sending before giving up
ANA, GUEST, LOTTE = "Ana Ruiz", "Guest 2", "Lotte Unmistakable"
COT = "cot, please"


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
        result = await self._insist(call)
        for name, state in after.items():
            self.may[name] = (state,)
            self.promised |= {state.city} if state is not None and state.city else set()
        return result

    async def _insist(self, call: Callable[[], Awaitable[T]]) -> T:
        for _ in range(MOST):
            before = self.seen()
            try:
                return await call()
            except StorageError:
                self.refused += 1
                assert self.seen() == before, "it was said not to be stored, and something changed"
        raise AssertionError("it could not be saved although there was room again")

    async def change(self, city: str, remote_id: str = "2", name: str = GUEST) -> Any:
        return await self.verb(lambda: self.desk.change(remote_id, city=city), {name: Seen(city)})

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
    await world.close()
    return world


# ── the stories ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def save(world: World) -> None:
    await world.change("Nantes")


async def update(world: World) -> None:
    await world.change("Nantes")
    await world.change("Nice")
    await world.push()


async def save_while_checking(world: World) -> None:
    """The edit is saved while pages come in which the same contact has changed elsewhere."""
    loop, reading = asyncio.get_running_loop(), asyncio.Event()

    def before_read(_memory: MemoryVendor, page: int) -> None:
        if page == 2:
            loop.call_soon_threadsafe(reading.set)

    async def saved() -> None:
        await reading.wait()
        await world.change("Nantes")
        await world.push()

    world.memory.edit("2", notes="late arrival")
    world.memory.edit("5", notes="early arrival")
    world.memory.before_read = before_read
    await asyncio.gather(world.pull(full=True), saved())


async def ana(world: World) -> None:
    values = {"name": ANA, "city": "Porto"}
    await world.verb(lambda: world.desk.edits.create(world.desk.id, values), {ANA: Seen("Porto")})


async def create(world: World) -> None:
    await ana(world)
    await world.push()


async def create_without_answer(world: World) -> None:
    number = (await world.the_op()).contact_id
    world.memory.lost.append(InDoubtError("The line dropped."))
    await world.desk.push(11)
    changes = [FieldChange("city", "Porto", "Braga")]
    await world.verb(lambda: world.desk.edits.save(number, changes), {ANA: Seen("Braga")})
    await world.push()


async def delete(world: World) -> None:
    numbers = [world.desk.number("2")]
    await world.verb(lambda: world.desk.edits.delete(numbers), {GUEST: TRASHED})
    await world.push()


async def delete_and_undo(world: World) -> None:
    numbers = [world.desk.number("2")]
    saved = await world.verb(lambda: world.desk.edits.delete(numbers), {GUEST: TRASHED})
    await world.verb(lambda: world.desk.edits.undo(saved), {GUEST: Seen("Nantes")})
    await world.push()


async def deleted(world: World) -> None:
    await world.change("Nantes")
    await delete(world)


async def restore(world: World) -> None:
    (trashed,) = await world.desk.reader.trash()
    await world.verb(lambda: world.desk.edits.restore(trashed.contact_id), {GUEST: Seen("Nantes")})
    await world.push()


async def both_changed(world: World) -> None:
    world.memory.edit("2", city="Nevers")
    await world.pull()
    await world.change("Nantes")
    world.memory.edit("2", city="Nice")


async def conflict(world: World) -> None:
    await world.push()
    await take_mine(world, await world.the_op())
    await world.push()


async def take_mine(world: World, op: Op) -> None:
    assert op.conflict is ConflictKind.FIELDS
    await world.verb(lambda: world.desk.edits.resolve(op.id, {"city": "Nantes"}), {GUEST: Seen("Nantes")})


async def conflict_found_by_a_check(world: World) -> None:
    await world.pull()
    await take_theirs(world, await world.the_op())
    await world.push()


async def take_theirs(world: World, op: Op) -> None:
    assert op.conflict is ConflictKind.FIELDS
    world.ends[GUEST] = Seen("Nice")
    await world.verb(lambda: world.desk.edits.resolve(op.id, {"city": "Nice"}), {GUEST: Seen("Nice")})


async def deleted_here(world: World) -> None:
    numbers = [world.desk.number("2")]
    await world.verb(lambda: world.desk.edits.delete(numbers), {GUEST: TRASHED})
    world.memory.edit("2", city="Nice")


async def changed_there(world: World) -> None:
    await world.push()
    await keep_it(world, await world.the_op())
    await world.push()


async def keep_it(world: World, op: Op) -> None:
    assert op.conflict is ConflictKind.DELETED_HERE
    world.ends[GUEST] = Seen("Nice")
    await world.verb(lambda: world.desk.edits.resolve_deleted(op.id, delete=False), {GUEST: Seen("Nice")})


async def gone_there(world: World) -> None:
    world.memory.remove("2")
    await world.pull(full=True)
    await make_again(world, await world.the_op())
    await world.push()


async def make_again(world: World, op: Op) -> None:
    assert op.state is OpState.GONE
    await world.verb(lambda: world.desk.edits.resolve_gone(op.id, "create"), {GUEST: Seen("Nantes")})


def overwriting() -> MemoryVendor:
    memory = MemoryVendor(5)
    memory.overwrites = True
    return memory


async def overwrite(world: World) -> None:
    """Somebody writes between our read and our write of the whole contact."""

    def between(memory: MemoryVendor, _what: str) -> None:
        memory.before_write = None
        memory.edit("2", notes=COT)

    world.memory.before_write = between
    await world.push()
    for op in await world.open_ops():
        await put_it_back(world, op)
    await world.push()


async def overwrite_without_answer(world: World) -> None:
    """Nor can the vendor say at once what it had before."""
    world.memory.lost.append(InDoubtError("The line dropped."))
    world.memory.faults.extend([None, None, None, OfflineError("No line.")])
    await overwrite(world)


async def put_it_back(world: World, op: Op) -> None:
    assert op.conflict is ConflictKind.OVERWRITTEN
    await world._insist(lambda: world.desk.edits.resolve(op.id, {"notes": COT}))


async def nothing_was_silently_overwritten(world: World) -> None:
    if any(raw.get("notes") == COT for raw in world.memory.states["2"]):
        assert world.memory.contacts["2"].get("notes") == COT, "somebody's value was replaced, and nobody was told"


async def drafts(world: World) -> None:
    number = world.desk.number("2")
    typed = Draft(draft_key(number), world.desk.id, number, (FieldChange("city", None, "Nan"),))
    for text in ("Nan", "Nant"):
        kept = replace(typed, changes=(FieldChange("city", None, text),))
        await world.verb(lambda kept=kept: world.desk.edits.keep_draft(kept), {GUEST: Seen(draft=text)})  # type: ignore[misc]
    changes = [FieldChange("city", None, "Nantes")]
    await world.verb(lambda: world.desk.edits.save(number, changes, draft=typed.key), {GUEST: Seen("Nantes")})


async def batch(world: World) -> None:
    wanted = [(world.desk.number(str(number)), [FieldChange("city", None, "Nantes")]) for number in (1, 2, 3)]
    after = {f"Guest {number}": Seen("Nantes") for number in (1, 2, 3)}
    await world.verb(lambda: world.desk.edits.save_many(wanted), after)


def all_or_none(shown: Mapping[str, May]) -> None:
    assert len({shown[f"Guest {number}"] for number in (1, 2, 3)}) == 1, "a batch was stored in part"


async def discard(world: World) -> None:
    op = await world.the_op()
    gone = await world.verb(lambda: world.desk.edits.discard(op.id), {GUEST: Seen()})
    await world.verb(lambda: world.desk.edits.undo(gone), {GUEST: Seen("Nantes")})
    await world.push()


async def discard_a_new_one(world: World) -> None:
    values = {"name": ANA, "city": "Porto"}
    made = await world.verb(lambda: world.desk.edits.create(world.desk.id, values), {ANA: Seen("Porto")})
    gone = await world.verb(lambda: world.desk.edits.discard(made.op_ids[0]), {ANA: TRASHED})
    await world.verb(lambda: world.desk.edits.undo(gone), {ANA: Seen("Porto")})
    await world.push()


async def lotte(world: World) -> None:
    """What is typed of her waits in every table."""
    world.memory.edit("2", name=LOTTE)
    await world.pull()
    number = world.desk.number("2")
    await world.change("Zwischenwasser", name=LOTTE)
    await world.desk.edits.keep_draft(
        Draft(draft_key(number), world.desk.id, number, (FieldChange("notes", None, "Zwiebel"),))
    )
    world.may[LOTTE] = (Seen("Zwischenwasser", draft="Zwiebel"),)


async def forget(world: World) -> None:
    world.memory.edit("2", forget_at="2020-01-01T00:00:00Z")
    world.may[LOTTE], world.ends[LOTTE] = (*world.may[LOTTE], None), None
    await world.push()
    world.may[LOTTE] = (None,)
    await purged(world)


async def purged(world: World) -> None:
    """What is left in the indices is merged away in the background."""
    for _ in range(400):
        if not world.read("SELECT 1 FROM meta WHERE name='purge_due'"):
            return
        await asyncio.sleep(0.005)


async def nothing_is_left_of_her(world: World) -> None:
    await purged(world)
    for word in ("Lotte", "Unmistakable", "Zwischenwasser", "Zwiebel"):
        assert word not in world.desk.dump() and await world.desk.found(word) == []
    index = b"".join(bytes(row[0]) for row in world.read("SELECT block FROM contact_fts_data"))
    assert b"unmistakable" not in index and b"zwischenwasser" not in index
    assert not world.read("SELECT 1 FROM meta WHERE name='purge_due'")
    assert [did for (did,) in world.read("SELECT did FROM history")] == [Did.ERASED.value]
    assert not world.memory.writes


def paged() -> MemoryVendor:
    return MemoryVendor(5, per_page=2)


SENT = frozenset({"push.claimed.before_commit", "push.claimed.after_commit"})
READ = SENT | {"push.read", "push.base.committed"}
UPDATED = READ | {
    "push.update.sending", "push.update.answered", "push.updated.before_commit", "push.updated.after_commit",
}  # fmt: skip
CREATED = SENT | {
    "push.create.sending", "push.create.answered", "push.created.before_commit", "push.created.after_commit",
}  # fmt: skip
DELETED = SENT | {
    "push.delete.sending", "push.delete.answered", "push.deleted.before_commit", "push.deleted.after_commit",
}  # fmt: skip
UNANSWERED = frozenset({"push.put off.before_commit", "push.put off.after_commit"})
ADOPTED = frozenset({"push.looked.up", "push.adopted.before_commit", "push.adopted.after_commit"})
IN_DOUBT = (SENT | UNANSWERED | ADOPTED | {"push.create.sending"}) - {"push.create.answered"}
CLASHED = READ - {"push.base.committed"} | {"push.conflict.before_commit", "push.conflict.after_commit"}
CHECKED = frozenset({"pull.page.before_commit", "pull.page.after_commit", "pull.finish.after_commit"})

STORIES = (
    Story("save", save, frozenset({"edit: queued"})),
    Story("update and send", update, UPDATED),
    Story("save while checking", save_while_checking, UPDATED | CHECKED, memory=paged),
    Story("create and send", create, CREATED | {"create: contact stored"}),
    Story("create without answer", create_without_answer, IN_DOUBT, before=ana),
    Story("delete and send", delete, DELETED | {"delete: in the trash"}, before=save),
    Story("delete and undo", delete_and_undo, UPDATED | {"delete: in the trash"}, before=save),
    Story("restore", restore, CREATED, before=deleted),
    Story("conflict, mine", conflict, UPDATED | CLASHED, before=both_changed, decide=take_mine),
    Story("conflict, theirs", conflict_found_by_a_check, CHECKED, before=both_changed, decide=take_theirs),
    Story("deleted here, changed there", changed_there, CLASHED, before=deleted_here, decide=keep_it),
    Story("gone there", gone_there, CHECKED | CREATED, before=save, decide=make_again),
    Story(
        "overwrite", overwrite, UPDATED,
        before=save, memory=overwriting, decide=put_it_back, after=nothing_was_silently_overwritten,
    ),
    Story(
        "overwrite without answer", overwrite_without_answer,
        UPDATED | UNANSWERED | {"push.nothing to send.before_commit", "push.nothing to send.after_commit"},
        before=save, memory=overwriting, decide=put_it_back, after=nothing_was_silently_overwritten,
    ),
    Story("draft", drafts, frozenset({"edit: draft dropped", "edit: queued"})),
    Story("batch of three", batch, frozenset({"edit: queued"}), at_start=all_or_none),
    Story("discard", discard, UPDATED, before=save),
    Story("discard a new one", discard_a_new_one, CREATED),
    Story("erasure", forget, READ - {"push.base.committed"}, before=lotte, after=nothing_is_left_of_her, erases=True),
)  # fmt: skip
