"""Editing under odd conditions: damaged rows, clocks that jump, guests who want to be forgotten or left alone."""

from __future__ import annotations

import asyncio
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.errors import ForbiddenError, InDoubtError, KnownError, ProtocolError, RejectedError
from crmdesk.core.outbox import Did, Draft, FieldChange, OpKind, OpState, draft_key
from crmdesk.core.seams import iso
from crmdesk.core.types import Flag, RemoteContact
from crmdesk.store.database import driver_of
from tests.helpers.front_desk import FrontDesk
from tests.helpers.memory_vendor import MemoryVendor

PAST = "2020-01-01T00:00:00Z"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


def alter(desk: FrontDesk, statement: str, *values: Any) -> None:
    """Something damages the file."""
    desk.database.write_sync(lambda c, t: driver_of(c).execute(statement, values).rowcount)


# ── guests who want to be forgotten


async def test_a_conflict_does_not_keep_a_guest_who_wants_to_be_forgotten(path: Path) -> None:
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.change("2", city="Zwischenwasser")
        memory.edit("2", city="Nice", forget_at=PAST)
        result = await desk.pull()
        assert result.error is None and "2" not in desk.ids() and await desk.ops() == []
        assert "Zwischenwasser" not in desk.dump() and "Nice" not in desk.dump()


async def test_the_trash_forgets_without_a_check(path: Path) -> None:
    """Deleted here and there: no listing will ever name the guest again."""
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        memory.edit("2", name="Lotte Unmistakable", forget_at=iso(desk.clock.now() + timedelta(hours=1)))
        await desk.pull()
        number = desk.number("2")
        await desk.change("2", city="Zwischenwasser")
        await desk.edits.delete([number])
        await desk.push(20)
        assert memory.deletes
        await desk.services.sending.tidy()
        assert await desk.reader.trash()
        desk.clock.forward(3700)
        await desk.services.sending.tidy()
        assert await desk.reader.trash() == [] and await desk.reader.history(number) == []
        assert not [word for word in ("Lotte", "Zwischenwasser") if word in desk.dump()]


async def test_who_is_forgotten_at_the_vendor_leaves_nothing_here(path: Path) -> None:
    """The vendor erased the guest at their wish before a check saw the day come."""
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        memory.edit("2", name="Lotte Unmistakable", forget_at=iso(desk.clock.now() + timedelta(hours=1)))
        await desk.pull()
        await desk.change("2", city="Zwischenwasser")
        await desk.push()
        desk.clock.forward(7200)
        memory.remove("2")
        await desk.pull()
        assert not [word for word in ("Lotte", "Zwischenwasser") if word in desk.dump()]


async def test_the_history_of_a_contact_that_is_gone_goes_after_a_month(path: Path) -> None:
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.change("2", city="Zwischenwasser")
        await desk.change("3", city="Nantes")
        await desk.push()
        await desk.edits.delete([desk.number("2")])
        await desk.push(20)
        desk.clock.forward(29 * 86400)
        await desk.services.sending.tidy()
        assert "Zwischenwasser" in desk.dump(), "it can still be restored"
        desk.clock.forward(2 * 86400)
        await desk.services.sending.tidy()
        assert "Zwischenwasser" not in desk.dump()
        assert await desk.reader.history(desk.number("3")), "a contact that is here keeps its history"


async def test_a_clock_in_a_wrong_year_empties_neither_trash_nor_history(path: Path) -> None:
    """The computer starts in 2038 and is set right an hour later; what had gone by then would not come back."""
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        memory.edit("3", forget_at=iso(desk.clock.now() + timedelta(days=300)))
        await desk.pull()
        await desk.change("2", city="Zwischenwasser")
        await desk.push()
        number = desk.number("2")
        await desk.edits.delete([number])
        await desk.push(20)
        sending = desk.services.sending
        await sending._tidy_hourly()
        for seconds in (12 * 365 * 86400, 3700):
            desk.clock.forward(seconds)
            await sending._tidy_hourly()
        desk.clock.moment -= timedelta(days=12 * 365)
        assert await desk.reader.trash() and await desk.reader.history(number) and "3" in desk.ids()
        desk.clock.forward(3700)
        await sending._tidy_hourly()
        assert await desk.reader.trash() and "3" in desk.ids()
        desk.clock.forward(40 * 86400)
        await sending._tidy_hourly()
        assert await desk.reader.trash(), "after so long a day is waited"
        desk.clock.forward(86400)
        await sending._tidy_hourly()
        assert await desk.reader.trash() == []


async def test_a_forgotten_guests_typing_is_not_kept_again(path: Path) -> None:
    """The editor keeps what is typed every moment; the guest may be erased under it."""
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        number = desk.number("2")
        memory.edit("2", forget_at=PAST)
        await desk.pull()
        with pytest.raises(KnownError):
            await desk.edits.keep_draft(Draft(draft_key(number), desk.id, number, (FieldChange("city", None, "Zwie"),)))
        assert "Zwie" not in desk.dump()


# ── what two thousand stories and more have found


async def test_a_conflict_is_still_one_after_a_deletion_that_was_taken_back(path: Path) -> None:
    """Both sides changed the city; the contact was deleted and brought back: nobody has chosen yet."""
    memory = MemoryVendor(2)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.change("1", city="Nantes")
        memory.edit("1", city="Nice")
        await desk.pull()
        assert (await desk.the_op()).state is OpState.CONFLICT
        await desk.edits.delete([desk.number("1")])
        deletion = next(op for op in await desk.ops() if op.kind is OpKind.DELETE)
        await desk.edits.discard(deletion.id)
        assert (await desk.row(desk.number("1"))).city == "Nantes"
        await desk.push(20)
        assert memory.contacts["1"]["city"] == "Nice"
        op = await desk.the_op()
        assert op.state is OpState.CONFLICT and [(one.mine, one.theirs) for one in op.clashes] == [("Nantes", "Nice")]


# ── guests who want to be left alone


async def test_a_restricted_contact_is_not_corrected_made_again_or_restored(path: Path) -> None:
    memory = MemoryVendor(4)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()

        def refuse(values: Any) -> None:
            raise RejectedError("No.")

        memory.refuse = refuse
        await desk.change("2", city="Nantes")
        await desk.push()
        memory.refuse = lambda values: None
        for number in "234":
            memory.edit(number, restricted_at=PAST)
        await desk.pull()
        refused = await desk.the_op()
        with pytest.raises(ForbiddenError):
            await desk.edits.change_op(refused.id, [FieldChange("city", None, "Nice")])
        assert (await desk.row(desk.number("2"))).city == "Nantes"
        three = desk.number("3")
        await desk.edits.delete([three])
        await desk.push(20)
        assert "3" not in memory.contacts
        with pytest.raises(ForbiddenError):
            await desk.edits.restore(three)
        await desk.push()
        assert not memory.created


async def test_a_restricted_contact_that_is_gone_can_only_be_dropped(path: Path) -> None:
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        await desk.edits.hold((await desk.the_op()).id)
        memory.edit("2", restricted_at=PAST)
        await desk.pull()
        memory.remove("2")
        await desk.pull()
        op = await desk.the_op()
        assert op.state is OpState.GONE
        for choice in ("create", "draft"):
            with pytest.raises(ForbiddenError):
                await desk.edits.resolve_gone(op.id, choice)
        await desk.edits.resolve_gone(op.id, "drop")
        assert "2" not in desk.ids()


async def test_who_asks_to_be_forgotten_some_day_is_not_made_again(path: Path) -> None:
    """The contact that would be made would know nothing of that wish."""
    memory = MemoryVendor(4)
    async with FrontDesk(path, memory) as desk:
        some_day = iso(desk.clock.now() + timedelta(days=30))
        for number in "23":
            memory.edit(number, forget_at=some_day)
        await desk.pull()
        assert desk.edits.why_not(await desk.row(desk.number("2")), "create") is not None
        assert desk.edits.why_not(await desk.row(desk.number("2")), "edit") is None
        await desk.edits.delete([desk.number("2"), three := desk.number("3")])
        await desk.edits.restore(three)
        assert "3" in desk.ids(), "nothing was sent yet: it is as it was"
        await desk.edits.delete([three])
        await desk.push(20)
        with pytest.raises(ForbiddenError):
            await desk.edits.restore(three)
        await desk.push()
        assert not memory.created


# ── clocks


@pytest.mark.parametrize("days", [-1, -365, -20000])
async def test_a_clock_that_was_set_back_neither_stops_nor_spins(path: Path, days: int) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        desk.clock.moment += timedelta(days=days)
        await asyncio.wait_for(desk.push(), 10)
        assert desk.memory.contacts["2"].get("city") == "Nantes"


async def test_a_clock_set_back_after_a_create_does_not_hide_it_from_the_look_up(path: Path) -> None:
    class Dated(MemoryVendor):
        async def find_created(self, values: Any, since: datetime) -> tuple[RemoteContact, ...]:
            found = await super().find_created(values, since)
            return found if since <= desk.clock.now() else ()

    from crmdesk.core.errors import InDoubtError

    memory = Dated(2)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        memory.lost.append(InDoubtError("No answer."))
        await desk.edits.create(desk.id, {"name": "Ana"})
        await desk.push()
        assert (await desk.the_op()).state is OpState.IN_DOUBT
        desk.clock.moment -= timedelta(days=365)
        await desk.edits.look_up((await desk.the_op()).id)
        assert (await desk.the_op()).state is OpState.CONFIRMED


# ── a person's word about a create


class Crowded(MemoryVendor):
    """Somebody else has made a contact with the same values, at a time the vendor tells."""

    twin_at: datetime | None = None

    async def find_created(self, values: Any, since: datetime) -> tuple[RemoteContact, ...]:
        await self._answer("find", 0)
        if self.twin_at is None or since > self.twin_at:
            return ()
        return (self._hand_out({"id": 77, **values}),)


async def test_a_create_goes_when_a_person_says_that_it_is_another_one(path: Path) -> None:
    memory = Crowded(2)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.edits.create(desk.id, {"name": "Ana"})
        desk.clock.forward(3600)
        memory.twin_at = desk.clock.now()
        desk.clock.forward(3600)
        await desk.services.sending.send_due()
        op = await desk.the_op()
        assert op.state is OpState.IN_DOUBT and not memory.created
        await desk.edits.mark_not_sent(op.id)
        await desk.push()
        assert memory.created and (await desk.the_op()).state is OpState.CONFIRMED


async def test_a_create_that_waited_too_long_to_be_looked_for_goes_at_a_persons_word(path: Path) -> None:
    class Busy(MemoryVendor):
        async def find_created(self, values: Any, since: datetime) -> tuple[RemoteContact, ...]:
            if desk.clock.now() - since > timedelta(days=7):
                raise ProtocolError("Too many contacts have changed to find this one among them.")
            return await super().find_created(values, since)

    memory = Busy(2)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.edits.create(desk.id, {"name": "Ana"})
        desk.clock.forward(14 * 86400)
        for _ in range(12):
            await desk.push(1900)
        op = await desk.the_op()
        assert op.state is OpState.PARKED and not memory.created
        await desk.edits.try_now(op.id)
        await desk.push()
        assert memory.created == ["3"] and (await desk.the_op()).state is OpState.CONFIRMED


# ── a damaged row


DAMAGES = {
    "changes": "{not json",
    "reason": "[1",
    "state": "melted",
    "kind": "poke",
    "orders": "x",
    "clashes": '[["city"]]',
    "conflict": "odd",
    "next_at": "2026-01-01T00:00:00",
    "created_at": "yesterday",
}


@pytest.mark.parametrize("column", DAMAGES)
async def test_one_damaged_row_stops_nothing_else(path: Path, column: str) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        await desk.change("3", city="Nice")
        bad = (await desk.reader.detail(desk.number("2"))).ops[0].id  # type: ignore[union-attr]
        alter(desk, f"UPDATE op SET {column}=? WHERE id=?", DAMAGES[column], bad)
    async with FrontDesk(path, desk.memory, clock=desk.clock) as desk:
        assert len(await desk.ops()) == 2
        await desk.reader.outbox_counts()
        assert await desk.reader.detail(desk.number("2")) is not None
        await asyncio.wait_for(desk.push(), 10)
        assert desk.memory.contacts["3"].get("city") == "Nice"
        desk.memory.edit("2", notes="late")
        assert (await desk.pull()).error is None
        assert desk.base("2")["notes"] == "late"
        op = next(one for one in await desk.ops() if one.id == bad)
        if op.state.open:
            assert op.state.needs_you, "a person is told"
            await desk.edits.discard(bad)
        await desk.change("2", city="Rennes")
        await desk.push()
        assert desk.memory.contacts["2"]["city"] == "Rennes"


@pytest.mark.parametrize("column", ["changes", "kind", "state"])
async def test_what_cannot_be_read_is_not_sent_as_something_else(path: Path, column: str) -> None:
    memory = MemoryVendor(2)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.edits.create(desk.id, {"name": "Ana"})
        op = await desk.the_op()
        alter(desk, f"UPDATE op SET {column}=? WHERE id=?", DAMAGES[column], op.id)
        await desk.push()
        (damaged,) = await desk.ops()
        assert damaged.state is OpState.PARKED
        with pytest.raises(ForbiddenError):
            await desk.edits.try_now(op.id)
        await desk.push(3600)
        assert not memory.created and not memory.writes


@pytest.mark.expect_log
async def test_sending_goes_on_after_our_own_mistake(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        sending, calls = desk.services.sending, []

        async def broken() -> None:
            calls.append(1)
            raise ValueError("our mistake")

        monkeypatch.setattr(sending, "tidy", broken)
        desk.edits.set_grace(0, 0)
        sending.start()
        await asyncio.sleep(0.05)
        await desk.change("2", city="Nantes")
        for _ in range(100):
            await asyncio.sleep(0.02)
            if desk.memory.writes:
                break
        assert calls and desk.memory.contacts["2"].get("city") == "Nantes"


@pytest.mark.expect_log
async def test_an_account_whose_lane_breaks_waits_before_it_tries_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        calls = []

        async def broken(account: Any) -> Any:
            calls.append(1)
            raise ValueError("our mistake")

        monkeypatch.setattr(desk.services.sending, "push_of", broken)
        await asyncio.wait_for(desk.push(), 5)
        assert len(calls) == 1


@pytest.mark.expect_log
async def test_a_new_contact_that_had_left_before_our_own_mistake_is_not_made_twice(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.edits.create(desk.id, {"name": "Ana Ruiz"})
        desk.memory.lost.append(ValueError("our mistake"))
        await desk.push()
        assert await desk.states() == [OpState.IN_DOUBT]
        await desk.push(3600)
        assert await desk.states() == [OpState.CONFIRMED] and len(desk.memory.created) == 1, "it was looked up"


# ── a reading and a write that meet


def reads_before(memory: MemoryVendor, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """The first reading of one contact is answered, and arrives only after the next write. Set once it is answered."""
    get, answered, times = memory.get, threading.Event(), []

    async def slow(remote_id: str) -> RemoteContact:
        found = await get(remote_id)
        times.append(remote_id)
        if len(times) == 1:
            answered.set()
            while not memory.writes:
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.1)  # until that is stored
        return found

    monkeypatch.setattr(memory, "get", slow)
    return answered


@pytest.mark.parametrize("how", ["a person", "a check"])
async def test_a_reading_that_a_write_has_overtaken_is_not_stored_over_its_answer(
    how: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        answered, pages = reads_before(memory, monkeypatch), memory.pages

        async def without_her(cursor: Any) -> Any:
            async for page in pages(cursor):
                kept = tuple(one for one in page.contacts if one.remote_id != "2")
                yield replace(page, contacts=kept, total=2)

        monkeypatch.setattr(memory, "pages", without_her)  # so that the check asks for her
        reading = asyncio.ensure_future(
            desk.services.refresh_contact(desk.number("2")) if how == "a person" else desk.pull(full=True)
        )
        async with asyncio.timeout(10):
            while not answered.is_set():
                await asyncio.sleep(0.01)
            await desk.push()
            await reading
        assert await desk.states() == [OpState.CONFIRMED]
        assert desk.base("2")["city"] == "Nantes"
        told = [line.did for line in await desk.reader.history(desk.number("2"))]
        assert Did.CHANGED_THERE not in told, "nobody has put it back there"


# ── odd letters


async def test_half_a_letter_of_the_vendor_stops_no_edit(path: Path) -> None:
    memory = MemoryVendor(3)
    memory.edit("2", notes="a\ud83d b")
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        number = desk.number("2")
        await desk.change("2", notes="fine")
        assert desk.shown("2")["notes"] == "fine"
        memory.edit("2", city="x", notes="c\ud83d d")
        assert (await desk.pull()).error is None
        op = await desk.the_op()
        assert op.state is OpState.CONFLICT and op.clashes[0].theirs == "c\ud83d d"
        await desk.edits.resolve(op.id, {"notes": "fine"})
        await desk.push()
        assert memory.contacts["2"]["notes"] == "fine"
        assert await desk.reader.history(number)


async def test_restoring_changes_no_letter(path: Path) -> None:
    memory = MemoryVendor(3)
    memory.edit("2", notes="a\ud83d b")
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        number = desk.number("2")
        await desk.edits.delete([number])
        await desk.edits.restore(number)
        await desk.push()
        assert not memory.writes and memory.contacts["2"]["notes"] == "a\ud83d b"


# ── accounts that change


async def test_what_waits_does_not_go_to_another_server_by_itself(path: Path) -> None:
    """The contact with the same number there may be somebody else."""
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        await desk.services.update_account(desk.id, base_url="https://other.example", credentials={"token": "new"})
        await desk.push(3600)
        assert not memory.writes
        op = await desk.the_op()
        assert op.state is OpState.PARKED and op.reason is not None
        assert (await desk.row(desk.number("2"))).flags & Flag.NEEDS_YOU
        await desk.edits.try_now(op.id)
        await desk.push()
        assert memory.contacts["2"]["city"] == "Nantes"


async def test_a_removed_accounts_rows_say_that_a_person_is_needed(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        await desk.services.remove_account(desk.id, keep_contacts=True)
        flags = (await desk.row(desk.number("2"))).flags
        assert flags & Flag.NEEDS_YOU and not flags & Flag.WAITING
        with pytest.raises(ForbiddenError):
            await desk.edits.try_now((await desk.the_op()).id)
        assert (await desk.the_op()).state is OpState.PARKED


# ── no edit is lost under another one


async def test_correcting_a_refused_change_keeps_what_was_saved_meanwhile(path: Path) -> None:
    memory = MemoryVendor(3)

    def refuse(values: Any) -> None:
        if values.get("city") == "Nantes":
            raise RejectedError("No.")

    memory.refuse = refuse
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        await desk.push()
        op = await desk.the_op()
        assert op.state is OpState.REJECTED
        await desk.change("2", email="ana@example.org")
        await desk.edits.change_op(op.id, [FieldChange("city", None, "Nice")], seen=op.changes)
        await desk.push()
        assert memory.contacts["2"]["city"] == "Nice" and memory.contacts["2"]["email"] == "ana@example.org"


async def test_a_choice_made_over_older_values_is_not_taken(path: Path) -> None:
    memory = MemoryVendor(3)
    memory.edit("2", city="Nevers")
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        memory.edit("2", city="Nice")
        await desk.pull()
        seen = (await desk.the_op()).clashes
        memory.edit("2", city="Nancy")
        await desk.pull()
        op = await desk.the_op()
        with pytest.raises(ForbiddenError):
            await desk.edits.resolve(op.id, {"city": "Nice"}, seen=seen)
        await desk.push()
        assert memory.contacts["2"]["city"] == "Nancy"
        await desk.edits.resolve(op.id, {"city": "Nantes"}, seen=op.clashes)
        await desk.push()
        assert memory.contacts["2"]["city"] == "Nantes"


async def test_a_notice_about_others_values_is_not_swallowed_by_the_next_edit(path: Path) -> None:
    from crmdesk.core.vendor import Written

    class Unread(MemoryVendor):
        async def update(self, base: Any, changes: Any, orders: Any = ()) -> Written:
            written = await super().update(base, changes, orders)
            return Written(written.contact, missed=1)

    async with FrontDesk(path, Unread(3)) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        await desk.push()
        notice = next(op for op in await desk.ops() if op.state is OpState.PARKED)
        await desk.change("2", email="ana@example.org")
        assert (await desk.reader.op(notice.id)).state is OpState.PARKED  # type: ignore[union-attr]


async def test_a_contact_that_is_back_at_its_vendor_takes_the_edit(path: Path) -> None:
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        gone = memory.contacts["2"]
        memory.remove("2")
        await desk.pull()
        assert (await desk.the_op()).state is OpState.GONE
        memory.contacts["2"] = gone
        memory.deleted.clear()
        memory.edit("2", notes="back again")
        await desk.pull()
        await desk.push()
        assert (await desk.the_op()).state is OpState.CONFIRMED and memory.contacts["2"]["city"] == "Nantes"


# ── the end of the program, and much at once


async def test_the_program_ends_soon_while_a_vendor_does_not_answer(path: Path) -> None:
    class Deaf(MemoryVendor):
        async def update(self, base: Any, changes: Any, orders: Any = ()) -> Any:
            await asyncio.sleep(3600)

    memory = Deaf(3)
    desk = FrontDesk(path, memory)
    async with desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        desk.clock.forward(6)
        sent = asyncio.ensure_future(desk.services.sending.send_due())
        for _ in range(100):
            await asyncio.sleep(0.02)
            if (await desk.the_op()).state is OpState.SENDING:
                break
        started = time.perf_counter()
        sent.cancel()
    assert time.perf_counter() - started < 5
    async with FrontDesk(path, MemoryVendor(3), clock=desk.clock) as again:
        await again.push()
        assert (await again.the_op()).state is OpState.CONFIRMED


async def test_the_same_contact_twice_in_one_deletion(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        number = desk.number("2")
        saved = await desk.edits.delete([number, number])
        assert saved.contact_ids == (number,) and len(await desk.reader.trash()) == 1


async def test_a_deletion_that_waits_for_a_month_is_sent_all_the_same(path: Path) -> None:
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        desk.services.set_working_offline(True)
        await desk.edits.delete([desk.number("2")])
        desk.clock.forward(40 * 86400)
        await desk.services.sending.tidy()
        assert await desk.reader.trash(), "it can still be taken back"
        desk.services.set_working_offline(False)
        await asyncio.wait_for(desk.push(), 10)
        assert "2" not in memory.contacts and (await desk.the_op()).state is OpState.CONFIRMED
        await desk.services.sending.tidy()
        assert await desk.reader.trash() == []


async def test_typing_that_was_not_saved_is_never_sent(path: Path) -> None:
    """A deletion without an answer was taken back; then somebody types, and the contact turns out to be gone."""
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        number = desk.number("2")
        memory.lost.append(InDoubtError("No answer."))
        await desk.edits.delete([number])
        await desk.push(20)
        await desk.edits.restore(number)
        for op in await desk.ops():  # the look that follows is over, or was discarded
            if op.state.open:
                alter(desk, "UPDATE op SET state='dropped', closed_at=? WHERE id=?", iso(desk.clock.now()), op.id)
        await desk.edits.keep_draft(Draft(draft_key(number), desk.id, number, (FieldChange("notes", None, "Zwiebel"),)))
        await desk.pull()
        await desk.push(3600)
        assert not any("Zwiebel" in str(raw) for raw in memory.contacts.values())


async def test_a_damaged_draft_or_line_stops_no_page(path: Path) -> None:
    async with FrontDesk(path) as desk:
        await desk.pull()
        number = desk.number("2")
        await desk.change("2", city="Nantes")
        await desk.edits.keep_draft(Draft(draft_key(number), desk.id, number, (FieldChange("city", None, "N"),)))
        for table, column in (("draft", "changes"), ("draft", "orders"), ("history", "changes"), ("history", "did")):
            alter(desk, f"UPDATE {table} SET {column}='{{'")
        assert (await desk.detail(number)).draft is not None
        assert await desk.reader.drafts() and await desk.reader.history(number)


async def test_a_damaged_body_does_not_take_others_along(path: Path) -> None:
    memory = MemoryVendor(3)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        number = desk.number("2")
        await desk.change("2", city="Nantes")
        await desk.change("3", city="Nice")
        memory.edit("1", forget_at=iso(desk.clock.now() + timedelta(hours=1)))
        await desk.pull()
        alter(desk, "UPDATE contact_raw SET body=? WHERE contact_id=?", b"x\x00\xff", number)
        alter(desk, "UPDATE contact SET flags = flags | ? WHERE id=?", int(Flag.FORGET), number)
        assert await desk.reader.detail(number) is not None
        desk.clock.forward(7200)
        await desk.services.sending.tidy()
        assert "1" not in desk.ids()
        await desk.push()
        assert memory.contacts["2"]["city"] == "Nantes" and memory.contacts["2"]["name"] == "Guest 2"
        assert memory.contacts["3"]["city"] == "Nice"


@pytest.mark.slow
async def test_two_thousand_at_once_do_not_hold_up_the_writer_for_long(path: Path) -> None:
    memory = MemoryVendor(2000, per_page=500)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        ids = desk.ids()
        wanted = [(ids[name], [FieldChange("city", None, "Nantes")]) for name in ids]
        started = time.perf_counter()
        await desk.edits.save_many(wanted)
        saved = time.perf_counter()
        await desk.edits.delete(list(ids.values()))
        deleted = time.perf_counter()
        print(f"{saved - started:.2f} s to save, {deleted - saved:.2f} s to delete")
        assert saved - started < 10 and deleted - saved < 10
