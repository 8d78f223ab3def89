"""What is typed, without a widget: values, changes, undo, what comes from outside."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.outbox import Draft, FieldChange, Op, OpKind, OpState
from crmdesk.ui.editor.session import STEPS, Session
from crmdesk.ui.editor.subject import copied, laid_of, refused_of
from crmdesk.ui.editor.values import as_json, held, is_date, is_single
from tests.helpers.any_json import ANY_JSON

CITY, ZIP = FieldSpec("city", "City"), FieldSpec("address.zip", "Zip")
PHONES = FieldSpec("phones", "Phones", FieldKind.PHONES)
SPECS = (CITY, ZIP, PHONES, FieldSpec("id", "Id", writable=False), FieldSpec("token", "Token", FieldKind.SECRET))
SHOWN = {"city": "Nevers", "address": {"zip": "1"}, "phones": [{"label": "mobile", "number": "1", "own": 7}], "id": 4}


def session() -> Session:
    return Session(SPECS, SHOWN)


def test_only_writable_fields_are_in_it() -> None:
    assert list(session().specs) == ["city", "address.zip", "phones"]


def test_changes_hold_what_was_seen_and_only_what_is_changed() -> None:
    made = session()
    made.type("address.zip", "2", 0)
    made.type("city", "Nantes", 0)
    made.type("city", "Nevers", 0)
    assert made.changes == (FieldChange("address.zip", "1", "2"),)
    assert made.touched == {"city", "address.zip"}


def test_a_row_keeps_what_nobody_edits() -> None:
    made = session()
    rows = made.held("phones")
    rows[0]["number"] = "2"
    made.type("phones", rows, 0)
    assert made.now("phones") == [{"label": "mobile", "number": "2", "own": 7}]
    assert SHOWN["phones"] == [{"label": "mobile", "number": "1", "own": 7}], "the contact itself stays as it is"


def test_keys_that_follow_each_other_are_undone_together_and_others_are_not() -> None:
    made = session()
    made.type("city", "N", 0.0, join=True)
    made.type("city", "Na", 1.0, join=True)
    made.type("city", "Nan", 9.0, join=True)
    assert made.undo() == ("city",)
    assert made.now("city") == "Na"
    made.undo()
    assert made.now("city") == "Nevers"
    assert made.undo() == ()
    made.redo()
    assert made.now("city") == "Na"


def test_leaving_a_field_ends_a_step() -> None:
    made = session()
    made.type("city", "N", 0.0, join=True)
    made.seal()
    made.type("city", "Na", 0.1, join=True)
    made.undo()
    assert made.now("city") == "N"


def test_a_hundred_steps_can_be_undone() -> None:
    made = session()
    for number in range(STEPS + 20):
        made.type("city", str(number), 0)
    undone = 0
    while made.undo():
        undone += 1
    assert undone == STEPS == 100
    assert made.now("city") == "19"


def test_several_fields_filled_at_once_are_one_step() -> None:
    made = session()
    made.fill({"city": "Nantes", "address.zip": "44000", "id": 9})
    assert len(made.changes) == 2
    assert set(made.undo()) == {"city", "address.zip"}
    assert not made.dirty


def test_a_cleaned_value_belongs_to_the_step_before() -> None:
    made = session()
    made.type("city", "Nantes ", 0, join=True)
    made.replace("city", "Nantes")
    made.undo()
    assert made.now("city") == "Nevers"


def test_the_vendors_new_values_go_where_nobody_typed() -> None:
    made = session()
    made.type("city", "Nantes", 0)
    moved = made.follow({**SHOWN, "city": "Lyon", "address": {"zip": "9"}})
    assert moved == ("city", "address.zip")
    assert made.changes == (FieldChange("city", "Nevers", "Nantes"),), "its `was` is what was seen"
    assert made.now("address.zip") == "9"
    assert made.theirs == {"city": "Lyon"}
    made.follow(SHOWN)
    assert made.theirs == {}, "they took it back"


def test_undo_does_not_bring_back_what_the_vendor_replaced() -> None:
    made = session()
    made.type("city", "Nantes", 0)
    made.type("city", "Nevers", 9)
    made.follow({**SHOWN, "city": "Lyon"})
    assert made.undo() == ()
    assert made.now("city") == "Lyon"


def test_saved_values_are_what_is_seen_from_then_on() -> None:
    made = session()
    made.type("city", "Nantes", 0)
    changes = made.changes
    made.type("city", "Lyon", 9)
    made.saved(changes)
    assert made.changes == (FieldChange("city", "Nantes", "Lyon"),)


def test_a_save_of_nothing_leaves_undo_where_it_was() -> None:
    made = session()
    made.saved((), kept=False)
    assert not made.as_saved, "there is no save to take back"
    made.type("city", "Nantes", 0)
    made.saved(made.changes)
    made.saved((), kept=False)
    assert made.as_saved, "still right after the one before"


def test_a_draft_keeps_what_was_seen_when_it_was_typed() -> None:
    made = session()
    made.lay([FieldChange("city", "Paris", "Nantes"), FieldChange("gone", 1, 2)])
    assert made.changes == (FieldChange("city", "Paris", "Nantes"),)
    assert made.theirs == {"city": "Nevers"}


def test_a_draft_lies_over_a_refused_change() -> None:
    op = Op(1, "u", 1, 1, OpKind.UPDATE, (FieldChange("city", "A", "B"),), OpState.REJECTED)
    draft = Draft("contact:1", 1, 1, (FieldChange("city", "B", "C"), FieldChange("zip", "1", "2")))
    assert laid_of(op, draft) == (FieldChange("city", "A", "C"), FieldChange("zip", "1", "2"))
    assert laid_of(None, None) == ()
    assert copied({"city": "A"}) == (FieldChange("city", None, "A"),)
    assert refused_of([op]) is op
    assert refused_of([Op(2, "v", 1, 1, OpKind.DELETE, state=OpState.REJECTED)]) is None


# -- values ------------------------------------------------------------------------------------------------------------

KINDS = [kind for kind in FieldKind if not kind.secret and kind is not FieldKind.TIME]


@given(raw=ANY_JSON, kind=st.sampled_from(KINDS))
def test_any_json_can_be_held_and_a_look_changes_nothing(raw: Any, kind: FieldKind) -> None:
    spec = FieldSpec("field", "Field", kind)
    made = Session([spec], {"field": raw})
    made.type("field", held(spec, raw), 0)
    assert made.changes == ()
    assert made.now("field") is raw
    as_json(spec, held(spec, raw), raw)  # whatever it is, it becomes JSON again


@pytest.mark.parametrize(
    ("kind", "seen", "typed", "json"),
    [
        (FieldKind.NUMBER, 41, "40", 40),
        (FieldKind.NUMBER, "41", "40", "40"),
        (FieldKind.NUMBER, None, "1,5", 1.5),
        (FieldKind.NUMBER, 41, "", ""),
        (FieldKind.DATE, "1985-03-01", "1985-03-02", "1985-03-02"),
        (FieldKind.DATE, {"year": 1985, "month": 3, "day": 1}, "--04-02", {"year": None, "month": 4, "day": 2}),
        (FieldKind.DATE, 478483200, "1985-03-02", 478569600),
        (FieldKind.DATE, {"year": 1985, "month": 3, "day": 1}, "", None),
        (FieldKind.FLAG, "false", True, "true"),
        (FieldKind.FLAG, False, None, None),
        (FieldKind.LANGUAGES, ["de"], ("de", "fr"), ["de", "fr"]),
        (FieldKind.LANGUAGES, "de", ("fr",), "fr"),
        (FieldKind.RECORDS, {"a": 1}, [{"a": 2}], {"a": 2}),
        (FieldKind.RECORDS, [{"a": 1}], [{"a": 2}, {"a": ""}], [{"a": 2}]),
        (FieldKind.PHONES, None, [{"label": "", "number": ""}], []),
    ],
)
def test_values_go_back_in_the_form_they_came_in(kind: FieldKind, seen: Any, typed: Any, json: Any) -> None:
    assert as_json(FieldSpec("field", "Field", kind), typed, seen) == json


@pytest.mark.parametrize(
    ("text", "day"), [("1985-03-01", True), ("--02-29", True), ("1985-02-29", False), ("1985", False), ("", False)]
)
def test_days(text: str, day: bool) -> None:
    assert is_date(text) is day


def test_one_number_as_text_stays_text() -> None:
    single = FieldSpec("phone", "Phone", FieldKind.PHONES, single=True)
    assert held(single, None) == ""
    assert is_single(PHONES, "123")
    assert as_json(single, "+49 30 1", None) == "+49 30 1"
