"""Typing is never lost: drafts, the vendor's changes meanwhile, refused changes, deleting."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QDialog, QLabel

from crmdesk.core.changes import Changes
from crmdesk.core.errors import Problem, StorageError
from crmdesk.core.outbox import Clash, ConflictKind, Draft, FieldChange, Op, OpKind, OpState, Reason
from crmdesk.core.types import Flag
from crmdesk.ui.contacts.detail_rows import Struck
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.editor.keeper import KEEP_MS
from tests.ui import fakes
from tests.ui.contacts.conftest import BODY, settle
from tests.ui.editor.conftest import TypingEdits, Typist

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform on every popup
NANTES = FieldChange("city", "Nevers", "Nantes")
FULL = StorageError("There is no room to save on this computer.", "Free some space; your typing is still on screen.")


def kept(page: ContactsPage) -> dict[str, tuple[FieldChange, ...]]:
    return {key: draft.changes for key, draft in page.reader.kept.items()}


# -- drafts ------------------------------------------------------------------------------------------------------------


async def test_a_draft_is_kept_when_a_field_is_left(typist: Typist, page: ContactsPage) -> None:
    await typist.edit()
    typist.fill("city", "Nantes")
    assert kept(page) == {}
    await typist.leave("city")
    await settle(lambda: kept(page) == {"contact:1": (NANTES,)})


async def test_a_draft_is_kept_every_two_seconds_and_dropped_with_its_last_change(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    assert KEEP_MS == 2000
    editor = await typist.edit()
    assert editor.keeper._timer.isActive()
    assert editor.keeper._timer.interval() == 2000
    typist.fill("city", "Nantes")
    editor.keeper._timer.timeout.emit()
    await settle(lambda: kept(page) == {"contact:1": (NANTES,)})
    before = len(edits.of("keep_draft"))
    editor.keeper._timer.timeout.emit()
    await settle()
    assert len(edits.of("keep_draft")) == before, "nothing new was typed"
    typist.fill("city", "Nevers")
    editor.keeper._timer.timeout.emit()
    await settle(lambda: kept(page) == {})


async def test_another_contact_is_shown_at_once_and_the_draft_kept(typist: Typist, page: ContactsPage) -> None:
    await typist.edit()
    typist.fill("city", "Nantes")
    await typist.choose(3)
    assert page.detail.editor is None
    assert not [one for one in page.findChildren(QDialog) if one.isVisible()], "nobody is asked"
    await settle(lambda: kept(page) == {"contact:1": (NANTES,)})


async def test_the_list_losing_the_contact_does_not_close_the_editor(typist: Typist, page: ContactsPage) -> None:
    editor = await typist.edit()
    typist.fill("city", "Nantes")
    page.search("Person 001")  # the contact is not in the list any more
    await settle(lambda: page.model.rowCount() == 1)
    page.detail.show_contact(0)
    assert page.detail.editor is editor


async def test_esc_closes_the_editor_and_keeps_the_draft(typist: Typist, page: ContactsPage) -> None:
    await typist.edit()
    typist.fill("city", "Nantes")
    typist.key("editor.field.city", Qt.Key.Key_Escape)
    assert page.detail.editor is None
    await settle(lambda: kept(page) == {"contact:1": (NANTES,)})


async def test_what_writes_for_a_person_counts_as_typed(typist: Typist, page: ContactsPage) -> None:
    """Dictation and screen readers set a field's text; Qt has no `textEdited` for that, and *Save* once lost it."""
    await typist.edit()
    line = typist.find("editor.field.city")
    access = QAccessible.queryAccessibleInterface(line)
    access.setText(QAccessible.Text.Value, "Nantes")
    assert line.text() == "Nantes"
    await settle(lambda: kept(page) == {"contact:1": (NANTES,)})


async def test_a_draft_is_offered_with_its_time_and_continued(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    page.reader.kept["contact:1"] = Draft("contact:1", 1, 1, (NANTES,), "2026-11-22T09:40:00Z")
    await typist.choose(0)
    await settle(lambda: typist.there("detail.banner.draft"))
    text = typist.find("detail.banner.draft").text()
    assert text.startswith("Draft from ")
    assert text.endswith(": City")
    typist.click("detail.draft.continue")
    await settle(lambda: page.detail.editor is not None)
    assert typist.find("editor.field.city").text() == "Nantes"
    assert typist.field("city").said("was") == "was: \u2068Nevers\u2069"
    assert typist.editor.head.text_of("draft").startswith("Draft from ")
    typist.click("editor.discard")
    await settle(lambda: page.detail.editor is None)
    await settle(lambda: kept(page) == {})
    assert edits.of("save") == []


async def test_a_draft_is_discarded_from_its_banner(typist: Typist, page: ContactsPage) -> None:
    page.reader.kept["contact:1"] = Draft("contact:1", 1, 1, (NANTES,), "2026-11-22T09:40:00Z")
    await typist.choose(0)
    await settle(lambda: typist.there("detail.draft.discard"))
    typist.click("detail.draft.discard")
    await settle(lambda: kept(page) == {})


async def test_edit_goes_on_with_what_was_typed_a_moment_ago(typist: Typist, page: ContactsPage) -> None:
    await typist.edit()
    typist.fill("city", "Nantes")
    page.verbs.leave_editor()
    assert kept(page) == {}, "its write has not begun"
    assert page.commands.run("contact.edit")
    await settle(lambda: page.detail.editor is not None)
    assert typist.find("editor.field.city").text() == "Nantes"


async def test_typing_that_cannot_be_kept_comes_back_on_screen(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    await typist.edit()
    typist.fill("city", "Nantes")
    edits.broken["keep_draft"] = FULL
    typist.key("editor.field.city", Qt.Key.Key_Escape)
    await settle(lambda: page.detail.editor is not None)
    assert typist.find("editor.field.city").text() == "Nantes"
    assert "no room" in typist.editor.head.text_of("trouble")
    edits.broken.clear()
    typist.click("editor.banner.trouble.act")
    await settle(lambda: kept(page) == {"contact:1": (NANTES,)})


async def test_a_window_that_closes_waits_for_the_draft(typist: Typist, page: ContactsPage) -> None:
    await typist.edit()
    typist.fill("city", "Nantes")
    await page.keep_typing()
    assert kept(page) == {"contact:1": (NANTES,)}
    assert page.detail.editor is None


# -- the vendor's changes meanwhile ------------------------------------------------------------------------------------


async def test_what_changed_at_the_vendor_is_told_and_never_overwrites_typing(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    editor = await typist.edit()
    typist.fill("city", "Nantes")
    page.reader.body = json.dumps(BODY | {"city": "Lyon", "private_notes": "New notes"})
    page.on_changes(Changes(contacts=frozenset({1})))
    await settle(lambda: bool(editor.head.text_of("changed")))
    assert editor.head.text_of("changed") == "Changed at BookingSync: City, Private notes"
    assert page.window().focusWidget().objectName() == "editor.field.city", "the focus stays"
    assert typist.find("editor.field.city").text() == "Nantes"
    assert typist.field("city").said("was") == "was: \u2068Nevers\u2069 · there now: \u2068Lyon\u2069"
    assert typist.find("editor.field.private_notes").toPlainText() == "New notes"
    assert not editor.session.changed("private_notes")
    await typist.save()
    await settle(lambda: page.detail.editor is None)
    assert edits.of("save")[0][1] == (NANTES,), "its `was` is what was seen"


async def test_a_contact_that_vanishes_leaves_the_typing_on_screen(typist: Typist, page: ContactsPage) -> None:
    editor = await typist.edit()
    typist.fill("city", "Nantes")
    del page.reader.contacts[1]
    page.on_changes(Changes(contacts=frozenset({1})))
    await settle(lambda: "no longer here" in editor.head.text_of("gone"))
    assert page.detail.editor is editor
    assert typist.find("editor.field.city").text() == "Nantes"


async def test_a_guest_who_is_forgotten_takes_the_typing_along(typist: Typist, page: ContactsPage) -> None:
    told: list[str] = []
    page.copied.connect(told.append)
    await typist.edit()
    typist.fill("city", "Nantes")
    del page.reader.contacts[1]
    page.on_changes(Changes(contacts=frozenset({1}), forgotten=1))
    await settle(lambda: page.detail.editor is None)
    await settle()
    assert kept(page) == {}
    assert any("forgotten" in text for text in told)
    assert not any("Person" in text or "Nantes" in text for text in told)


# -- refused -----------------------------------------------------------------------------------------------------------


def refused(**more: Any) -> Op:
    reason = Reason("BookingSync refused it.", "", problems=(Problem("zip", "taken", "Not a postal code of France."),))
    changes = (FieldChange("zip", "44147", "X"), FieldChange("city", "Nevers", "Nantes"))
    return replace(Op(4, "op4", 1, 1, OpKind.UPDATE, changes, OpState.REJECTED, "Person 000", reason=reason), **more)


async def test_a_refused_change_is_put_right_with_the_vendors_reasons(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    page.reader.op_list.append(refused())
    await typist.choose(0)
    await settle(lambda: typist.there("detail.banner.needs_you"))
    typist.click("detail.banner.needs_you.act")
    await settle(lambda: page.detail.editor is not None)
    await settle()
    assert typist.find("editor.field.zip").text() == "X"
    assert typist.field("zip").said("trouble") == "Not a postal code of France."
    assert page.window().focusWidget().objectName() == "editor.field.zip"
    assert typist.editor.draft() is None, "it is in the outbox already"
    typist.fill("zip", "44000")
    assert typist.field("zip").said("trouble") == ""
    undoable: list[Any] = []
    page.saved.connect(undoable.append)
    await typist.save()
    await settle(lambda: page.detail.editor is None)
    assert [one.what for one in undoable] == ["correct"]
    assert edits.of("change_op") == [(4, (FieldChange("zip", "44147", "44000"), NANTES))]
    assert edits.of("save") == []


async def test_taking_every_refused_value_back_discards_the_change(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    op = refused()
    page.reader.op_list.append(op)
    await typist.choose(0)
    page.edit_op(op)
    await settle(lambda: page.detail.editor is not None)
    typist.fill("zip", "44147")
    typist.fill("city", "Nevers")
    await typist.save()
    await settle(lambda: edits.of("discard") == [(4,)])


async def test_a_draft_lies_over_the_refused_change(typist: Typist, page: ContactsPage) -> None:
    page.reader.op_list.append(refused())
    page.reader.kept["contact:1"] = Draft("contact:1", 1, 1, (FieldChange("zip", "X", "44000"),), "")
    editor = await typist.edit()
    assert editor.session.changes == (FieldChange("zip", "44147", "44000"), NANTES)


# -- in the detail pane ------------------------------------------------------------------------------------------------


async def test_a_waiting_change_shows_old_and_new(typist: Typist, page: ContactsPage) -> None:
    phones = [{"label": "mobile", "number": "+33 6 12 31 23 12"}]
    changes = (NANTES, FieldChange("firstname", "Cornelia", "Conny"), FieldChange("phones", BODY["phones"], phones))
    page.reader.op_list.append(Op(4, "op4", 1, 1, OpKind.UPDATE, changes))
    await typist.choose(0)
    entries = {entry.path: entry for group in page.detail._groups for entry in group.entries}
    assert (entries["city"].text, entries["city"].old, entries["city"].mark) == (
        "Nantes", "Nevers", "Waiting to be sent",
    )  # fmt: skip
    assert entries["fullname"].text == "Conny Nienow", "the vendor will derive it so"
    assert entries["fullname"].old == "Cornelia Nienow"
    assert (entries["phones.1"].text, entries["phones.1"].old) == ("", "+33 1 55 50 10 10   (Fax)")
    assert entries["email"].mark == ""
    shown = typist.find("detail.field.city").findChildren(QLabel)
    assert [label.whole() for label in shown if isinstance(label, Struck)] == ["Nevers"]
    assert "Waiting to be sent" in [label.text() for label in shown]


async def test_of_a_conflict_only_what_both_sides_changed_is_marked_so(typist: Typist, page: ContactsPage) -> None:
    changes = (NANTES, FieldChange("firstname", "Cornelia", "Conny"))
    clashes = (Clash("city", "Nevers", "Nantes", "Nice"),)
    state = {"state": OpState.CONFLICT, "conflict": ConflictKind.FIELDS, "clashes": clashes}
    page.reader.op_list.append(Op(4, "op4", 1, 1, OpKind.UPDATE, changes, **state))
    await typist.choose(0)
    marks = {entry.path: entry.mark for group in page.detail._groups for entry in group.entries if entry.mark}
    assert marks == {"city": "Conflict", "firstname": "Waiting to be sent", "fullname": "Waiting to be sent"}


async def test_the_editor_of_a_contact_in_conflict_says_so(typist: Typist, page: ContactsPage) -> None:
    clashes = (Clash("city", "Nevers", "Nantes", "Nice"),)
    state = {"state": OpState.CONFLICT, "conflict": ConflictKind.FIELDS, "clashes": clashes}
    page.reader.op_list.append(Op(4, "op4", 1, 1, OpKind.UPDATE, (NANTES,), **state))
    editor = await typist.edit(0)
    assert editor.head.text_of("conflict") == "Changed here and at BookingSync: City."
    asked: list[Any] = []
    page.decideAsked.connect(asked.append)
    typist.click("editor.banner.conflict.act")
    assert [op.id for op in asked] == [4]


async def test_banners_stand_in_the_order_of_their_weight(typist: Typist, page: ContactsPage) -> None:
    page.reader.contacts[1] = fakes.contact(0, flags=int(Flag.RESTRICTED | Flag.FORGET))
    states = (OpState.IN_DOUBT, OpState.REJECTED, OpState.CONFLICT)
    page.reader.op_list += [refused(id=n, state=state) for n, state in enumerate(states)]
    page.reader.kept["contact:1"] = Draft("contact:1", 1, 1, (NANTES,), "2026-11-22T09:40:00Z")
    await typist.choose(0)
    await settle(lambda: typist.there("detail.banner.draft"))
    names = ("conflict", "needs_you", "unknown", "restrict", "forget", "draft")
    tops = [typist.find(f"detail.banner.{name}").y() for name in names]
    assert tops == sorted(tops)
    asked: list[Any] = []
    page.decideAsked.connect(asked.append)
    typist.click("detail.banner.conflict.act")
    assert [op.state for op in asked] == [OpState.CONFLICT]


async def test_a_restricted_contact_cannot_be_edited_and_says_why(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    edits.refused[1] = "Processing of this contact is restricted."
    await typist.choose(0)
    page.commands.refresh()
    assert page.commands.why_not("contact.edit") == "Processing of this contact is restricted."
    assert not page.commands.run("contact.edit")
    assert not typist.find("detail.edit").isEnabled()


# -- deleting ----------------------------------------------------------------------------------------------------------


async def test_one_contact_is_deleted_without_a_question(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    told: list[Any] = []
    page.saved.connect(told.append)
    await typist.choose(0)
    assert page.commands.run("contact.delete")
    await settle(lambda: edits.of("delete") == [((1,),)])
    assert [saved.what for saved in told] == ["delete"]


async def test_several_are_deleted_after_a_question_that_counts_them(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    await typist.choose(0)
    page.table.selectAll()
    assert page.commands.run("contact.delete")
    await settle(lambda: page.findChild(QDialog, "contact.delete.sure") is not None)
    dialog = page.findChild(QDialog, "contact.delete.sure")
    words = " ".join(label.text() for label in dialog.findChildren(QLabel))
    assert "Delete 300 contacts?" in words
    assert "150 at BookingSync, 150 at PrioTicket" in words
    assert edits.of("delete") == []
    dialog.done(1)
    await settle(lambda: len(edits.of("delete")) == 1)
    assert len(edits.of("delete")[0][0]) == 300


async def test_what_is_open_beside_the_list_is_edited_and_deleted_and_not_what_is_selected_in_it(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    await typist.choose(0)
    page.search("Person 000")
    await settle(lambda: page.model.rowCount() == 1)
    page.open_contact(5)  # not in the list
    await settle(lambda: page.detail.detail is not None and page.detail.detail.row.id == 5)
    assert page.table.current_id() == 1
    assert page.commands.run("contact.edit")
    await settle(lambda: page.detail.editor is not None)
    assert typist.editor.subject.contact_id == 5
    assert page.commands.run("contact.delete")
    await settle(lambda: edits.of("delete") == [((5,),)])
