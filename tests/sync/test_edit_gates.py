"""Killed at every numbered gate of everything a person can do with a contact: it goes on by itself (P-STEP)."""

from __future__ import annotations

import asyncio
import logging
import threading
from pathlib import Path

import pytest

from crmdesk.core import seams
from crmdesk.core.errors import ForbiddenError, InDoubtError, RejectedError
from crmdesk.core.outbox import ConflictKind, Did, Draft, FieldChange, OpKind, OpState, draft_key
from crmdesk.store.connect import connect
from tests.helpers.desk import KEY
from tests.helpers.edit_stories import STORIES
from tests.helpers.edit_world import Story, World, begun
from tests.helpers.front_desk import GRACE, FrontDesk


class Killed(BaseException):
    """The process is gone."""


class Gates:
    """Counts the gates that are passed. At gate `kill_at` the process is gone: nothing passes any gate from then on."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at = kill_at
        self.passed: list[str] = []
        self.dead = False
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._died = asyncio.Event()

    def __call__(self, name: str) -> None:
        with self._lock:
            if not self.dead:
                self.passed.append(name)
                self.dead = len(self.passed) == self.kill_at
        if self.dead:
            self._loop.call_soon_threadsafe(self._died.set)
            raise Killed(name)

    async def run(self, world: World) -> None:
        """The story, until it ends or the process does. What was under way then gets to its next gate."""
        log = logging.getLogger("crmdesk")
        log.setLevel(logging.CRITICAL)  # whatever is killed says so before it dies
        acting, dying = asyncio.ensure_future(world.story.act(world)), asyncio.ensure_future(self._died.wait())
        seams.set_gate(self)
        try:
            await asyncio.wait((acting, dying), return_when=asyncio.FIRST_COMPLETED)
            acting.cancel()
            dying.cancel()
            results = await asyncio.gather(acting, dying, return_exceptions=True)
            await world.close()
        finally:
            seams.set_gate(None)
            log.setLevel(logging.NOTSET)
        if not self.dead and isinstance(results[0], BaseException):
            raise results[0]


@pytest.mark.parametrize(
    "story",
    [pytest.param(one, id=one.name, marks=[pytest.mark.slow] if n % 3 else []) for n, one in enumerate(STORIES)],
)
async def test_killed_at_every_gate_it_goes_on_by_itself(story: Story, folder: Path) -> None:
    template = await begun(story, folder / "begun.db")
    number = 0
    while True:
        number += 1
        world = template.copy(folder / f"{number}.db")
        await world.open()
        gates = Gates(number)
        await gates.run(world)
        where = f"killed at gate {number}, {gates.passed[-1]}" if gates.dead else "not killed"
        try:
            await goes_on(world, gates)
        except Exception as error:
            error.add_note(f"{where}; passed: {gates.passed}")
            raise
        if not gates.dead:
            break
    assert story.passes <= set(gates.passed), f"it never came through {story.passes - set(gates.passed)}"
    assert number > 4


async def goes_on(world: World, gates: Gates) -> None:
    """The next start: everything promised is there, and comes to its end."""
    await world.open()
    try:
        shown = world.check_promises()
        world.story.at_start(shown)
        await world.settle(shown)
    finally:
        await world.close()
    if world.asked:  # nobody can know whether the request left: the vendor never got it
        assert gates.passed[-1] in ("write: after commit", "push.claimed.after_commit", "push.create.sending")


def of_the_first_release(path: Path) -> None:
    """A file with contacts as the first release left it: the later revisions add tables and a column."""
    connection = connect(path, KEY)
    added = ("op", "history", "draft", "trash", "ledger", "submission_row", "call", "submission", "mapping")
    for table in (*added, "card", "card_member", "pair", "erased", "desk_log"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("DROP INDEX IF EXISTS contact_by_given")
    connection.execute("ALTER TABLE contact DROP COLUMN given_key")
    connection.execute("UPDATE alembic_version SET version_num='0001'")
    connection.execute("PRAGMA user_version = 1")
    connection.close()


async def test_killed_at_every_gate_of_an_upgrade_it_goes_on_by_itself(folder: Path) -> None:
    template = await begun(STORIES[0], folder / "begun.db")
    of_the_first_release(template.path)
    number, passed = 0, []
    while True:
        number += 1
        world = template.copy(folder / f"{number}.db")
        killed, passed = await upgraded(world, number)
        if killed:
            await world.open()
        try:
            assert len(world.seen()) == 5
            await world.change("Nantes")
            await world.settle(world.seen())
        finally:
            await world.close()
        assert world.memory.contacts["2"]["city"] == "Nantes"
        if not killed:
            break
    assert passed == ["upgrade: after backup", "upgrade: before commit", "upgrade: after commit"]


async def upgraded(world: World, kill_at: int) -> tuple[bool, list[str]]:
    """Opens the file; whether that was killed, and the gates it passed."""
    gates = Gates(kill_at)
    seams.set_gate(gates)
    try:
        await world.open()
    except Killed:
        pass
    finally:
        seams.set_gate(None)
    return gates.dead, gates.passed


# ── what the kills have found ────────────────────────────────────────────────────────────────────────────────────────


async def without_answer(desk: FrontDesk, seconds: float = GRACE) -> None:
    """The vendor does what is due next, and its answer is lost."""
    desk.memory.lost.append(InDoubtError("The line dropped."))
    await desk.push(seconds)


async def test_an_edit_after_a_lost_answer_is_no_conflict_with_oneself(folder: Path) -> None:
    async with FrontDesk(folder / "desk.db") as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        await without_answer(desk)
        await desk.change("2", city="Nice")
        await desk.push(60)
        assert await desk.states() == [OpState.CONFIRMED, OpState.CONFIRMED]
        assert desk.memory.contacts["2"]["city"] == "Nice" and len(desk.memory.writes) == 2


async def test_undo_after_a_lost_answer_undoes_what_may_have_arrived(folder: Path) -> None:
    async with FrontDesk(folder / "desk.db") as desk:
        await desk.pull()
        saved = await desk.change("2", city="Nantes")
        await without_answer(desk)
        await desk.edits.undo(saved)
        assert not desk.shown("2").get("city")
        await desk.push(60)
        assert not desk.memory.contacts["2"]["city"] and not desk.shown("2")["city"]


async def test_discarding_after_a_lost_answer_takes_back_what_may_have_arrived(folder: Path) -> None:
    async with FrontDesk(folder / "desk.db") as desk:
        await desk.pull()
        await desk.change("2", city="Nantes", notes="cot")
        await without_answer(desk)
        (first,) = await desk.ops()
        await desk.edits.hold(first.id)
        await desk.change("2", notes="two cots")
        await desk.edits.discard(first.id)
        assert (desk.shown("2").get("city"), desk.shown("2")["notes"]) == (None, "two cots")
        await desk.push(60)
        assert (desk.memory.contacts["2"]["city"], desk.memory.contacts["2"]["notes"]) == (None, "two cots")
        assert not [op for op in await desk.ops() if op.state.open]


async def test_deleting_after_a_lost_answer_is_no_conflict_with_oneself(folder: Path) -> None:
    async with FrontDesk(folder / "desk.db") as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        await without_answer(desk)
        await desk.edits.delete([desk.number("2")])
        await desk.push(60)
        assert "2" not in desk.memory.contacts
        assert await desk.states() == [OpState.CONFIRMED, OpState.CONFIRMED]


async def test_deleting_and_restoring_after_a_lost_answer_forgets_nothing_of_it(folder: Path) -> None:
    async with FrontDesk(folder / "desk.db") as desk:
        await desk.pull()
        number = desk.number("2")
        await desk.change("2", city="Nantes")
        await without_answer(desk)
        await desk.change("2", city="Nevers")
        await desk.edits.undo(await desk.edits.delete([number]))
        assert [one.shown["city"] for one in desk.now() if one.id == number] == ["Nevers"]
        await desk.change("2", city="Nice")
        await desk.push(60)
        assert not [op for op in await desk.ops() if op.state.open]
        assert desk.memory.contacts["2"]["city"] == "Nice"


@pytest.mark.parametrize("there", ["removed", "changed", "refused"])
async def test_an_edit_without_answer_does_not_stop_the_deletion_behind_it(folder: Path, there: str) -> None:
    async with FrontDesk(folder / "desk.db") as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        desk.memory.faults.extend([None, InDoubtError("The line dropped.")])
        await desk.push()
        await desk.edits.delete([desk.number("2")])
        if there == "removed":
            desk.memory.remove("2")
        elif there == "changed":
            desk.memory.edit("2", city="Nevers")
        else:
            desk.memory.refuse = lambda values: (_ for _ in ()).throw(RejectedError("Memory refused it."))
        await desk.push(60)
        edit, deletion = await desk.ops()
        assert edit.state is OpState.DROPPED
        if there == "changed":
            assert deletion.conflict is ConflictKind.DELETED_HERE
        else:
            assert deletion.state is OpState.CONFIRMED and "2" not in desk.memory.contacts


@pytest.mark.parametrize("arrived", [True, False])
@pytest.mark.parametrize("checked", [True, False])
@pytest.mark.parametrize("edited", [True, False])
async def test_a_deletion_without_answer_can_be_taken_back(
    folder: Path, arrived: bool, checked: bool, edited: bool
) -> None:
    """Whether it has arrived or not, and whoever finds out: the contact is there in the end, as it was."""
    async with FrontDesk(folder / "desk.db") as desk:
        await desk.pull()
        number = desk.number("2")
        if edited:
            await desk.change("2", city="Nantes")
        saved = await desk.edits.delete([number])
        desk.memory.faults.extend([] if arrived else [None, InDoubtError("The line dropped.")])
        await (without_answer(desk, 11) if arrived else desk.push(11))
        assert ("2" in desk.memory.contacts) is not arrived
        await desk.edits.undo(saved)
        assert desk.number("2") == number
        with pytest.raises(ForbiddenError):
            await desk.edits.discard(next(op.id for op in await desk.ops() if op.state.open))
        if checked:
            await desk.pull(full=True)
        await desk.push(60)
        await desk.pull(full=True)
        await desk.push(60)
        assert [raw["name"] for raw in desk.memory.contacts.values()].count("Guest 2") == 1
        row = await desk.row(number)
        assert (row.name, row.city) == ("Guest 2", "Nantes" if edited else "")
        assert not [op for op in await desk.ops() if op.state.open]
        desk.memory.remove((await desk.row(number)).remote_id)
        await desk.pull(full=True)
        assert number not in desk.ids().values(), "what somebody else deletes later is not made again"


async def test_undoing_a_restore_deletes_again(folder: Path) -> None:
    async with FrontDesk(folder / "desk.db") as desk:
        await desk.pull()
        number = desk.number("2")
        await desk.change("2", city="Nantes")
        await desk.edits.delete([number])
        restored = await desk.edits.restore(number)
        await desk.edits.undo(restored)
        await desk.push(11)
        assert "2" not in desk.memory.contacts and "2" not in desk.ids()


async def test_what_was_typed_into_the_twin_of_a_new_contact_is_kept(folder: Path) -> None:
    """A check has brought the contact whose making had no answer: a person sees it twice, and edits the other one."""
    async with FrontDesk(folder / "desk.db") as desk:
        saved = await desk.edits.create(desk.id, {"name": "Ana"})
        await without_answer(desk)
        await desk.pull()
        twin = desk.number("6")
        assert twin != saved.contact_ids[0]
        await desk.change("6", city="Porto")
        typed = Draft(draft_key(twin), desk.id, twin, (FieldChange("notes", None, "late"),))
        await desk.edits.keep_draft(typed)
        await desk.push(60)
        (there,) = [one for one in desk.now() if one.name == "Ana"]
        assert (there.id, there.remote_id) == (saved.contact_ids[0], "6")
        assert desk.memory.contacts["6"]["city"] == "Porto" and desk.memory.created == ["6"]
        draft = (await desk.detail(there.id)).draft
        assert draft is not None and draft.changes == typed.changes
        assert {line.did for line in await desk.reader.history(there.id)} >= {Did.CREATED, Did.ADOPTED, Did.EDITED}


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_doubtful_new_contact_put_into_the_trash_and_back_is_not_made_twice(
    folder: Path, arrived: bool
) -> None:
    async with FrontDesk(folder / "desk.db") as desk:
        saved = await desk.edits.create(desk.id, {"name": "Ana"})
        if not arrived:
            desk.memory.faults.append(InDoubtError("The line dropped."))
        await (without_answer(desk) if arrived else desk.push())
        number = saved.contact_ids[0]
        await desk.edits.save(number, [FieldChange("city", None, "Porto")])
        gone = await desk.edits.discard(saved.op_ids[0])
        assert [one.title for one in await desk.reader.trash()] == ["Ana"]
        await desk.edits.undo(gone)
        assert [(one.id, one.shown["city"]) for one in desk.now() if one.name == "Ana"] == [(number, "Porto")]
        for _ in range(5):
            await desk.push(4000)
        op = next(op for op in await desk.ops() if op.kind is OpKind.CREATE and op.state is not OpState.DROPPED)
        if not arrived:
            assert op.state is OpState.IN_DOUBT and not desk.memory.created
            await desk.edits.mark_not_sent(op.id)
            await desk.push()
        assert len(desk.memory.created) == 1
        assert desk.memory.contacts[desk.memory.created[0]]["city"] == "Porto"
        assert not [op for op in await desk.ops() if op.state.open]


async def test_what_was_sent_meanwhile_can_no_longer_be_discarded(folder: Path) -> None:
    """Not even a deletion: that would make the contact again."""
    async with FrontDesk(folder / "desk.db") as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        await desk.edits.delete([desk.number("3")])
        await desk.push(11)
        for op in await desk.ops():
            with pytest.raises(ForbiddenError):
                await desk.edits.discard(op.id)
        assert await desk.states() == [OpState.CONFIRMED, OpState.CONFIRMED]


@pytest.mark.parametrize("how", ["deleted", "discarded", "dropped"])
async def test_no_draft_is_left_of_a_contact_that_leaves(folder: Path, how: str) -> None:
    async with FrontDesk(folder / "desk.db") as desk:
        await desk.pull()
        number = desk.number("2")
        if how == "discarded":
            number = (await desk.edits.create(desk.id, {"name": "Ana"})).contact_ids[0]
        await desk.edits.keep_draft(Draft(draft_key(number), desk.id, number, (FieldChange("notes", None, "cot"),)))
        if how == "deleted":
            await desk.edits.delete([number])
        elif how == "discarded":
            await desk.edits.discard((await desk.the_op()).id)
        else:
            await desk.change("2", city="Nantes")
            desk.memory.remove("2")
            await desk.push()
            await desk.edits.resolve_gone((await desk.the_op()).id, "drop")
        assert number not in desk.ids().values() and await desk.reader.drafts() == []
