"""Stories of one front desk: everything that a person can do with a contact, each alone. See `edit_world`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from crmdesk.core.errors import InDoubtError, OfflineError
from crmdesk.core.outbox import ConflictKind, Did, Draft, FieldChange, Op, OpState, draft_key
from tests.helpers.edit_world import TRASHED, May, Seen, Story, World
from tests.helpers.memory_vendor import MemoryVendor

ANA, GUEST, LOTTE = "Ana Ruiz", "Guest 2", "Lotte Unmistakable"
COT = "cot, please"


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
    await world.insist(lambda: world.desk.edits.resolve(op.id, {"notes": COT}))


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
