"""Three-way merge by field: nothing is lost, nothing is made up, and a clash is told only where both sides changed."""

from __future__ import annotations

import copy
import time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.fields import FieldKind, FieldSpec, find
from crmdesk.core.merge import Rebased, alike, differences, folded, is_empty, opposite, overlay, rebase, same
from crmdesk.core.outbox import FieldChange
from tests.helpers.any_json import ANY_JSON

K = FieldKind
SPECS = (
    FieldSpec("name", "Name"),
    FieldSpec("address.city", "City"),
    FieldSpec("address.code", "Country", K.COUNTRY),
    FieldSpec("vip", "VIP", K.FLAG),
    FieldSpec("age", "Age", K.NUMBER),
    FieldSpec("born", "Born", K.DATE),
    FieldSpec("seen", "Seen", K.TIME),
    FieldSpec("langs", "Languages", K.LANGUAGES, required=True),
    FieldSpec("tags", "Tags", K.CHOICES),
    FieldSpec("phones", "Phones", K.PHONES),
    FieldSpec("text", "Notes", K.LINES),
    FieldSpec(
        "fields",
        "Custom fields",
        K.RECORDS,
        parts=(FieldSpec("key", "Name"), FieldSpec("value", "Value"), FieldSpec("by", "By", writable=False)),
    ),
)
BY_PATH = {spec.path: spec for spec in SPECS}
MANY = settings(max_examples=5000, deadline=None)


def change(path: str, was: Any, now: Any) -> FieldChange:
    return FieldChange(path, was, now)


def told(path: str, base: Any, mine: Any, theirs: Any) -> Any:
    """What becomes of one field: its merged value, "clash", or "done"."""
    found = rebase([change(path, base, mine)], overlay({}, [change(path, None, theirs)]), SPECS)
    if found.clashes:
        (clash,) = found.clashes
        assert (clash.base, clash.mine) == (base, mine)
        assert same(clash.theirs, theirs)
        return "clash"
    if found.done:
        return "done"
    (send,) = found.send
    assert same(send.was, theirs)
    return send.now


def phone(label: str, number: str, **more: Any) -> dict[str, Any]:
    return {"label": label, "number": number, **more}


# ── values ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_nothing_is_nothing_however_it_is_written(nothing: Any) -> None:
    assert is_empty(nothing)
    assert same(nothing, None)
    assert same({"a": 1, "b": nothing}, {"a": 1})


@pytest.mark.parametrize("something", [0, False, 0.0, " ", [None], "0", Decimal(0), [[]]])
def test_no_and_nought_are_something(something: Any) -> None:
    assert not is_empty(something)
    assert not same(something, None)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, True, False),
        (0, False, False),
        ("1", 1, False),
        (1, 1.0, True),
        (0.1, Decimal("0.1"), True),
        (Decimal("12.50"), 12.5, True),
        (float("nan"), float("nan"), True),
        (["a", "b"], ["b", "a"], False),
        ([""], [], False),
        ([["a"], "b"], [["a", "b"]], False),
        ({"a": {"b": 1}}, {"a": {}, "b": 1}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": "b"}, ["a", "b"], False),
        ("[", ["["], False),
    ],
)
def test_values_are_the_same_when_they_say_the_same(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is same(other, one) is equal


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        ("seen", "2024-05-01T10:00:00Z", "2024-05-01T12:00:00+02:00"),
        ("seen", "1714557600", "2024-05-01T10:00:00Z"),
        ("born", "1990-01-31", {"year": 1990, "month": "1", "day": 31}),
        ("born", "1990-01-31T00:00:00Z", "1990-01-31"),
        ("vip", True, "true"),
        ("age", 34, "34"),
        ("text", "a\r\nb", "a\nb"),
        ("fields", [{"key": "a", "value": "b"}], [{"key": "a", "value": "b", "by": "Ana"}]),
    ],
)
def test_another_spelling_of_a_value_is_no_change(path: str, one: Any, other: Any) -> None:
    assert alike(BY_PATH[path], one, other)
    assert not same(one, other)
    assert told(path, "x", one, other) == "done"


@pytest.mark.parametrize(
    ("path", "one", "other"),
    [
        ("born", {"year": "abc", "month": 1, "day": 1}, {"year": "xyz", "month": 1, "day": 1}),
        ("born", {"month": 1, "day": 1}, {"year": 1990, "month": 1, "day": 1}),
        ("vip", False, None),
        ("vip", "maybe", "perhaps"),
        ("age", 0, ""),
        ("age", "x", "y"),
        ("name", "ana", "Ana"),
        ("phones", [phone("a", "0612")], [phone("a", "06 12")]),
    ],
)
def test_what_can_be_read_in_no_way_stays_apart(path: str, one: Any, other: Any) -> None:
    assert not alike(BY_PATH[path], one, other)


# ── changes ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_overlay_is_a_copy_and_makes_the_objects_it_needs() -> None:
    raw = {"name": "Ana", "address": {"city": "Bonn", "zip": "1"}, "x": 5, "phones": [phone("a", "1")]}
    before = copy.deepcopy(raw)
    found = overlay(raw, [change("address.city", "Bonn", "Köln"), change("address.code", None, "DE")])
    assert found == {**before, "address": {"city": "Köln", "zip": "1", "code": "DE"}}
    assert overlay(raw, [change("a.b.c", None, 1)])["a"] == {"b": {"c": 1}}
    assert overlay(raw, [change("x.y", None, 1)])["x"] == {"y": 1}
    assert overlay(raw, [change("phones", raw["phones"], [])])["phones"] is None
    assert overlay(raw, [change("name", "Ana", "")])["name"] is None
    assert raw == before


def test_an_overlay_never_writes_into_the_values_of_its_changes() -> None:
    given_value = {"city": "Bonn"}
    found = overlay({}, [change("address", None, given_value), change("address.city", "Bonn", "Köln")])
    assert found == {"address": {"city": "Köln"}}
    assert given_value == {"city": "Bonn"}


def test_folding_keeps_what_was_seen_first_and_is_wanted_last() -> None:
    older = (change("name", "Ana", "Eva"), change("age", 1, 2))
    newer = (change("age", 2, 1), change("name", "Eva", "Ida"), change("vip", None, False))
    assert folded(older, newer) == (change("name", "Ana", "Ida"), change("vip", None, False))
    assert folded((), (change("name", None, ""),)) == ()


def test_differences_are_those_of_the_documented_fields() -> None:
    before = {"name": "Ana", "other": 1, "text": "a\r\nb", "langs": ["de"]}
    after = {"name": "Eva", "other": 2, "text": "a\nb", "langs": ["de", "fr"], "address": {"city": ""}}
    assert differences(before, after, SPECS) == (change("name", "Ana", "Eva"), change("langs", ["de"], ["de", "fr"]))


# ── one field ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("path", "base", "mine", "theirs", "becomes"),
    [
        ("name", "Ana", "Eva", "Ana", "Eva"),
        ("name", "Ana", "Eva", "Eva", "done"),
        ("name", "Ana", "Eva", "Ida", "clash"),
        ("name", None, "Eva", "", "Eva"),
        ("name", "Ana", None, "Ana", None),
        ("name", "Ana", None, "", "done"),
        ("name", "Ana", "Ana", "Eva", "done"),  # nothing was wanted
        ("age", 1, 0, 1, 0),
        ("age", None, 0, None, 0),
        ("vip", None, False, None, False),
        ("vip", True, False, None, "clash"),
        ("unknown.path", "a", "b", "a", "b"),
        ("unknown.path", ["a"], ["a", "b"], ["a", "c"], "clash"),
    ],
)
def test_a_scalar_clashes_only_where_both_sides_changed_it(
    path: str, base: Any, mine: Any, theirs: Any, becomes: Any
) -> None:
    assert told(path, base, mine, theirs) == becomes


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "becomes"),
    [
        (["de"], ["de", "fr"], ["de", "es"], ["de", "es", "fr"]),
        (["de", "fr"], ["fr"], ["de", "fr", "es"], ["fr", "es"]),
        (["de"], ["de", "fr"], ["fr", "de", "es"], "done"),
        (["de", "fr"], ["fr", "de"], ["de", "fr", "es"], ["fr", "de", "es"]),  # only we changed the order
        (["de", "fr"], ["fr", "de", "it"], ["fr", "de", "es"], ["fr", "de", "es", "it"]),
        ([], ["de"], ["de", "fr"], "done"),
        (["de", "fr"], ["de"], ["fr"], "clash"),  # each removed another: nobody wanted none at all
        (["de"], 5, ["de", "fr"], "clash"),
    ],
)
def test_languages_merge_as_a_set_in_the_vendors_order(base: Any, mine: Any, theirs: Any, becomes: Any) -> None:
    assert told("langs", base, mine, theirs) == becomes


def test_a_set_that_may_be_empty_never_clashes() -> None:
    assert told("tags", ["a", "b"], ["a"], ["b"]) == []
    assert told("tags", None, ["a"], ["b"]) == ["b", "a"]


HOME, MOBILE, FAX = phone("home", "030 1"), phone("mobile", "+49 171"), phone("fax", "030 9")


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "becomes"),
    [
        ([HOME], [HOME, MOBILE], [HOME, FAX], [HOME, FAX, MOBILE]),
        ([HOME, MOBILE], [MOBILE], [HOME, MOBILE, FAX], [MOBILE, FAX]),
        ([HOME, MOBILE], [phone("home", "030 2"), MOBILE], [HOME, phone("mobile", "+49 172")],
         [phone("home", "030 2"), phone("mobile", "+49 172")]),
        ([HOME], [phone("home", "030 2")], [phone("home", "030 3")], "clash"),
        ([HOME], [phone("office", "030 1")], [phone("home", "030 3")], "clash"),  # label here, number there
        ([HOME], [phone("a", "1111")], [phone("b", "2222")], "clash"),  # the same line, quite another one on both
        ([HOME, MOBILE], [MOBILE], [phone("home", "030 2"), MOBILE], "clash"),  # removed here, changed there
        ([HOME, MOBILE], [phone("home", "030 2"), MOBILE], [MOBILE], "clash"),  # changed here, removed there
        ([HOME, MOBILE], [MOBILE], [phone("home", "0301"), MOBILE], [MOBILE]),  # removed here, respelled there
        ([HOME], [HOME, MOBILE], [HOME, phone("mobile", "+49171")], "done"),  # the vendor spells what we had sent
        ([HOME], [phone("home", "0301"), MOBILE], [HOME, FAX], [phone("home", "0301"), FAX, MOBILE]),
        ([HOME, MOBILE], [MOBILE, HOME], [HOME, MOBILE, FAX], [MOBILE, HOME, FAX]),
        ([HOME, MOBILE], [MOBILE, HOME, FAX], [MOBILE, HOME], [MOBILE, HOME, FAX]),
        ([HOME], [], [HOME, FAX], [FAX]),
        ([HOME, HOME], [HOME], [HOME, HOME, FAX], [HOME, FAX]),
        ("030 1", "030 2", "0302", "done"),
        ("030 1", "030 2", "030 3", "clash"),
        (HOME, MOBILE, FAX, "clash"),
        ([HOME], ["030 5"], "030 6", "clash"),
    ],
)  # fmt: skip
def test_phones_merge_line_by_line(base: Any, mine: Any, theirs: Any, becomes: Any) -> None:
    assert told("phones", base, mine, theirs) == becomes


A, B, C = ({"key": key, "value": "1"} for key in "abc")
A2, A3 = {"key": "a", "value": "2"}, {"key": "a", "value": "3"}


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "becomes"),
    [
        ([A], [A, B], [A, C], [A, C, B]),
        ([A, B], [A2, B], [B, A, C], [B, A2, C]),
        ([A, B], [B], [A, B, C], [B, C]),
        ([A], [A2], [A3], "clash"),
        ([A], [A2], [B, A], [B, A2]),
        ([A, B], [A2, B], [B], "clash"),
        ([], [A], [{**A, "by": "Ana"}], "done"),  # it had arrived: the vendor added who wrote it
        ([A], [A, B], [{**A, "by": "Ana"}], [{**A, "by": "Ana"}, B]),
    ],
)
def test_records_merge_entry_by_entry(base: Any, mine: Any, theirs: Any, becomes: Any) -> None:
    assert told("fields", base, mine, theirs) == becomes


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "becomes"),
    [
        ("a\nb\nc", "A\nb\nc", "a\nb\nC", "A\nb\nC"),
        ("a\nb\nc", "a\nb\nc\nd", "x\na\nb\nc", "x\na\nb\nc\nd"),
        ("a\nb", "A\nb", "a\nB", "A\nB"),
        ("a\nb\nc", "a\nc", "a\nb\nc\nd", "a\nc\nd"),
        ("a\nb", "A\nb", "X\nb", "clash"),
        ("a", "a\nmine", "a\ntheirs", "clash"),  # nobody can say which stands first
        ("a\nb", "", "a\nb\nc", "clash"),
        ("a\nb", "A\nb\nc", "A\nb", "A\nb\nc"),
        ("", "mine", "theirs", "clash"),
        ("a\r\nb\r\nc", "A\nb\nc", "a\r\nb\r\nC", "A\r\nb\r\nC"),
        ("a\nb\nc", "A\nb\nc", 7, "clash"),
        (["a"], "A", "b", "clash"),
    ],
)
def test_long_texts_merge_line_by_line_where_that_is_clean(base: Any, mine: Any, theirs: Any, becomes: Any) -> None:
    assert told("text", base, mine, theirs) == becomes


def test_hostile_values_take_neither_the_stack_nor_the_afternoon() -> None:
    deep: Any = "x"
    for _ in range(20_000):
        deep = [deep]
    long = "\n".join(["x", "y"] * 20_000)
    many = [phone("a", str(number)) for number in range(2_000)]
    began = time.perf_counter()
    for path in BY_PATH:
        for value in (deep, {"a": deep}, [deep], "z" * 2_000_000, long, many, "\ud800", {"number": deep}):
            told(path, "old", value, "new")
            told(path, [1], [1, value], [1, "other"])
            assert told(path, "old", value, value) == "done"
    told("phones", many, many[1:], [*many, HOME])
    assert told("text", long, f"{long}a", f"b{long}") == "clash"
    lines = (["x", "y"] * 150, (["x", "y", "z"] * 100), (["x", "x", "y"] * 100))
    told("text", *("\n".join(text) for text in lines))
    assert time.perf_counter() - began < 30


# ── promises, by 5,000 triples each ──────────────────────────────────────────────────────────────────────────────────

WORD = st.sampled_from(["Ana", "Eva", "Ida", "", None])
PHONE = st.builds(phone, st.sampled_from(["home", "mobile", "fax"]), st.sampled_from(["0301", "030 1", "171", "9"]))
RECORD = st.builds(lambda key, value: {"key": key, "value": value}, st.sampled_from("abc"), st.sampled_from("12"))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "name": WORD,
    "address.city": WORD,
    "vip": st.sampled_from([None, False, True, "true"]),
    "age": st.sampled_from([None, 0, 1, "1"]),
    "langs": st.lists(st.sampled_from(["de", "fr", "es", "it"]), max_size=4),
    "tags": st.lists(st.sampled_from(["a", "b", "c"]), max_size=4),
    "phones": st.lists(PHONE, max_size=4),
    "text": st.lists(st.sampled_from("abcd"), max_size=5).map("\n".join),
    "fields": st.lists(RECORD, max_size=3),
    "unknown": WORD,
}
SMALL_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.sampled_from(["", "a", "0301", "\ud800", 0.5, float("nan")]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)
Triple = tuple[str, Any, Any, Any]


@st.composite
def triples(draw: st.DrawFn, paths: tuple[str, ...] = tuple(VALUES)) -> Triple:
    """A field and its value in the base, here and there: often as documented, now and then just any JSON."""
    path = draw(st.sampled_from(paths))
    values = [draw(VALUES[path] if draw(st.integers(0, 5)) else SMALL_JSON) for _ in range(3)]
    return (path, values[0], values[1], values[2])


def nested(**values: Any) -> dict[str, Any]:
    return overlay({}, [change(path, None, value) for path, value in values.items()])


def rebased(path: str, base: Any, mine: Any, theirs: Any) -> Rebased:
    return rebase([change(path, base, mine)], nested(**{path: theirs}), SPECS)


def pieces(value: Any) -> list[Any]:
    """What a value is put together of: entries of a list, lines of a text."""
    if isinstance(value, list):
        return value
    return value.replace("\r\n", "\n").split("\n") if isinstance(value, str) else [value]


@MANY
@given(triples())
def test_merging_keeps_its_promises(triple: Triple) -> None:
    """No value comes from nowhere, only what both changed clashes and clashes for both, merging again does nothing."""
    path, base, mine, theirs = triple
    found = rebased(path, base, mine, theirs)
    assert len(found.send) + len(found.done) + len(found.clashes) == 1
    for send in found.send:
        known = [*pieces(mine), *pieces(theirs)]
        assert all(any(same(piece, one) for one in known) or is_empty(piece) for piece in pieces(send.now))
        assert same(send.was, theirs)
    for clash in found.clashes:
        assert not (same(mine, base) or same(theirs, base) or same(mine, theirs))
        assert (clash.base, clash.mine) == (base, mine) or base != base or mine != mine  # NaN is not itself
    assert bool(found.clashes) is bool(rebased(path, base, theirs, mine).clashes)
    arrived = overlay(nested(**{path: theirs}), found.send)
    again = rebase(found.send, arrived, SPECS)
    assert (again.send, again.clashes) == ((), ())
    kept = find(arrived, path)
    if same(base, theirs) and not same(base, mine):
        assert alike(spec_of(path), kept, mine)
    if same(base, mine):
        assert same(kept, theirs)


def spec_of(path: str) -> FieldSpec:
    return BY_PATH.get(path, FieldSpec(path, path))


@settings(max_examples=1000, deadline=None)
@given(triples(("name", "phones", "text", "vip")), triples(("langs", "fields", "address.city", "age")))
def test_edits_of_different_fields_both_survive(ours: Triple, other: Triple) -> None:
    """We change one field, they another."""
    (path, base, mine, _), (their_path, their_base, _, theirs) = ours, other
    now_there = nested(**{path: base, their_path: theirs})
    found = rebase([change(path, base, mine), change(their_path, their_base, their_base)], now_there, SPECS)
    assert not found.clashes
    result = overlay(now_there, found.send)
    assert alike(spec_of(path), find(result, path), mine)
    assert same(find(result, their_path), theirs)


@st.composite
def phone_edits(draw: st.DrawFn) -> tuple[list[Any], list[Any], list[Any], list[Any]]:
    """A list, two edits of different lines of it, and the lines that must be in the merged one."""
    count = draw(st.integers(0, 5))
    base = [phone(f"label {place}", f"0{place}00") for place in range(count)]
    owners = draw(st.lists(st.sampled_from("mt-"), min_size=count, max_size=count))
    sides: dict[str, list[Any]] = {"m": [], "t": []}
    wanted = []
    for place, (line, owner) in enumerate(zip(base, owners, strict=True)):
        becomes = draw(st.sampled_from([phone(f"label {place}", f"0{place}99"), None])) if owner in "mt" else line
        for side, lines in sides.items():
            kept = becomes if side == owner else line
            lines += [kept] if kept else []
        wanted += [becomes] if becomes else []
    for side, lines in sides.items():
        added = [phone(f"{side} {number}", f"{ord(side)}{number}77") for number in range(draw(st.integers(0, 2)))]
        lines += added
        wanted += added
    return base, sides["m"], sides["t"], wanted


@MANY
@given(phone_edits())
def test_edits_of_different_phone_lines_both_survive(lines: Any) -> None:
    base, mine, theirs, wanted = lines
    found = rebase([change("phones", base, mine)], {"phones": theirs}, SPECS)
    assert not found.clashes or _moved_up(base, mine, theirs)
    result = find(overlay({"phones": theirs}, found.send), "phones") or []
    if not found.clashes:
        assert sorted(map(str, result)) == sorted(map(str, wanted))


def _moved_up(base: list[Any], mine: list[Any], theirs: list[Any]) -> bool:
    """A line that came into the place of a removed one may be taken for the same line, changed."""
    return any(len(side) <= len(base) and any(line not in base for line in side) for side in (mine, theirs))


@MANY
@given(st.lists(st.sampled_from("abcdef"), unique=True), st.data())
def test_edits_of_different_lines_of_a_text_both_survive(letters: list[str], data: st.DataObject) -> None:
    base = [line for letter in letters for line in (f"keep {letter}", letter)]  # an untouched line between any two
    owners = {letter: data.draw(st.sampled_from("mt-")) for letter in letters}
    text = {side: [f"{side} {line}" if owners.get(line) == side else line for line in base] for side in "mt"}
    found = told("text", "\n".join(base), "\n".join(text["m"]), "\n".join(text["t"]))
    wanted = [f"{owners[line]} {line}" if owners.get(line, "-") != "-" else line for line in base]
    assert found == ("done" if wanted == text["t"] else "\n".join(wanted))


@MANY
@given(triples())
def test_changes_fold_and_turn_back(triple: Triple) -> None:
    path, base, mine, theirs = triple
    first, second = [change(path, base, mine)], [change(path, mine, theirs)]
    assert opposite(opposite(first)) == tuple(first)
    assert folded(first, opposite(first)) == ()
    both = folded(first, second)
    assert bool(both) is not same(base, theirs)
    assert all(item.was is base and item.now is theirs for item in both)
    raw = nested(**{path: base})
    assert same(overlay(raw, both), nested(**{path: theirs}))
    assert same(overlay(overlay(raw, first), opposite(first)), raw)


@settings(max_examples=500, deadline=None)
@given(ANY_JSON, ANY_JSON, ANY_JSON, st.sampled_from([*BY_PATH, "", ".", "a..b"]))
def test_any_json_is_merged_without_an_error(was: Any, now: Any, raw: Any, path: str) -> None:
    before = copy.deepcopy(raw)
    found = rebase([change(path, was, now)], raw, SPECS)
    assert len(found.send) + len(found.done) + len(found.clashes) == 1
    overlay(raw, found.send)
    differences(raw, was, SPECS)
    assert same(raw, before)
