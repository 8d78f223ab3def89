"""The editor: what it offers, what it marks, what it lets through, what Save does."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QWidget

from crmdesk.core.errors import Problem, RejectedError, StorageError
from crmdesk.core.outbox import FieldChange, Op, OpState
from crmdesk.ui.contacts.detail_values import DOTS
from crmdesk.ui.contacts.page import ContactsPage
from tests.ui.contacts.conftest import BODY, settle
from tests.ui.editor.conftest import Similar, TypingEdits, Typist
from tests.ui.fakes import FakeServices
from tests.ui.outbox_fakes import op

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # the offscreen platform on every popup
CONTROL, ALT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
FULL = StorageError("There is no room to save on this computer.", "Free some space; your typing is still on screen.")


# -- what is offered ---------------------------------------------------------------------------------------------------


async def test_only_what_can_be_written_is_offered_under_the_vendors_name(typist: Typist) -> None:
    editor = await typist.edit()
    assert editor.head.title.text() == "Edit \u2068Person 000\u2069 at BookingSync"
    assert editor.save_button.text() == "Save to BookingSync"
    assert {"firstname", "phones", "private_notes"} < editor.form.boxes.keys()
    assert not {"fullname", "id", "updated_at"} & editor.form.boxes.keys()
    assert typist.find("editor.field.city").text() == "Nevers"
    assert typist.find("editor.phones.1.label").currentText() == "fax"
    assert typist.find("editor.field.country_code").text() == "France (FR)"


async def test_what_the_accounts_version_lacks_is_not_offered_but_seen_where_it_was_typed(
    typist: Typist, services: FakeServices, page: ContactsPage
) -> None:
    lacking = replace(services.vendors["bookingsync"], without=lambda account: {"city": "No such field."})
    services.vendors = page.services.vendors = services.vendors | {"bookingsync": lacking}
    editor = await typist.edit()
    assert "city" not in editor.form.boxes and "zip" in editor.form.boxes
    laid = replace(editor.subject, laid=(FieldChange("city", "Nevers", "Nantes"),))
    assert "city" in {spec.path for spec in laid.fields}


async def test_everything_in_the_editor_has_a_name(typist: Typist) -> None:
    editor = await typist.edit()
    usable = (QAbstractButton, QLineEdit, QPlainTextEdit, QComboBox)
    found = [one for one in editor.findChildren(QWidget) if isinstance(one, usable) and one.isVisible()]
    assert len(found) > 20
    for widget in found:
        if widget.objectName().startswith("qt_"):
            continue
        assert widget.objectName(), type(widget)
        assert widget.accessibleName() or getattr(widget, "text", str)(), widget.objectName()


async def test_a_narrow_pane_has_one_column_and_a_wide_one_two(typist: Typist, page: ContactsPage) -> None:
    editor = await typist.edit()
    page.window().resize(1600, 800)
    page.splitter.setSizes([1200, 300])
    await settle(lambda: editor.width() < 420)
    first, last = editor.form.boxes["firstname"], editor.form.boxes["lastname"]
    assert last.y() > first.y()
    assert editor.form.minimumSizeHint().width() <= 300
    page.splitter.setSizes([400, 1000])
    await settle(lambda: last.y() == first.y() and last.x() > first.x())


async def test_tab_goes_through_the_editor_as_it_is_read(typist: Typist, page: ContactsPage) -> None:
    editor = await typist.edit()
    typist.click("editor.phones.add")  # made after everything else
    typist.type("editor.phones.2.number", "+49 30 123456")
    typist.key("editor.phones.2.number", Qt.Key.Key_Up, ALT)
    typist.fill("spoken_languages", "german")
    typist.key("editor.field.spoken_languages", Qt.Key.Key_Return)
    await settle()
    editor.focus_first()
    way = []
    for _ in range(100):
        name = page.window().focusWidget().objectName()
        if name in way:
            break
        way.append(name)
        QTest.keyClick(page.window().focusWidget(), Qt.Key.Key_Tab)
    start, end = way.index("editor.field.email") + 1, way.index("editor.field.website")
    assert way[start:end] == [
        *("editor.phones.0.label", "editor.phones.0.number", "editor.phones.0.remove"),
        *("editor.phones.1.label", "editor.phones.1.number", "editor.phones.1.up", "editor.phones.1.remove"),
        *("editor.phones.2.label", "editor.phones.2.number", "editor.phones.2.up", "editor.phones.2.remove"),
        "editor.phones.add",
    ]
    start, end = way.index("editor.field.country_code") + 1, way.index("editor.field.private_notes")
    codes = [f"editor.field.spoken_languages.{code}.remove" for code in ("pt", "rs", "zh-TW", "de")]
    assert way[start:end] == [*codes, "editor.field.spoken_languages"]
    assert way[way.index("editor.field.private_notes") + 1 :][:2] == ["editor.save", "editor.cancel"]


# -- changed fields ----------------------------------------------------------------------------------------------------


async def test_a_changed_field_says_what_it_was_until_it_is_that_again(typist: Typist) -> None:
    editor = await typist.edit()
    assert not editor.dirty
    typist.fill("city", "Nantes")
    box = typist.field("city")
    assert box.changed
    assert box.said("was") == "was: \u2068Nevers\u2069"
    assert editor.head.mark.isVisibleTo(editor)
    typist.fill("city", "Nevers")
    assert not box.changed
    assert box.said("was") == ""
    assert not editor.head.mark.isVisibleTo(editor)


async def test_save_keeps_the_changed_fields_alone_and_closes_after_the_commit(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    told: list[Any] = []
    page.saved.connect(told.append)
    await typist.edit()
    typist.fill("city", "Nantes")
    ops = with_ops(page, op(1, contact_id=1))
    await typist.save()
    await settle(lambda: page.detail.editor is None)
    assert edits.of("save") == [(1, (FieldChange("city", "Nevers", "Nantes"),), (), "contact:1")]
    assert [saved.what for saved in told] == ["edit"]
    await settle(lambda: typist.there("detail.remark"))
    assert typist.find("detail.remark").text() == "Saved here. Will be sent to BookingSync."
    ops.clear()
    page.detail.reload()  # it was sent
    await settle(lambda: not typist.there("detail.remark"))


@pytest.mark.parametrize("state", [OpState.CONFLICT, OpState.IN_DOUBT, OpState.REJECTED])
async def test_what_waits_for_a_person_is_not_told_as_something_that_will_be_sent(
    typist: Typist, page: ContactsPage, state: OpState
) -> None:
    await typist.edit()
    typist.fill("city", "Nantes")
    ops = with_ops(page, op(1, contact_id=1))
    await typist.save()
    await settle(lambda: typist.there("detail.remark"))
    ops[:] = [op(1, state, contact_id=1)]
    page.detail.reload()
    await settle(lambda: not typist.there("detail.remark"))


def with_ops(page: ContactsPage, *ops: Op) -> list[Op]:
    """What waits for every contact from now on; may be altered."""
    waiting, read = list(ops), page.reader.detail

    async def detail(contact_id: int) -> Any:
        return replace(await read(contact_id), ops=tuple(waiting))

    page.reader.detail = detail
    return waiting


async def test_save_with_nothing_changed_closes_without_an_edit(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    await typist.edit()
    await typist.save()
    await settle(lambda: page.detail.editor is None)
    assert edits.of("save") == []


async def test_ctrl_s_saves_and_stays_and_ctrl_enter_saves_and_closes(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    editor = await typist.edit()
    typist.fill("city", "Nantes")
    assert page.commands.run("editor.keep")
    await settle(lambda: len(edits.of("save")) == 1)
    await settle(lambda: not editor.dirty)
    assert page.detail.editor is editor
    typist.fill("zip", "44000")
    assert page.commands.run("editor.save")
    await settle(lambda: page.detail.editor is None)
    assert edits.of("save")[1][1] == (FieldChange("zip", "44147", "44000"),)
    assert not page.commands.run("editor.save"), "nothing is being edited"


async def test_what_is_typed_while_it_is_saved_stays_on_screen(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    editor = await typist.edit()
    typist.fill("city", "Nantes")
    editor._saver.start(close=True)
    typist.fill("zip", "44000")  # before the task has run at all: it is saved too
    await settle(lambda: page.detail.editor is None)
    assert {change.path for change in edits.of("save")[0][1]} == {"city", "zip"}


async def test_a_full_disk_keeps_everything_on_screen_until_it_can_be_saved(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    editor = await typist.edit()
    typist.fill("city", "Nantes")
    edits.broken["save"] = FULL
    await typist.save()
    await settle(lambda: "no room" in editor.head.text_of("trouble"))
    assert page.detail.editor is editor
    assert typist.find("editor.field.city").text() == "Nantes"
    edits.broken.clear()
    typist.click("editor.banner.trouble.act")
    await settle(lambda: page.detail.editor is None)
    assert edits.of("save")[-1][1] == (FieldChange("city", "Nevers", "Nantes"),)


async def test_what_the_verb_refuses_stands_at_its_field(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    await typist.edit()
    typist.fill("city", "Nantes")
    edits.broken["save"] = RejectedError("Not taken.", problems=(Problem("city", "odd", "No such city."),))
    await typist.save()
    await settle(lambda: typist.field("city").said("trouble") == "No such city.")
    assert page.detail.editor is not None


# -- checks ------------------------------------------------------------------------------------------------------------


async def test_a_field_is_checked_when_it_is_left_and_then_at_each_key(typist: Typist) -> None:
    await typist.edit()
    typist.fill("email", "cornelia")
    box = typist.field("email")
    assert box.said("trouble") == "", "not while it is being typed"
    await typist.leave("email")
    assert "@" in box.said("trouble")
    assert typist.find("editor.field.email").property("wrong")
    typist.fill("email", "cornelia@nienow.fr")
    assert box.said("trouble") == ""
    assert not typist.find("editor.field.email").property("wrong")


async def test_errors_block_save_and_the_summary_leads_to_them(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    editor = await typist.edit()
    typist.fill("zip", "")
    typist.fill("email", "cornelia")
    await typist.save()
    assert edits.of("save") == []
    assert page.detail.editor is editor
    assert editor.problems.isVisibleTo(editor)
    assert editor.problems.accessibleName() == "2 fields cannot be saved like this:"
    assert page.window().focusWidget().objectName() == "editor.field.email", "the first one, in the fields' order"
    typist.click("editor.problem.zip")
    assert page.window().focusWidget().objectName() == "editor.field.zip"
    typist.fill("zip", "44000")
    typist.fill("email", "c@nienow.fr")
    assert not editor.problems.isVisibleTo(editor)
    await typist.save()
    await settle(lambda: len(edits.of("save")) == 1)


async def test_a_warning_says_where_the_vendor_took_such_a_value_before(typist: Typist, services: FakeServices) -> None:
    services.accepted = frozenset({"phones.*.number phone_prefix"})
    await typist.edit()
    typist.type("editor.phones.0.number", "06 12 31 23 12")
    typist.find("editor.phones.0.number").clearFocus()
    typist.editor.save_button.setFocus()
    await settle()
    said = " ".join(label.text() for label in typist.field("phones").findChildren(QLabel) if label.isVisible())
    assert "The country prefix is missing, as in +33. BookingSync has accepted such a value before." in said


async def test_a_warning_offers_a_better_value_and_lets_save_through(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    await typist.edit()
    typist.fill("email", "ana@gmial.com")
    await typist.leave("email")
    fix = typist.find("editor.fix.email")
    assert fix.text() == "Use ana@gmail.com"
    fix.click()
    assert typist.find("editor.field.email").text() == "ana@gmail.com"
    typist.fill("email", "ana@gmial.com")
    await typist.save()
    await settle(lambda: page.detail.editor is None)
    assert edits.of("save")[0][1][0].now == "ana@gmial.com"


async def test_invisible_letters_are_taken_out_and_told(typist: Typist, edits: TypingEdits) -> None:
    await typist.edit()
    line = typist.find("editor.field.city")
    line.setFocus()
    line.selectAll()
    line.insert(" Nan\u200btes\u202e ")
    line.typed.emit()
    await typist.leave("city")
    assert line.text() == "Nantes"
    assert typist.field("city").said("told") == "2 hidden characters removed"


async def test_letters_are_counted_from_four_fifths_on(typist: Typist) -> None:
    await typist.edit()
    typist.fill("zip", "1" * 11)
    assert typist.field("zip").length_words == ""
    typist.fill("zip", "1" * 12)
    assert typist.field("zip").length_words == "12 / 15"


async def test_an_old_record_that_breaks_todays_rules_can_be_edited(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    page.reader.body = json.dumps(BODY | {"email": "none", "zip": "", "phones": [{"label": "", "number": "1"}]})
    await typist.edit()
    typist.fill("city", "Nantes")
    await typist.save()
    await settle(lambda: page.detail.editor is None)
    assert edits.of("save")[0][1] == (FieldChange("city", "Nevers", "Nantes"),)


# -- kinds of fields ---------------------------------------------------------------------------------------------------


async def test_phones_are_added_removed_and_moved_by_keys(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    await typist.edit()
    typist.key("editor.phones.1.number", Qt.Key.Key_Up, ALT)
    assert typist.find("editor.phones.0.label").currentText() == "fax"
    assert page.window().focusWidget().objectName() == "editor.phones.0.number", "the focus goes with the row"
    assert page.table.current_id() == 1, "and the list stays"
    typist.click("editor.phones.add")
    typist.type("editor.phones.2.label.line", "WhatsApp")
    typist.type("editor.phones.2.number", "+49 30 123456")
    await settle()
    typist.click("editor.phones.1.remove")
    await settle()
    typist.click("editor.phones.add")  # stays empty: no phone
    await typist.save()
    await settle(lambda: page.detail.editor is None)
    (change,) = edits.of("save")[0][1]
    assert change.now == [
        {"label": "fax", "number": "+33 1 55 50 10 10"},
        {"label": "WhatsApp", "number": "+49 30 123456"},
    ]


@pytest.mark.parametrize("width", [300, 360, 420, 700])
async def test_a_long_number_is_read_whole_at_any_width(typist: Typist, page: ContactsPage, width: int) -> None:
    await typist.edit()
    page.splitter.setSizes([sum(page.splitter.sizes()) - width, width])
    await settle(lambda: abs(page.detail.width() - width) < 20)
    number = typist.find("editor.phones.0.number")
    await asyncio.sleep(0.05)
    shown = number.fontMetrics().horizontalAdvance("+44 (0)20 7946 0958-123")
    assert number.width() >= shown + 20, "with the frame"


async def test_a_new_phone_begins_with_its_number(typist: Typist, page: ContactsPage, edits: TypingEdits) -> None:
    await typist.edit()
    typist.click("editor.phones.add")
    assert page.window().focusWidget().objectName() == "editor.phones.2.number"
    typist.type("editor.phones.2.number", "+49 30 123456")
    assert typist.find("editor.phones.2.label").currentText() == "phone", "a number without a label is not taken"
    typist.type("editor.phones.2.label.line", "home")
    typist.type("editor.phones.2.number", "+49 30 654321")
    await typist.save()
    await settle(lambda: page.detail.editor is None)
    assert edits.of("save")[0][1][0].now[2] == {"label": "home", "number": "+49 30 654321"}


async def test_a_wrong_phone_is_marked_where_it_is(typist: Typist, page: ContactsPage) -> None:
    await typist.edit()
    typist.type("editor.phones.1.number", "12")
    await typist.save()
    assert typist.find("editor.phones.1.number").property("wrong")
    assert not typist.find("editor.phones.0.number").property("wrong")
    assert page.window().focusWidget().objectName() == "editor.phones.1.number"


@pytest.mark.parametrize("typed", ["de", "Germany", "germ"])
async def test_a_country_is_found_by_code_and_name(typist: Typist, edits: TypingEdits, typed: str) -> None:
    await typist.edit()
    typist.fill("country_code", typed)
    await typist.leave("country_code")
    assert typist.find("editor.field.country_code").text() == "Germany (DE)"
    assert typist.editor.session.now("country_code") == "DE"


async def test_text_that_is_no_country_is_an_error(typist: Typist, edits: TypingEdits) -> None:
    await typist.edit()
    typist.fill("country_code", "Atlantis")
    await typist.save()
    assert typist.field("country_code").said("trouble")
    assert edits.of("save") == []


async def test_languages_are_chips_that_are_added_by_name_and_removed(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    await typist.edit()
    typist.fill("spoken_languages", "german")
    typist.key("editor.field.spoken_languages", Qt.Key.Key_Return)
    await settle(lambda: typist.there("editor.field.spoken_languages.de.remove"))
    typist.find("editor.field.spoken_languages.pt.remove").click()
    typist.key("editor.field.spoken_languages", Qt.Key.Key_Backspace)
    assert typist.editor.session.now("spoken_languages") == ["rs", "zh-TW"], "the last one went"
    await typist.save()
    await settle(lambda: page.detail.editor is None)
    assert edits.of("save")[0][1] == (FieldChange("spoken_languages", ["pt", "rs", "zh-TW"], ["rs", "zh-TW"]),)


PRIO = {
    "contact_uid": "c-1",
    "contact_name_last": "Ruiz",
    "contact_phone": "+34 600 123 456",
    "contact_language": "es",
    "contact_passport": "X1234567",
    "contact_birth_date": "1985-03-01",
    "contact_age": 41,
    "contact_notes": [{"note_value": "Late", "note_type": "GUEST", "note_date": "2026-01-01T00:00:00Z", "own": 7}],
    "contact_custom_fields": [],
}


async def test_fields_out_of_sight_come_after_the_first_paint_in_their_place(
    typist: Typist, page: ContactsPage
) -> None:
    page.reader.body = json.dumps(PRIO)
    editor = await typist.edit(1)
    form = editor.form
    await settle(lambda: not form._waiting)
    assert list(form.made) == list(form.boxes)
    ways: list[QWidget] = []
    at = next(iter(form.made.values())).control.first
    while at is not editor.discard_button and len(ways) < 3000:
        ways.append(at)
        at = at.nextInFocusChain()
    seen = [box for widget in ways if (box := form.box_at(widget)) is not None]
    assert list(dict.fromkeys(box.spec.path for box in seen)) == list(form.boxes), "Tab goes down the form"
    last = max(number for number, widget in enumerate(ways) if form.box_at(widget) is not None)
    below = [ways.index(found) for found in (typist.find("editor.save"), typist.find("editor.cancel"))]
    assert last < below[0] < below[1], "and then to the buttons"


async def test_a_field_that_is_not_made_yet_is_made_for_who_asks(typist: Typist, page: ContactsPage) -> None:
    page.reader.body = json.dumps(PRIO)
    page.hide()  # so that it is never painted
    editor = await typist.edit(1)
    late = next(specs[-1].path for _, specs in reversed(editor.form._waiting))
    assert late not in editor.form.made
    editor.go_to(late)
    assert editor.form.box_of(f"{late}.0.part") is editor.form.made[late]
    assert editor.form.box_of("nothing") is None


async def test_a_vendor_of_whole_contacts(typist: Typist, page: ContactsPage, edits: TypingEdits) -> None:
    page.reader.body = json.dumps(PRIO)
    editor = await typist.edit(1)
    passport = typist.find("editor.field.contact_passport")
    assert (passport.text(), passport.isReadOnly()) == (DOTS, True), "hidden until shown"
    typist.click("editor.field.contact_passport.show")
    assert passport.text() == "X1234567"
    typist.fill("contact_birth_date", "2.3.1985")
    await typist.leave("contact_birth_date")
    typist.fill("contact_age", "40")
    typist.type("editor.contact_notes.0.note_value", "Early")
    assert editor.resends is not None
    assert "Passport" in editor.resends._text.text()
    assert "Born on" not in editor.resends._text.text()
    assert editor.orders is not None
    editor.orders.set_open(True)
    typist.type("editor.orders", "A-1")
    typist.key("editor.orders", Qt.Key.Key_Return)
    await typist.save()
    await settle(lambda: page.detail.editor is None)
    (_, changes, orders, _) = edits.of("save")[0]
    assert orders == ("A-1",)
    assert {change.path: change.now for change in changes} == {
        "contact_birth_date": "1985-03-02",
        "contact_age": 40,
        "contact_notes": [{"note_value": "Early", "note_type": "GUEST", "note_date": "2026-01-01T00:00:00Z", "own": 7}],
    }


# -- undo --------------------------------------------------------------------------------------------------------------


async def test_undo_and_redo_go_over_all_fields(typist: Typist, page: ContactsPage) -> None:
    editor = await typist.edit()
    typist.fill("city", "Nantes")
    typist.fill("zip", "44000")
    typist.click("editor.phones.0.remove")
    typist.key("editor.field.city", Qt.Key.Key_Z, CONTROL)
    assert [phone["label"] for phone in editor.session.now("phones")] == ["mobile", "fax"]
    assert typist.there("editor.phones.1.number")
    typist.key("editor.field.city", Qt.Key.Key_Z, CONTROL)
    assert typist.find("editor.field.zip").text() == "44147"
    assert page.window().focusWidget().objectName() == "editor.field.zip", "where something changed"
    typist.key("editor.field.zip", Qt.Key.Key_Z, CONTROL)
    assert not editor.dirty
    typist.key("editor.field.zip", Qt.Key.Key_Y, CONTROL)
    assert typist.find("editor.field.city").text() == "Nantes"


@pytest.mark.parametrize("part", ["number", "remove"])
async def test_a_line_that_goes_while_it_has_the_focus_leaves_it_in_the_line_before(typist: Typist, part: str) -> None:
    """Its save is undone, or the vendor took the number away: the next key is meant for the same field."""
    editor = await typist.edit()
    typist.find(f"editor.phones.1.{part}").setFocus()
    shown = {**BODY, "phones": BODY["phones"][:1]}
    editor.follow(shown, shown)
    await settle()
    assert not typist.there("editor.phones.1.number")
    assert editor.window().focusWidget().objectName().startswith("editor.phones.0.")


# -- new contacts ------------------------------------------------------------------------------------------------------


async def test_a_new_contact_tells_what_is_missing_when_it_is_saved(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    editor = await typist.new()
    assert editor.head.title.text() == "New contact at BookingSync"
    typist.fill("firstname", "Ana")
    await typist.leave("firstname")
    assert typist.field("lastname").said("trouble") == ""
    await typist.save()
    assert typist.field("lastname").said("trouble")
    assert edits.of("create") == []
    for path, text in (
        ("lastname", "Ruiz"), ("email", "ana@ruiz.es"), ("address1", "Calle 1"), ("zip", "28001"), ("city", "Madrid"),
        ("country_code", "Spain"), ("spoken_languages", "spanish"),
    ):  # fmt: skip
        typist.fill(path, text)
    await typist.leave("spoken_languages")
    await typist.save()
    await settle(lambda: page.detail.editor is None)
    ((account, values, key),) = edits.of("create")
    assert (account, values["country_code"], values["spoken_languages"]) == (1, "ES", ["es"])
    assert key.startswith("new:")
    await settle(lambda: page.detail.contact_id == 5)


async def test_likely_the_same_people_are_shown_from_the_third_field_on(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    row = page.reader.contacts[3]
    edits.alike = [Similar(row, "same e-mail")]
    editor = await typist.new()
    typist.fill("firstname", "Ana")
    typist.fill("lastname", "Ruiz")
    editor._look_for_similar()
    await settle()
    assert not editor.similar.isVisibleTo(editor)
    typist.fill("email", "ana@ruiz.es")
    await settle(lambda: editor.similar.isVisibleTo(editor))
    typist.click(f"editor.similar.{row.id}")
    await settle(lambda: page.detail.editor is None)
    await settle(lambda: page.detail.contact_id == row.id)
    assert [draft.contact_id for draft in page.reader.kept.values()] == [0], "what was typed is kept"


async def test_an_earlier_draft_of_a_new_contact_is_offered(typist: Typist, page: ContactsPage) -> None:
    await typist.new()
    typist.fill("firstname", "Ana")
    assert page.verbs.escape()
    await settle(lambda: len(page.reader.kept) == 1)
    editor = await typist.new()
    await settle(lambda: editor.head.text_of("older").startswith("Draft of a new contact from "))
    typist.click("editor.banner.older.act")
    await settle(lambda: page.detail.editor is not editor)
    assert typist.find("editor.field.firstname").text() == "Ana"


async def test_what_has_to_be_filled_is_said_in_sight_and_aloud(typist: Typist) -> None:
    editor = await typist.new()
    texts = [label.text() for label in editor.findChildren(QLabel) if label.isVisible()]
    assert "Fields with * have to be filled." in texts
    assert {"E-mail *", "Languages *", "Website"} <= set(texts)
    for path in ("email", "spoken_languages"):
        assert typist.find(f"editor.field.{path}").accessibleDescription().startswith("Required.")
    assert not typist.find("editor.field.website").accessibleDescription().startswith("Required.")


async def test_duplicate_begins_with_the_values_of_a_contact(
    typist: Typist, page: ContactsPage, edits: TypingEdits
) -> None:
    await typist.choose(0)
    assert page.commands.run("contact.duplicate")
    await settle(lambda: page.detail.editor is not None)
    assert typist.editor.subject.new
    assert typist.find("editor.field.city").text() == "Nevers"
    typist.fill("email", "other@nienow.fr")
    await typist.save()
    await settle(lambda: len(edits.of("create")) == 1)
    assert edits.of("create")[0][1]["city"] == "Nevers"


async def test_a_search_without_hits_offers_a_new_contact_of_that_name(typist: Typist, page: ContactsPage) -> None:
    page.search("Zoë van Dyk")
    await settle(lambda: typist.there("empty.new"))
    typist.click("empty.new")
    await settle(lambda: page.detail.editor is not None)
    assert typist.find("editor.field.firstname").text() == "Zoë van"
    assert typist.find("editor.field.lastname").text() == "Dyk"
    assert QApplication.activePopupWidget() is None
