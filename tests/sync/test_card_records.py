"""Records of one person: a value copied across is an ordinary edit, and of two contacts of one account one can stay."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.errors import ForbiddenError, NotFoundError, RejectedError
from crmdesk.core.outbox import Did, FieldChange, OpKind
from tests.helpers.card_desk import CardDesk, booking, prio

ANA = booking(
    1, firstname="Ana", lastname="Ruiz", email="ana@x.es", phone="+34 612 345 678", address1="Calle Mayor 5",
    zip="28001", city="Madrid", country_code="ES", spoken_languages=["es"],
)  # fmt: skip
TWIN = ANA | {"id": 2, "lastname": "Ruiz Soler", "website": "https://ana.example", "spoken_languages": ["fr"]}
SAME = prio("u1", name_first="Ana", name_last="Ruiz", email="not an address", language="en", birth_date="1980-01-02")


@pytest.fixture
async def desk(folder: Path) -> AsyncIterator[CardDesk]:
    async with CardDesk(folder / "desk.db") as made:
        yield made


def two(desk: CardDesk) -> tuple[int, int]:
    return desk.put(desk.b, [ANA])[0], desk.put(desk.p, [SAME])[0]


async def test_records_stand_side_by_side_with_what_can_be_copied(desk: CardDesk) -> None:
    """UX-DET-01."""
    ana, same = two(desk)
    found = await desk.cards.compare([ana, same])
    assert [(member.id, member.vendor, member.title) for member in found.members] == [
        (ana, "bookingsync", "Ana Ruiz"),
        (same, "prioticket", "Ana Ruiz"),
    ]
    rows = {row.field: row for row in found.rows}
    assert not rows["first"].differs and rows["lang"].differs and rows["city"].differs
    assert found.why_not(ana, same, "city") is None
    assert found.why_not(same, ana, "city") == "There is nothing to copy."
    assert found.why_not(same, ana, "birth") == "BookingSync has no such field."
    with pytest.raises(NotFoundError):
        await desk.cards.compare([ana, 999])


async def test_a_copied_value_is_a_queued_edit_that_can_be_taken_back(desk: CardDesk) -> None:
    ana, same = two(desk)
    shown = await desk.cards.copy_preview(ana, same, "city")
    assert shown.change == FieldChange("contact_address.city", None, "Madrid") and shown.spec.label == "City"
    saved = await desk.cards.copy(ana, same, "city", seen=shown.change)
    (op,) = await desk.reader.ops()
    assert (op.kind, op.contact_id, op.changes) == (OpKind.UPDATE, same, (shown.change,))
    assert await desk.services.edits.request(op.id) == shown.request, "what was shown is what is sent"
    assert await desk.found("city:madrid") == {ana, same}
    assert [line.did for line in await desk.reader.history(same)] == [Did.EDITED]
    assert await desk.reader.history(ana) == []
    assert await desk.services.edits.undo(saved) == "Taken back. Nothing was sent."
    assert await desk.found("city:madrid") == {ana}


async def test_a_preview_holds_what_waits_already(desk: CardDesk) -> None:
    ana, same = two(desk)
    await desk.services.edits.save(same, [FieldChange("contact_title", None, "Dr")])
    shown = await desk.cards.copy_preview(ana, same, "city")
    await desk.cards.copy(ana, same, "city")
    (op,) = await desk.reader.ops()
    assert await desk.services.edits.request(op.id) == shown.request and "Dr" in shown.request.body


async def test_what_was_shown_is_what_is_copied(desk: CardDesk) -> None:
    ana, same = two(desk)
    shown = await desk.cards.copy_preview(ana, same, "city")
    desk.put(desk.b, [ANA | {"city": "Rome"}])
    with pytest.raises(ForbiddenError, match="changed meanwhile"):
        await desk.cards.copy(ana, same, "city", seen=shown.change)
    assert await desk.reader.ops() == []


async def test_a_value_that_the_vendor_would_refuse_is_not_queued(desk: CardDesk) -> None:
    ana, same = two(desk)
    with pytest.raises(RejectedError):
        await desk.cards.copy_preview(same, ana, "email")
    with pytest.raises(RejectedError):
        await desk.cards.copy(same, ana, "email")
    assert await desk.reader.ops() == []


async def test_records_that_must_not_be_changed_say_why(desk: CardDesk) -> None:
    ana, same = two(desk)
    (ana,) = desk.put(desk.b, [ANA | {"processing_restricted_at": "2026-01-01T00:00:00Z"}])
    assert "restricted" in str(await desk.cards.why_not_copy(same, ana, "lang"))
    desk.put(desk.b, [ANA])
    assert await desk.cards.why_not_copy(same, ana, "lang") is None
    await desk.services.edits.save(ana, [FieldChange("city", "Madrid", "Rome")])
    desk.put(desk.b, [ANA | {"city": "Oslo"}])
    assert "Decide that first" in str(await desk.cards.why_not_copy(same, ana, "lang"))
    await desk.services.remove_account(desk.p, keep_contacts=True)
    assert "removed" in str(await desk.cards.why_not_copy(ana, same, "city"))


# ── one of two ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_contacts_of_one_account_become_one_in_two_steps(desk: CardDesk) -> None:
    """UX-DUP-07."""
    keep, drop = desk.put(desk.b, [ANA, TWIN])
    plan = await desk.cards.merge_plan(keep, drop)
    assert [field.spec.path for field in plan.lost({})] == ["lastname"], "what would be lost is told first"
    assert plan.fields[0].spec.path == "lastname" and plan.why_no_delete is None
    merged = await desk.cards.merge(plan, {"lastname": "Ruiz Soler"}, delete=True)
    edit, gone = await desk.reader.ops()
    assert (edit.kind, edit.contact_id) == (OpKind.UPDATE, keep) and (gone.kind, gone.contact_id) == (
        OpKind.DELETE,
        drop,
    )
    assert {change.path: change.now for change in edit.changes} == {
        "lastname": "Ruiz Soler",
        "website": "https://ana.example",
        "spoken_languages": ["es", "fr"],
    }
    assert edit.id < gone.id and plan.lost({"lastname": "Ruiz Soler"}) == ()
    assert merged.edit and merged.delete
    await desk.services.edits.undo(merged.delete)
    await desk.services.edits.undo(merged.edit)
    assert await desk.found("") == {keep, drop} and await desk.found("soler") == {drop}


async def test_the_other_contact_may_stay(desk: CardDesk) -> None:
    keep, drop = desk.put(desk.b, [ANA, TWIN])
    merged = await desk.cards.merge(await desk.cards.merge_plan(keep, drop), {}, delete=False)
    assert merged.delete is None and [op.contact_id for op in await desk.reader.ops()] == [keep]


async def test_a_merge_over_changed_contacts_is_not_done(desk: CardDesk) -> None:
    keep, drop = desk.put(desk.b, [ANA, TWIN])
    plan = await desk.cards.merge_plan(keep, drop)
    desk.put(desk.b, [ANA, TWIN | {"website": "https://other.example"}])
    with pytest.raises(ForbiddenError, match="changed meanwhile"):
        await desk.cards.merge(plan, {}, delete=True)
    assert await desk.reader.ops() == []


async def test_a_merge_whose_deletion_is_refused_leaves_no_half_of_it(
    desk: CardDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is lost by the deletion is in the other contact by then, and nobody would know why."""
    keep, drop = desk.put(desk.b, [ANA, TWIN])
    plan = await desk.cards.merge_plan(keep, drop)

    async def refused(_ids: Any) -> Any:
        raise ForbiddenError("It is just being made.")

    monkeypatch.setattr(desk.services.edits, "delete", refused)
    with pytest.raises(ForbiddenError, match="just being made"):
        await desk.cards.merge(plan, {"lastname": "Ruiz Soler"}, delete=True)
    assert [op.state for op in await desk.reader.ops() if op.state.open] == []
    assert await desk.found("soler") == {drop}


async def test_only_contacts_of_one_account_can_become_one(desk: CardDesk) -> None:
    ana, same = two(desk)
    with pytest.raises(ForbiddenError, match="one account"):
        await desk.cards.merge_plan(ana, same)
    with pytest.raises(ForbiddenError, match="one account"):
        await desk.cards.merge_plan(ana, ana)


async def test_what_cannot_be_deleted_says_so_and_is_not(desk: CardDesk) -> None:
    first, second = desk.put(desk.p, [SAME, prio("u2", name_first="Ana", name_last="Ruiz", room_number="7")])
    plan = await desk.cards.merge_plan(first, second)
    assert plan.why_no_delete and "delete" in plan.why_no_delete
    with pytest.raises(ForbiddenError):
        await desk.cards.merge(plan, {}, delete=True)
    assert await desk.reader.ops() == []
    await desk.cards.merge(plan, {}, delete=False)
    assert len(await desk.reader.ops()) == 1


async def test_a_chosen_value_is_checked(desk: CardDesk) -> None:
    keep, drop = desk.put(desk.b, [ANA, TWIN])
    plan = await desk.cards.merge_plan(keep, drop)
    with pytest.raises(RejectedError):
        await desk.cards.merge(plan, {"website": "no address"}, delete=True)
    assert await desk.reader.ops() == [], "neither the edit nor the deletion"


async def test_no_identity_document_is_shown_or_copied(desk: CardDesk) -> None:
    first, second = desk.put(desk.p, [SAME | {"contact_passport": "X1234567"}, prio("u2", name_last="Ruiz")])
    found = await desk.cards.compare([first, second])
    assert "X1234567" not in json.dumps([[cell.values for cell in row.cells] for row in found.rows])
    assert found.why_not(first, second, "passport") is not None
