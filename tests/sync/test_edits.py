"""Editing over the real store, with a vendor in memory: what is saved is seen at once, sent once, and never lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.changes import PERSON, Changes
from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    OfflineError,
    Problem,
    RejectedError,
    ServerFaultError,
    SignInNeededError,
)
from crmdesk.core.outbox import ConflictKind, Did, Draft, FieldChange, Op, OpKind, OpState, draft_key
from crmdesk.core.seams import iso
from crmdesk.core.types import Flag
from tests.helpers.front_desk import FrontDesk
from tests.helpers.memory_vendor import MemoryVendor


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


async def test_an_edit_is_seen_at_once_and_sent_after_its_grace_time(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        desk.edits.operator = "Maria"
        saved = await desk.change("2", city="Nantes")
        assert saved.title == "Guest 2" and saved.vendor == "Memory" and saved.op_ids
        row = await desk.row(desk.number("2"))
        assert row.city == "Nantes" and row.flags & Flag.WAITING
        assert await desk.found("nantes") == ["Guest 2"]
        await desk.services.sending.send_due()
        assert "city" not in desk.memory.contacts["2"], "it left before its grace time was over"
        await desk.push()
        assert desk.memory.contacts["2"]["city"] == "Nantes"
        assert desk.memory.writes == [("2", "city", None, "Nantes")]
        op = await desk.the_op()
        assert op.state is OpState.CONFIRMED and op.operator == "Maria"
        assert desk.base("2")["city"] == "Nantes"
        assert not (await desk.row(desk.number("2"))).flags & Flag.WAITING
        history = await desk.reader.history(desk.number("2"))
        assert [line.did for line in history] == [Did.SENT, Did.EDITED]
        assert history[1].operator == "Maria" and history[1].changes == (FieldChange("city", None, "Nantes"),)


async def test_several_edits_make_one_request(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        saved = await desk.change("2", city="Nice", email="ana@example.org")
        assert saved.joined
        assert (await desk.the_op()).joined == 2
        await desk.push()
        assert [request for request in desk.memory.requests if request.startswith("update")] == ["update 2"]
        assert desk.memory.contacts["2"]["city"] == "Nice"


async def test_undo_in_time_costs_no_request(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        saved = await desk.change("2", city="Nantes")
        assert await desk.edits.undo(saved) == "Taken back. Nothing was sent."
        assert (await desk.row(desk.number("2"))).city == ""
        await desk.push()
        assert not desk.memory.writes
        assert await desk.states() == [OpState.DROPPED]


async def test_undo_after_sending_sends_the_old_value_again(path: Path) -> None:
    memory = MemoryVendor(2)
    memory.edit("2", city="Nevers")
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        saved = await desk.change("2", city="Nantes")
        await desk.push()
        assert "sent again" in await desk.edits.undo(saved)
        await desk.push()
        assert memory.contacts["2"]["city"] == "Nevers"


async def test_nothing_changed_makes_nothing(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        saved = await desk.change("2", city="")
        assert not saved and not await desk.ops()


async def test_a_pull_does_not_hide_what_waits(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        desk.memory.edit("2", notes="late arrival")
        await desk.pull()
        assert desk.shown("2")["city"] == "Nantes" and desk.shown("2")["notes"] == "late arrival"
        assert (await desk.row(desk.number("2"))).city == "Nantes"
        await desk.push()
        assert (await desk.the_op()).state is OpState.CONFIRMED
        assert desk.memory.contacts["2"]["notes"] == "late arrival"


async def test_the_same_field_on_both_sides_is_a_conflict_and_nothing_is_sent(path: Path) -> None:
    """Walk-through 3: only the city is asked for, the notes arrive, both old versions are in the history."""
    memory = MemoryVendor(3)
    memory.edit("2", city="Nevers")
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        memory.edit("2", city="Nice", notes="cot")
        await desk.push()
        op = await desk.the_op()
        assert op.state is OpState.CONFLICT and op.conflict is ConflictKind.FIELDS
        assert [(one.path, one.base, one.mine, one.theirs) for one in op.clashes] == [
            ("city", "Nevers", "Nantes", "Nice")
        ]
        assert not memory.writes
        assert desk.shown("2")["notes"] == "cot"
        assert (await desk.row(desk.number("2"))).flags & Flag.CONFLICT
        await desk.edits.resolve(op.id, {"city": "Nantes"})
        await desk.push()
        assert memory.contacts["2"]["city"] == "Nantes" and memory.contacts["2"]["notes"] == "cot"
        assert memory.writes == [("2", "city", "Nice", "Nantes")]
        said = {
            value
            for line in await desk.reader.history(desk.number("2"))
            for c in line.changes
            for value in (c.was, c.now)
        }
        assert {"Nevers", "Nantes", "Nice"} <= said


async def test_a_check_finds_the_conflict_too(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        desk.memory.edit("2", city="Nice")
        await desk.pull()
        assert (await desk.the_op()).state is OpState.CONFLICT
        desk.memory.edit("2", city=None)
        await desk.pull()
        assert (await desk.the_op()).state is OpState.PENDING, "the vendor's side went back"


async def test_taking_theirs_sends_nothing(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        desk.memory.edit("2", city="Nice")
        await desk.pull()
        await desk.edits.resolve((await desk.the_op()).id, {"city": "Nice"})
        assert (await desk.row(desk.number("2"))).city == "Nice"
        await desk.push()
        assert not desk.memory.writes


async def test_a_conflict_stops_only_its_contact(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("1", city="A")
        await desk.change("2", city="B")
        desk.memory.edit("1", city="other")
        await desk.push()
        assert [op.state for op in await desk.ops()] == [OpState.CONFLICT, OpState.CONFIRMED]


async def test_a_lost_answer_is_looked_at_before_it_is_tried_again(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        desk.memory.lost.append(InDoubtError("The line dropped."))
        await desk.push()
        op = await desk.the_op()
        assert op.state is OpState.PENDING and op.tries == 1 and op.reason is not None
        await desk.push()
        assert (await desk.the_op()).state is OpState.CONFIRMED
        assert len(desk.memory.writes) == 1


async def test_passing_faults_are_tried_again_later_each_time(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        waits = []
        for fault in (OfflineError("No line."), ServerFaultError("502"), OfflineError("No line.")):
            desk.memory.faults.append(fault)
            await desk.push(3600)
            op = await desk.the_op()
            assert op.state is OpState.PENDING
            waits.append(op.next_at > desk.clock.now().isoformat()[:19])
        assert op.tries == 3 and all(waits)
        await desk.push(3600)
        assert (await desk.the_op()).state is OpState.CONFIRMED


async def test_a_refusal_waits_for_a_person_with_the_servers_words(path: Path) -> None:
    """Walk-through 4."""
    async with FrontDesk(path) as desk:
        await desk.pull()
        problem = Problem("city", "invalid", "can't be blank")

        def refuse(values: object) -> None:
            if values == {"city": "?"}:
                raise RejectedError("Memory refused 1 field.", problems=(problem,))

        desk.memory.refuse = refuse
        await desk.change("2", city="?")
        await desk.push()
        op = await desk.the_op()
        assert op.state is OpState.REJECTED and op.reason is not None and op.reason.problems == (problem,)
        assert (await desk.row(desk.number("2"))).flags & Flag.NEEDS_YOU
        await desk.edits.change_op(op.id, [FieldChange("city", None, "Nantes")])
        await desk.push()
        assert desk.memory.contacts["2"]["city"] == "Nantes"
        assert (await desk.the_op()).state is OpState.CONFIRMED


async def _refused(desk: FrontDesk) -> Op:
    """A change that the vendor would not take."""

    def refuse(values: Any) -> None:
        if values == {"city": "?"}:
            raise RejectedError("Memory refused 1 field.", problems=(Problem("city", "invalid", "can't be blank"),))

    desk.memory.refuse = refuse
    await desk.pull()
    await desk.change("2", city="?")
    await desk.push()
    return await desk.the_op()


async def test_a_correction_is_signed_and_waits_for_its_grace_time(path: Path) -> None:
    async with FrontDesk(path) as desk:
        op = await _refused(desk)
        asked = []

        async def sign() -> None:
            asked.append(True)
            desk.edits.operator = "Tom"

        desk.edits.operator, desk.edits.signing = "", sign
        saved = await desk.edits.change_op(op.id, [FieldChange("city", None, "Nantes")])
        assert saved and asked
        waiting = await desk.the_op()
        assert waiting.operator == "Tom" and waiting.next_at > iso(desk.clock.now())


async def test_undo_of_a_correction_brings_back_what_was_refused_and_why(path: Path) -> None:
    async with FrontDesk(path) as desk:
        op = await _refused(desk)
        saved = await desk.edits.change_op(op.id, [FieldChange("city", None, "Nantes")])
        assert await desk.edits.undo(saved) == "Taken back. Nothing was sent."
        assert replace(await desk.the_op(), next_at=op.next_at) == op
        assert (await desk.row(desk.number("2"))).flags & Flag.NEEDS_YOU
        again = await desk.edits.redo(saved)
        await desk.push()
        assert desk.memory.contacts["2"]["city"] == "Nantes"
        assert await desk.edits.undo(again) == "Already sent; the old values will be sent again."
        await desk.push()
        assert desk.memory.contacts["2"].get("city") != "Nantes"


async def test_undo_of_a_correction_leaves_what_was_saved_since(path: Path) -> None:
    async with FrontDesk(path) as desk:
        op = await _refused(desk)
        saved = await desk.edits.change_op(op.id, [FieldChange("city", op.changes[0].was, "Nantes")])
        await desk.change("2", email="ana@example.org")
        await desk.edits.undo(saved)
        assert await desk.states() == [OpState.REJECTED, OpState.PENDING]
        await desk.edits.discard(op.id)
        await desk.push()
        assert desk.memory.contacts["2"]["email"] == "ana@example.org"
        assert desk.memory.contacts["2"].get("city") == op.changes[0].was


async def test_a_corrected_new_contact_that_was_made_is_not_emptied_by_undo(path: Path) -> None:
    async with FrontDesk(path) as desk:
        desk.memory.refuse = lambda values: (_ for _ in ()).throw(RejectedError("No."))
        await desk.pull()
        await desk.edits.create(desk.id, {"name": "Ana Ruiz", "city": "?"})
        await desk.push()
        op = await desk.the_op()
        assert (op.kind, op.state) == (OpKind.CREATE, OpState.REJECTED)
        desk.memory.refuse = lambda values: None
        wanted = [FieldChange("name", None, "Ana Ruiz"), FieldChange("city", None, "Porto")]
        saved = await desk.edits.change_op(op.id, wanted)
        await desk.push()
        with pytest.raises(ForbiddenError):
            await desk.edits.undo(saved)
        await desk.push()
        assert any(one.get("city") == "Porto" for one in desk.memory.contacts.values())


async def test_words_survive_a_restart(path: Path) -> None:
    memory = MemoryVendor(3)
    memory.refuse = lambda values: (_ for _ in ()).throw(RejectedError("Memory refused “Zürich”."))
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.change("2", city="Zürich")
        await desk.push()
        before = await desk.the_op()
    async with FrontDesk(path, memory) as desk:
        assert await desk.the_op() == before


async def test_a_signed_out_account_waits_and_others_are_not_asked(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("1", city="A")
        await desk.change("2", city="B")
        desk.memory.faults.append(SignInNeededError("Memory does not take this token any more."))
        await desk.push()
        assert await desk.states() == [OpState.PENDING, OpState.PENDING]
        asked = len(desk.memory.requests)
        await desk.push(7200)
        assert len(desk.memory.requests) == asked, "it was tried again without a new sign-in"
        desk.services.sending.resume([desk.id])
        await desk.push()
        assert await desk.states() == [OpState.CONFIRMED, OpState.CONFIRMED]


# ── new contacts


async def test_a_new_contact_is_there_at_once_and_made_once(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        saved = await desk.edits.create(desk.id, {"name": "Ana Ruiz", "city": "Porto"})
        (number,) = saved.contact_ids
        row = await desk.row(number)
        assert (row.name, row.city) == ("Ana Ruiz", "Porto") and row.flags & Flag.WAITING
        assert await desk.found("ruiz") == ["Ana Ruiz"]
        await desk.pull(full=True)
        assert (await desk.row(number)).name == "Ana Ruiz", "a full listing took it for gone"
        await desk.push()
        row = await desk.row(number)
        assert row.remote_id == "6" and not row.flags & Flag.WAITING
        assert len(desk.memory.created) == 1
        await desk.pull(full=True)
        assert len(await desk.found("ruiz")) == 1


async def test_an_edit_of_a_new_contact_joins_its_making(path: Path) -> None:
    async with FrontDesk(path) as desk:
        saved = await desk.edits.create(desk.id, {"name": "Ana"})
        await desk.edits.save(saved.contact_ids[0], [FieldChange("city", None, "Porto")])
        await desk.push()
        assert desk.memory.contacts["6"]["city"] == "Porto"
        assert len(await desk.ops()) == 1


async def test_a_create_without_answer_is_unknown_and_looked_up_never_repeated(path: Path) -> None:
    async with FrontDesk(path) as desk:
        saved = await desk.edits.create(desk.id, {"name": "Ana"})
        desk.memory.lost.append(InDoubtError("The line dropped."))
        desk.memory.faults.extend([None, OfflineError("No line.")])
        await desk.push()
        op = await desk.the_op()
        assert op.state is OpState.IN_DOUBT
        assert (await desk.row(saved.contact_ids[0])).flags & Flag.IN_DOUBT
        await desk.pull(full=True)
        await desk.push(600)
        op = await desk.the_op()
        assert op.state is OpState.CONFIRMED
        assert desk.memory.created == ["6"]
        assert (await desk.row(saved.contact_ids[0])).remote_id == "6"
        assert await desk.found("ana") == ["Ana"], "what a check brought meanwhile and ours became one"


async def test_a_create_that_cannot_be_found_waits_for_a_person(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.edits.create(desk.id, {"name": "Ana"})
        desk.memory.before_write = lambda memory, what: (_ for _ in ()).throw(InDoubtError("The line dropped."))
        await desk.push()
        desk.memory.before_write = None
        for _ in range(8):
            await desk.push(3600)
        op = await desk.the_op()
        assert op.state is OpState.IN_DOUBT and not desk.memory.created
        assert op.reason is not None and "not there" in op.reason.title
        await desk.edits.mark_not_sent(op.id)
        await desk.push()
        assert (await desk.the_op()).state is OpState.CONFIRMED and len(desk.memory.created) == 1


async def test_an_old_create_is_looked_up_before_it_goes(path: Path) -> None:
    """A data folder put back from a backup does not make its contacts a second time."""
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        await desk.edits.create(desk.id, {"name": "Ana"})
        copy = path.with_name("copy.db")
        desk.database.backup(copy)
        await desk.push()
        clock = desk.clock
    async with FrontDesk(copy, memory, clock=clock) as desk:
        await desk.push(3600)
        op = await desk.the_op()
        assert op.state is OpState.IN_DOUBT and memory.created == ["4"]


async def test_an_edit_while_it_is_being_made_goes_behind(path: Path) -> None:
    async with FrontDesk(path) as desk:
        saved = await desk.edits.create(desk.id, {"name": "Ana"})
        number = saved.contact_ids[0]
        desk.memory.lost.append(InDoubtError("The line dropped."))
        desk.memory.faults.extend([None, OfflineError("No line.")])
        await desk.push()
        await desk.edits.save(number, [FieldChange("city", None, "Porto")])
        assert await desk.states() == [OpState.IN_DOUBT, OpState.PENDING]
        await desk.push(600)
        await desk.push(600)
        assert desk.memory.contacts["6"]["city"] == "Porto"


# ── deleting


async def test_a_deleted_contact_leaves_at_once_and_comes_back_with_undo(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        number = desk.number("2")
        saved = await desk.edits.delete([number])
        assert "2" not in desk.ids() and await desk.found('"Guest 2"') == []
        assert [one.title for one in await desk.reader.trash()] == ["Guest 2"]
        await desk.pull(full=True)
        assert "2" not in desk.ids(), "a check brought it back"
        assert await desk.edits.undo(saved) == "Deletion taken back: Guest 2. Nothing was sent."
        assert desk.number("2") == number
        await desk.push(60)
        assert "2" in desk.memory.contacts and not desk.memory.deletes


async def test_deleting_takes_waiting_edits_along_and_undo_brings_both_back(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        number = desk.number("2")
        await desk.change("2", city="Nantes")
        saved = await desk.edits.delete([number])
        assert await desk.states() == [OpState.DROPPED, OpState.PENDING]
        await desk.edits.undo(saved)
        assert (await desk.row(number)).city == "Nantes"
        await desk.push(60)
        assert desk.memory.contacts["2"]["city"] == "Nantes"


async def test_a_deletion_is_sent_and_restoring_makes_the_contact_again(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        number = desk.number("2")
        saved = await desk.edits.delete([number])
        await desk.push(11)
        assert "2" not in desk.memory.contacts
        await desk.edits.undo(saved)
        await desk.push()
        assert desk.memory.contacts["6"]["name"] == "Guest 2"
        assert (await desk.row(number)).remote_id == "6"
        assert await desk.reader.trash() == []


async def test_changed_there_since_it_was_deleted_here_asks(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        number = desk.number("2")
        await desk.edits.delete([number])
        desk.memory.edit("2", city="Nice")
        await desk.push(11)
        op = next(op for op in await desk.ops() if op.kind is OpKind.DELETE)
        assert op.conflict is ConflictKind.DELETED_HERE and [one.path for one in op.clashes] == ["city"]
        await desk.edits.resolve_deleted(op.id, delete=False)
        assert (await desk.row(number)).city == "Nice"
        saved = await desk.edits.delete([number])
        desk.memory.edit("2", city="Nevers")
        await desk.push(11)
        op = await desk.reader.op(saved.op_ids[0])  # type: ignore[assignment]
        await desk.edits.resolve_deleted(op.id, delete=True)
        await desk.push()
        assert "2" not in desk.memory.contacts


async def test_gone_there_while_edited_here_asks(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        number = desk.number("2")
        await desk.change("2", city="Nantes")
        desk.memory.remove("2")
        await desk.pull(full=True)
        op = await desk.the_op()
        assert op.state is OpState.GONE and (await desk.row(number)).city == "Nantes"
        await desk.edits.resolve_gone(op.id, "create")
        await desk.push()
        assert desk.memory.contacts["6"] | {"updated_at": ""} == {
            "id": 6, "name": "Guest 2", "city": "Nantes", "updated_at": "",
        }  # fmt: skip


async def test_gone_there_can_become_a_draft_or_be_dropped(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        for remote_id, choice in (("2", "draft"), ("3", "drop")):
            await desk.change(remote_id, city="Nantes")
            desk.memory.remove(remote_id)
            await desk.push()
            op = (await desk.ops())[-1]
            assert op.state is OpState.GONE
            await desk.edits.resolve_gone(op.id, choice)
            assert remote_id not in desk.ids()
        (draft,) = await desk.reader.drafts()
        assert FieldChange("city", None, "Nantes") in draft.changes


# ── an overwriting vendor


async def test_what_somebody_wrote_in_between_is_reported_and_can_be_put_back(path: Path) -> None:
    memory = MemoryVendor(3)
    memory.overwrites = True
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        memory.before_write = lambda vendor, _what: vendor.edit("2", notes="cot, please")
        await desk.push()
        memory.before_write = None
        told = next(op for op in await desk.ops() if op.conflict is ConflictKind.OVERWRITTEN)
        assert [(one.path, one.mine, one.theirs) for one in told.clashes] == [("notes", None, "cot, please")]
        await desk.edits.resolve(told.id, {"notes": "cot, please"})
        await desk.push()
        assert memory.contacts["2"]["notes"] == "cot, please" and memory.contacts["2"]["city"] == "Nantes"


async def test_a_lost_answer_does_not_hide_what_it_overwrote(path: Path) -> None:
    """The answer was lost, and somebody had written between our read and our write: the look before the next attempt
    finds both."""
    memory = MemoryVendor(3)
    memory.overwrites = True
    async with FrontDesk(path, memory, resends=True) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        memory.before_write = lambda vendor, _what: vendor.edit("2", notes="cot, please")
        memory.lost.append(InDoubtError("The line dropped."))
        await desk.push()
        memory.before_write = None
        await desk.pull(full=True)
        await desk.push(60)
        first, told = await desk.ops()
        assert first.state is OpState.CONFIRMED and told.conflict is ConflictKind.OVERWRITTEN
        assert [(one.path, one.mine, one.theirs) for one in told.clashes] == [("notes", None, "cot, please")]
        assert len(memory.writes) == 1


# ── drafts


async def test_a_draft_survives_a_restart_and_goes_with_the_save(path: Path) -> None:
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        number = desk.number("2")
        draft = Draft(draft_key(number), desk.id, number, (FieldChange("city", None, "Nan"),))
        await desk.edits.keep_draft(draft)
        assert (await desk.row(number)).flags & Flag.DRAFT
    async with FrontDesk(path, memory) as desk:
        found = (await desk.detail(number)).draft
        assert found is not None and found.changes == draft.changes and found.at
        await desk.pull(full=True)
        assert (await desk.row(number)).flags & Flag.DRAFT
        await desk.edits.save(number, [FieldChange("city", None, "Nantes")], draft=draft.key)
        assert await desk.reader.drafts() == [] and not (await desk.row(number)).flags & Flag.DRAFT


async def test_typing_is_kept_where_its_contact_vanishes(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        number = desk.number("2")
        await desk.edits.keep_draft(Draft(draft_key(number), desk.id, number, (FieldChange("city", None, "Nan"),)))
        desk.memory.remove("2")
        await desk.pull(full=True)
        op = await desk.the_op()
        assert op.state is OpState.GONE and op.changes == (FieldChange("city", None, "Nan"),)


# ── a guest's wishes


async def test_a_restricted_contact_is_not_changed(path: Path) -> None:
    memory = MemoryVendor(3)
    memory.edit("2", restricted_at="2026-01-01T00:00:00Z")
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        assert "restricted" in (desk.edits.why_not(await desk.row(desk.number("2")), "edit") or "")
        with pytest.raises(ForbiddenError):
            await desk.change("2", city="Nantes")


async def test_restricted_while_an_edit_waits_is_not_sent(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        desk.memory.edit("2", restricted_at="2026-01-01T00:00:00Z")
        await desk.push()
        assert (await desk.the_op()).state is OpState.REJECTED and not desk.memory.writes


async def test_the_forgotten_are_erased_everywhere_even_over_edits(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        desk.memory.edit("2", name="Lotte Unmistakable")
        await desk.pull()
        number = desk.number("2")
        await desk.change("2", city="Zwischenwasser")
        await desk.edits.keep_draft(Draft(draft_key(number), desk.id, number, (FieldChange("notes", None, "Zwiebel"),)))
        desk.memory.edit("2", forget_at="2020-01-01T00:00:00Z")
        desk.told.clear()
        await desk.push()
        assert "2" not in desk.ids() and not desk.memory.writes
        assert await desk.ops() == [] and await desk.reader.drafts() == [] and await desk.reader.history(number) == []
        assert not [word for word in ("Lotte", "Zwischenwasser", "Zwiebel") if word in desk.dump()]
        assert sum(changes.forgotten for changes in desk.told) == 1
        assert await desk.found("lotte") == []


async def test_the_forgotten_leave_the_trash_too(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.edits.delete([desk.number("2")])
        desk.memory.edit("2", forget_at="2020-01-01T00:00:00Z")
        await desk.pull(full=True)
        assert await desk.reader.trash() == [] and await desk.ops() == []


async def test_who_is_to_be_forgotten_tomorrow_is_forgotten_without_a_check(path: Path) -> None:
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        soon = iso(desk.clock.now() + timedelta(hours=1))
        memory.edit("2", name="Lotte Unmistakable", forget_at=soon)
        await desk.pull()
        await desk.change("2", city="Zwischenwasser")
        await desk.services.sending.tidy()
        assert "2" in desk.ids()
        desk.clock.forward(3700)
        await desk.services.sending.tidy()
        assert "2" not in desk.ids() and await desk.ops() == []
        assert not [word for word in ("Lotte", "Zwischenwasser") if word in desk.dump()]


# ── the outbox


async def test_what_is_held_does_not_go(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        op = await desk.the_op()
        await desk.edits.hold(op.id)
        await desk.push(3600)
        assert (await desk.the_op()).state is OpState.HELD and not desk.memory.writes
        await desk.edits.release(op.id)
        await desk.push()
        assert desk.memory.contacts["2"]["city"] == "Nantes"


async def test_discarding_gives_the_vendors_value_back_and_can_be_undone(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        saved = await desk.edits.discard((await desk.the_op()).id)
        assert (await desk.row(desk.number("2"))).city == ""
        await desk.edits.undo(saved)
        assert (await desk.row(desk.number("2"))).city == "Nantes"
        await desk.push()
        assert desk.memory.contacts["2"]["city"] == "Nantes"


async def test_discarding_a_new_contact_puts_it_into_the_trash(path: Path) -> None:
    async with FrontDesk(path) as desk:
        saved = await desk.edits.create(desk.id, {"name": "Ana"})
        gone = await desk.edits.discard(saved.op_ids[0])
        assert [one.title for one in await desk.reader.trash()] == ["Ana"]
        await desk.edits.undo(gone)
        await desk.push()
        assert len(desk.memory.created) == 1


async def test_the_request_is_shown_without_secrets(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        request = await desk.edits.request((await desk.the_op()).id)
        assert (request.method, request.body) == ("PUT", '{"city": "Nantes"}')


async def test_counts_and_many_at_once(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        numbers = [desk.number(str(number)) for number in (1, 2, 3)]
        saved = await desk.edits.save_many([(number, [FieldChange("city", None, "Nantes")]) for number in numbers])
        assert saved.title == "3 contacts"
        counts = await desk.reader.outbox_counts()
        assert (counts.waiting, counts.needs_you) == (3, 0)
        await desk.edits.undo(saved)
        assert (await desk.reader.outbox_counts()).waiting == 0


async def test_a_removed_account_keeps_what_was_typed_where_its_contacts_are_kept(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        await desk.services.remove_account(desk.id, keep_contacts=True)
        op = await desk.the_op()
        assert op.state is OpState.PARKED
        await desk.push(3600)
        assert not desk.memory.writes


async def test_working_offline_sends_nothing(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        desk.services.set_working_offline(True)
        await desk.change("2", city="Nantes")
        await desk.push(3600)
        assert not desk.memory.writes
        desk.services.set_working_offline(False)
        await desk.push()
        assert desk.memory.writes


async def test_who_has_given_no_name_is_asked_before_the_change_is_kept(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        asked: list[int] = []

        async def sign() -> None:
            asked.append(1)
            desk.edits.operator = "Maria"

        desk.edits.signing = sign
        await desk.change("2", city="Nantes")
        await desk.edits.delete([desk.number("3")])
        history = await desk.reader.history(desk.number("2"))
        assert (history[0].operator, asked) == ("Maria", [1])


async def test_who_did_it_waits_to_see_it_but_not_for_a_draft(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        heard: list[Changes] = []
        desk.feed.subscribe(heard.append)
        number = desk.number("2")
        draft = Draft(draft_key(number), desk.id, number, (FieldChange("city", None, "Nice"),))
        await desk.edits.keep_draft(draft)
        assert [change.origin for change in heard] == [None]
        saved = await desk.change("2", city="Nantes")
        await desk.edits.undo(saved)
        await desk.edits.restore((await desk.edits.delete([number])).contact_ids[0])
        assert [change.origin for change in heard[1:]] == [PERSON] * 4
        heard.clear()
        await desk.pull()
        assert heard and all(change.origin is None for change in heard)


async def test_a_field_that_the_accounts_version_lacks_is_told_at_once_and_not_when_it_is_sent(path: Path) -> None:
    async with FrontDesk(path) as desk:
        lacking = replace(desk.vendor, without=lambda account: {"city": f"{account.title} has no such field."})
        desk.services.edits._vendors["memory"] = lacking
        await desk.pull()
        number = desk.number("2")
        wanted = [FieldChange("city", None, "Nantes")]
        for call in (
            desk.edits.save(number, wanted),
            desk.edits.save_many([(number, wanted)]),
            desk.edits.preview(number, wanted),
        ):
            with pytest.raises(RejectedError) as caught:
                await call
            assert [(one.path, one.text) for one in caught.value.problems] == [
                ("city", "Seaside has no such field."),
            ]
        assert (await desk.edits.save(number, [FieldChange("zip", None, "44000")])).op_ids
