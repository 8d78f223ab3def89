"""Edits in plain words, as they stand in the Outbox, the undo bar and the menu."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crmdesk.core.errors import Problem, Recovery
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.outbox import Clash, ConflictKind, FieldChange, Op, OpKind, OpState, Reason
from crmdesk.core.seams import iso
from crmdesk.sync import wording
from crmdesk.sync.wording import Speech
from crmdesk.vendors.bookingsync.fields import FIELDS
from tests.helpers.clock import NOON

CITY = FieldChange("city", "Nevers", "Nantes")


def op(*changes: FieldChange, **more: Any) -> Op:
    made = Op(1, "u1", 1, 7, OpKind.UPDATE, changes, title="Ana Ruiz", operator="Maria", created_at=iso(NOON))
    return replace(made, **more)


def said(one: Op) -> str:
    return wording.sentence(one, FIELDS, "BookingSync")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (op(CITY), "Change city of Ana Ruiz at BookingSync: Nevers → Nantes"),
        (op(FieldChange("city", None, "Nantes")), "Change city of Ana Ruiz at BookingSync: empty → Nantes"),
        (op(FieldChange("email", "a@b.c", "")), "Change e-mail of Ana Ruiz at BookingSync: a@b.c → empty"),
        (op(FieldChange("state", "", "x"), CITY, FieldChange("zip", "1", "2")),
         "Change postal code and 2 more of Ana Ruiz at BookingSync"),
        (op(kind=OpKind.CREATE), "Create Ana Ruiz at BookingSync"),
        (op(kind=OpKind.DELETE), "Delete Ana Ruiz at BookingSync"),
        (op(CITY, title=""), "Change city of a contact without a name at BookingSync: Nevers → Nantes"),
        (op(FieldChange("vip_level", 1, 2)), "Change vip_level of Ana Ruiz at BookingSync: 1 → 2"),
        (op(FieldChange("spoken_languages", ["en"], ["en", "rs"])),
         "Change languages of Ana Ruiz at BookingSync: added Serbian"),
        (op(FieldChange("gender", "male", "female")), "Change gender of Ana Ruiz at BookingSync: Male → Female"),
    ],
)  # fmt: skip
def test_one_sentence_for_each_edit(made: Op, words: str) -> None:
    assert said(made) == words


def test_phones_say_which_line_changed() -> None:
    one, other = {"label": "mobile", "number": "+33 6 12"}, {"label": "fax", "number": "+33 1 55"}
    assert said(op(FieldChange("phones", [one], [one, other]))).endswith(": added fax +33 1 55")
    assert said(op(FieldChange("phones", [one, other], [one]))).endswith(": removed fax +33 1 55")
    assert said(op(FieldChange("phones", [one], [other]))).endswith(": mobile +33 6 12 → fax +33 1 55")
    assert said(op(FieldChange("phones", [one, other], [other, one]))).endswith(
        ": mobile +33 6 12; fax +33 1 55 → fax +33 1 55; mobile +33 6 12"
    )


def test_somebody_elses_replaced_change() -> None:
    clashes = (Clash("city", "Nevers", "Nantes", "Nice"), Clash("zip", "1", "2", "3"))
    made = op(conflict=ConflictKind.OVERWRITTEN, state=OpState.CONFLICT, clashes=clashes)
    assert said(made) == "Somebody’s change of postal code and 1 more of Ana Ruiz at BookingSync was replaced"
    one = replace(made, clashes=clashes[:1])
    assert said(one) == "Somebody’s change of city of Ana Ruiz at BookingSync was replaced"


def test_values_are_short_one_line_and_harmless() -> None:
    long = op(FieldChange("private_notes", "", "Late arrival.\n" + "a\u202eb" * 300))
    assert len(said(long)) < 140
    assert "\n" not in said(long)
    assert "\u202e" not in said(long)
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    assert said(op(FieldChange("vip", 1, deep)))


@pytest.mark.parametrize(
    ("spec", "value", "words"),
    [
        (FieldSpec("a", "A"), 12, "12"),
        (FieldSpec("a", "A", FieldKind.FLAG), True, "Yes"),
        (FieldSpec("a", "A", FieldKind.FLAG), "false", "No"),
        (FieldSpec("a", "A", FieldKind.FLAG), "perhaps", "perhaps"),
        (FieldSpec("a", "A", FieldKind.DATE), {"year": 1985, "month": 3, "day": 12}, "1985-3-12"),
        (FieldSpec("a", "A", FieldKind.PHONES), "+33", "+33"),
        (FieldSpec("a", "A", FieldKind.RECORDS, parts=(FieldSpec("x", "X"), FieldSpec("y", "Y"))),
         [{"x": "one", "y": "two"}, {"x": "three"}], "one, two; three"),
        (FieldSpec("a", "A", FieldKind.CHOICES, words=(("u", "Upper"),)), ["u", "v"], "Upper, v"),
        (FieldSpec("a", "A", masked=True), "AB123456", wording.DOTS),
        (FieldSpec("a", "A", masked=True), "", ""),
        (FieldSpec("a", "A"), {"b": 1}, '{"b": 1}'),
        (FieldSpec("a", "A"), [], ""),
    ],
)  # fmt: skip
def test_values_of_every_kind(spec: FieldSpec, value: Any, words: str) -> None:
    assert wording.plain_value(spec, value) == words


def test_masked_values_stay_dots_also_where_entries_come_and_go() -> None:
    spec = FieldSpec("papers", "Papers", FieldKind.RECORDS, masked=True, parts=(FieldSpec("number", "Number"),))
    text = wording.change_text(FieldChange("papers", [], [{"number": "AB123456"}]), spec)
    assert "AB123456" not in text


@pytest.mark.parametrize(
    ("label", "inside"),
    [("City", "city"), ("E-mail", "e-mail"), ("VAT number", "VAT number"), ("BookingSync id", "BookingSync id"),
     ("Address, line 2", "address, line 2"), ("", "")],
)  # fmt: skip
def test_labels_inside_a_sentence(label: str, inside: str) -> None:
    assert wording.in_sentence(label) == inside


def test_a_part_of_a_field_is_told_by_the_field() -> None:
    assert wording.spec_of("phones.0.number", FIELDS).label == "Phones"
    assert wording.spec_of("nobody.knows", FIELDS).label == "nobody.knows"


def local(minutes: int) -> str:
    return (NOON + timedelta(minutes=minutes)).astimezone().strftime("%H:%M")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (op(CITY), "Waiting"),
        (op(CITY, tries=2, next_at=iso(NOON + timedelta(minutes=12))), f"Will retry {local(12)} (try 3)"),
        (op(CITY, tries=1, next_at=iso(NOON - timedelta(minutes=1))), "Will retry now (try 2)"),
        (op(CITY, tries=1), "Will retry now (try 2)"),
        (op(CITY, state=OpState.CONFIRMED, closed_at=iso(NOON)), f"Sent {local(0)}"),
        (op(CITY, state=OpState.DROPPED, closed_at=iso(NOON)), f"Withdrawn {local(0)}"),
        (op(CITY, state=OpState.HELD), "On hold"),
        (op(CITY, state=OpState.IN_DOUBT), "Unknown outcome"),
    ],
)
def test_where_an_edit_stands(made: Op, words: str) -> None:
    assert wording.state_text(made, NOON) == words


@pytest.mark.parametrize("state", list(OpState))
def test_every_state_has_a_word(state: OpState) -> None:
    assert wording.state_text(op(CITY, state=state), NOON)


def test_who_when_and_how_many() -> None:
    made = op(CITY, joined=3, orders=("A1", "A2"))
    assert wording.facts(made, NOON) == (f"Maria, {local(0)}", "3 edits joined", "also 2 orders")
    assert wording.facts(op(CITY, operator="", created_at=""), NOON) == ()


def test_the_reason_is_told_in_the_servers_words() -> None:
    problem = Problem("zip", "too_long", "is too long (maximum is 15 characters)")
    reason = Reason("BookingSync refused the change.", "Correct it.", Recovery.EDIT, (problem, Problem("", "x", "No.")))
    assert wording.reason_lines(op(CITY, reason=reason), FIELDS) == (
        "BookingSync refused the change. Correct it.",
        "Postal code: is too long (maximum is 15 characters)",
        "No.",
    )
    assert wording.reason_lines(op(CITY), FIELDS) == ()


def test_on_paper_and_in_a_banner_the_reason_does_not_point_at_a_field_elsewhere() -> None:
    problem = Problem("zip", "too_long", "is too long")
    reason = Reason("BookingSync refused a field.", "What it says stands at the field.", Recovery.EDIT, (problem,))
    told = wording.reason_line(op(CITY, reason=reason), FIELDS)
    assert told == "BookingSync refused a field. Postal code: is too long"
    plain = Reason("The line was cut.", "It is tried again.")
    assert wording.reason_line(op(CITY, reason=plain), FIELDS) == "The line was cut. It is tried again."
    assert wording.reason_line(op(CITY), FIELDS) == ""


class Saved:
    def __init__(self, what: str, title: str = "Ana Ruiz", ids: tuple[int, ...] = (7,)) -> None:
        self.what, self.title, self.vendor, self.contact_ids = what, title, "BookingSync", ids


@pytest.mark.parametrize(
    ("what", "words", "undo"),
    [
        ("edit", "Saved here. Will be sent to BookingSync.", "Undo change of Ana Ruiz"),
        ("create", "Ana Ruiz is saved here. Will be made at BookingSync.", "Undo making Ana Ruiz"),
        ("delete", "Ana Ruiz is deleted here. BookingSync is told in a moment.", "Undo delete of Ana Ruiz"),
        ("discard", "The change of Ana Ruiz is discarded.", "Undo discard for Ana Ruiz"),
        ("restore", "Ana Ruiz is back here.", "Undo restore of Ana Ruiz"),
    ],
)
def test_what_was_done_and_how_it_is_undone(what: str, words: str, undo: str) -> None:
    assert wording.saved_text(Saved(what)) == words
    assert wording.undo_text(Saved(what)) == undo


def test_several_contacts_at_once() -> None:
    twelve = Saved("delete", "12 contacts", tuple(range(12)))
    assert wording.saved_text(twelve) == "12 contacts are deleted here. BookingSync is told in a moment."
    assert wording.undo_text(twelve) == "Undo delete of 12 contacts"
    assert wording.saved_text(Saved("edit", "2 contacts", (1, 2))).startswith("2 contacts are saved here.")


def test_foreign_text_can_be_set_apart() -> None:
    speech = Speech(foreign=lambda text: f"<{text}>" if text else "")
    words = wording.sentence(op(CITY), FIELDS, "BookingSync", speech)
    assert words == "Change city of <Ana Ruiz> at BookingSync: <Nevers> → <Nantes>"
