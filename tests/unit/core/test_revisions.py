"""What changed between two states of a contact."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crmdesk.core.fields import FieldKind, FieldSpec, find, undocumented
from crmdesk.core.revisions import changes, history
from crmdesk.core.types import Revision

SPECS = (
    FieldSpec("name", "Name"),
    FieldSpec("address.city", "City"),
    FieldSpec("vip", "VIP", FieldKind.FLAG),
    FieldSpec("notes", "Notes", FieldKind.RECORDS, parts=(FieldSpec("text", "Text"),)),
    FieldSpec("langs", "Languages", FieldKind.LANGUAGES),
    FieldSpec("version", "Version", FieldKind.NUMBER, writable=False),
    FieldSpec("changed", "Changed", FieldKind.TIME, writable=False),
    FieldSpec("seen", "Seen", FieldKind.TIME),
)


def told(was: dict[str, Any], now: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(change.spec.path, change.was, change.now) for change in changes(was, now, SPECS)]


def test_fields_come_in_the_specs_order_with_what_was_and_what_is() -> None:
    was = {"address": {"city": "Bonn"}, "name": "Ana"}
    assert told(was, {"name": "Eva", "address": {"city": "Köln"}}) == [
        ("name", "Ana", "Eva"),
        ("address.city", "Bonn", "Köln"),
    ]
    assert told(was, was) == []


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_nothing_is_nothing_however_it_is_written(nothing: Any) -> None:
    assert told({"name": nothing}, {}) == []
    assert told({}, {"name": nothing, "extra": nothing}) == []
    assert told({"name": nothing}, {"name": "Ana"}) == [("name", nothing, "Ana")]


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        (1, True, False),
        (0, False, False),
        (0, None, False),
        ("1", 1, False),
        (12.5, 12.5, True),
        (Decimal("12.50"), Decimal("12.5"), True),
        (Decimal("12.50"), Decimal("12.51"), False),
        ({"a": 1, "b": [1]}, {"b": [1], "a": 1}, True),
        ([1, 2], [2, 1], False),
        ({"a": Decimal("1.0")}, {"a": Decimal("1.00")}, True),
    ],
)
def test_values_are_the_same_if_they_say_the_same(was: Any, now: Any, same: bool) -> None:
    assert bool(told({"name": was}, {"name": now})) is not same


def test_the_same_moment_or_answer_in_another_spelling_is_no_change() -> None:
    assert told({"seen": "2024-05-06T12:30:00+02:00"}, {"seen": "2024-05-06T10:30:00Z"}) == []
    assert told({"seen": "2024-05-06T10:30:00Z"}, {"seen": 1714991400}) == []
    assert told({"vip": "false"}, {"vip": False}) == []
    assert told({"vip": "false"}, {"vip": "true"}) == [("vip", "false", "true")]
    assert told({"vip": "perhaps"}, {"vip": False}) == [("vip", "perhaps", False)]


def test_of_a_list_only_what_came_and_went_is_told() -> None:
    one, two, three = {"text": "one"}, {"text": "two"}, {"text": "three"}
    assert told({"notes": [one, two]}, {"notes": [two, three]}) == [("notes", [one], [three])]
    assert told({"notes": [one]}, {"notes": [one, two]}) == [("notes", [], [two])]
    assert told({"langs": ["en", "fr"]}, {"langs": ["fr", "en"]}) == [("langs", ["en", "fr"], ["fr", "en"])]
    assert told({"notes": one}, {"notes": [one]}) == [("notes", one, [one])]


def test_what_no_document_names_is_told_too() -> None:
    was = {"tier": "gold", "address": {"city": "Bonn", "unit": 4}, "gone": 1}
    now = {"tier": "silver", "address": {"city": "Bonn", "unit": 5}, "new": 2}
    assert told(was, now) == [
        ("tier", "gold", "silver"),
        ("address.unit", 4, 5),
        ("gone", 1, None),
        ("new", None, 2),
    ]


def test_too_deep_to_compare_counts_as_changed() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert [path for path, _, _ in told({"name": deep}, {"name": [deep]})] == ["name"]


def test_each_revision_says_what_it_changed_since_the_one_before() -> None:
    kept = [
        Revision(3, "2024-05-06T10:30:00Z", {"name": "C", "version": 3, "changed": "2024-05-06T12:30:00+02:00"}),
        Revision(2, "2024-05-05T10:30:00Z", {"name": "B", "version": 2, "changed": "2024-05-05T10:30:00Z"}),
        Revision(1, "", {"name": "A", "version": 1, "changed": ""}),
    ]
    steps = history(kept, SPECS)
    assert [step.revision.number for step in steps] == [3, 2, 1]
    assert [step.first for step in steps] == [False, False, True]
    assert [[change.spec.path for change in step.changes] for step in steps] == [["name"], ["name"], []]
    assert history([], SPECS) == ()


def test_a_number_that_a_person_wrote_is_a_change_even_if_it_is_the_revisions() -> None:
    specs = (FieldSpec("age", "Age", FieldKind.NUMBER),)
    steps = history([Revision(2, "", {"age": 2}), Revision(1, "", {"age": 1})], specs)
    assert [change.spec.path for change in steps[0].changes] == ["age"]


def test_find_goes_down_a_dotted_path() -> None:
    assert find({"a": {"b": 1}}, "a.b") == 1
    assert find({"a": [1]}, "a.b") is None
    assert find(None, "a") is None


def test_undocumented_opens_groups_once_and_where_a_documented_path_goes_deeper() -> None:
    specs = (FieldSpec("a.b.c", "C"), FieldSpec("d", "D"))
    raw = {"a": {"b": {"c": 1, "x": 2}, "y": 3}, "d": {"z": 4}, "e": {"f": {"g": 5}}, "h": [], "i": {}}
    assert dict(undocumented(raw, specs)) == {"a.b.x": 2, "a.y": 3, "e.f": {"g": 5}, "h": [], "i": {}}
    assert dict(undocumented({"a": None}, specs)) == {}
    assert dict(undocumented({"a": "text"}, specs)) == {"a": "text"}
    wide = {"w": {str(number): number for number in range(61)}}
    assert dict(undocumented(wide, specs)) == wide
