"""Three-way merge by field: nothing is lost, nothing is made up, and a clash is told only where both sides changed."""

from __future__ import annotations

import copy
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import chain, product
from random import Random
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
MANY = settings(max_examples=1000, deadline=None)  # 5,000 by command, see `test_five_thousand_triples`


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
        ("born", "--10-04", {"month": 10, "day": "4"}),
        ("born", "--02-29", {"year": None, "month": 2, "day": 29}),
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
        ("born", "--02-30", {"month": 2, "day": 30}),
        ("born", "--01-31", "1990-01-31"),
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
        ([HOME], [phone("home", "1" * 70 + "2")], [phone("home", "1" * 70 + "3")], "clash"),  # beyond what is compared
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
    for _ in range(5_000):
        deep = [deep]
    long = "\n".join(["x", "y"] * 20_000)
    many = [phone("a", str(number)) for number in range(1_000)]
    began = time.process_time()
    for path in BY_PATH:
        for value in (deep, {"a": deep}, [deep], "z" * 1_000_000, long, many, "\ud800", {"number": deep}):
            told(path, "old", value, "new")
            told(path, [1], [1, value], [1, "other"])
            assert told(path, "old", value, value) == "done"
    told("phones", many, many[1:], [*many, HOME])
    assert told("text", long, f"{long}a", f"b{long}") == "clash"
    lines = (["x", "y"] * 150, (["x", "y", "z"] * 100), (["x", "x", "y"] * 100))
    told("text", *("\n".join(text) for text in lines))
    assert time.process_time() - began < 15


# ── promises, by 5,000 triples each ──────────────────────────────────────────────────────────────────────────────────

WORDS = ["Ana", "Eva", "Ida", "", None]
ODD = [
    None,
    0,
    7,
    0.5,
    True,
    "",
    "a",
    "030 1",
    "\ud800",
    float("nan"),
    [],
    {},
    [[]],
    ["a"],
    [1, "a"],
    {"a": 1},
    {"a": {}},
]
VALUES: dict[str, Callable[[Random], Any]] = {
    "name": lambda rng: rng.choice(WORDS),
    "address.city": lambda rng: rng.choice(WORDS),
    "unknown": lambda rng: rng.choice(WORDS),
    "vip": lambda rng: rng.choice([None, False, True, "true"]),
    "age": lambda rng: rng.choice([None, 0, 1, "1"]),
    "langs": lambda rng: rng.choices(["de", "fr", "es", "it"], k=rng.randrange(5)),
    "tags": lambda rng: rng.choices("abc", k=rng.randrange(5)),
    "phones": lambda rng: [
        phone(rng.choice(["home", "mobile", "fax"]), rng.choice(["0301", "030 1", "171", "9"]))
        for _ in range(rng.randrange(5))
    ],
    "text": lambda rng: "\n".join(rng.choices("abcd", k=rng.randrange(6))),
    "fields": lambda rng: [{"key": rng.choice("abc"), "value": rng.choice("12")} for _ in range(rng.randrange(4))],
}
Triple = tuple[str, Any, Any, Any]


def triples(*paths: str) -> st.SearchStrategy[Triple]:
    """A field and its value in the base, here and there: mostly as documented, now and then something odd.

    One draw each: with a draw for every part, 5,000 of them take half a minute."""

    def made(seed: int) -> Triple:
        rng = Random(seed)
        path = rng.choice(paths or tuple(VALUES))
        one, two, three = (VALUES[path](rng) if rng.randrange(7) else rng.choice(ODD) for _ in range(3))
        return (path, one, two, three)

    return st.integers(0, 2**62).map(made)


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


@settings(max_examples=400, deadline=None)
@given(triples("name", "phones", "text", "vip"), triples("langs", "fields", "address.city", "age"))
def test_edits_of_different_fields_both_survive(ours: Triple, other: Triple) -> None:
    """We change one field, they another."""
    (path, base, mine, _), (their_path, their_base, _, theirs) = ours, other
    now_there = nested(**{path: base, their_path: theirs})
    found = rebase([change(path, base, mine), change(their_path, their_base, their_base)], now_there, SPECS)
    assert not found.clashes
    result = overlay(now_there, found.send)
    assert alike(spec_of(path), find(result, path), mine)
    assert same(find(result, their_path), theirs)


def test_edits_of_different_phone_lines_both_survive() -> None:
    """Every way to touch up to four lines, each by one side or none, with up to two new ones on both: 7,000 of them."""
    for touched in tuples(["", "m changes", "m removes", "t changes", "t removes"], most=4):
        for ours, others in product(range(3), repeat=2):
            added = {
                "m": [phone(f"m {number}", f"10{number}77") for number in range(ours)],
                "t": [phone(f"t {number}", f"20{number}77") for number in range(others)],
            }
            base = [phone(f"label {place}", f"0{place}00") for place in range(len(touched))]
            becomes = [_touched(place, what) for place, what in enumerate(touched)]
            mine, theirs = (_side(side, base, touched, becomes) + added[side] for side in "mt")
            found = rebase([change("phones", base, mine)], {"phones": theirs}, SPECS)
            assert not found.clashes, (base, mine, theirs)
            result = find(overlay({"phones": theirs}, found.send), "phones") or []
            wanted = [line for line in becomes if line] + added["m"] + added["t"]
            assert Counter(map(str, result)) == Counter(map(str, wanted)), (base, mine, theirs)


def tuples(values: list[str], most: int) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(product(values, repeat=length) for length in range(most + 1))


def _touched(place: int, what: str) -> dict[str, Any] | None:
    if what.endswith("removes"):
        return None
    return phone(f"label {place}", f"0{place}99" if what else f"0{place}00")


def _side(side: str, base: list[Any], touched: tuple[str, ...], becomes: list[Any]) -> list[Any]:
    lines = [new if what.startswith(side) else old for old, what, new in zip(base, touched, becomes, strict=True)]
    return [line for line in lines if line]


def test_edits_of_different_lines_of_a_text_both_survive() -> None:
    """Every way to share up to seven lines out, with an untouched line between any two: 3,000 of them."""
    for owners in tuples(["", "m", "t"], most=7):
        base = [f"line {number}" for number in range(2 * len(owners))]
        wanted, sides = list(base), {"m": list(base), "t": list(base)}
        for number, owner in enumerate(owners):
            if owner:
                sides[owner][2 * number] = wanted[2 * number] = f"{owner} {number}"
        found = told("text", "\n".join(base), "\n".join(sides["m"]), "\n".join(sides["t"]))
        assert found == ("done" if wanted == sides["t"] else "\n".join(wanted)), owners


@MANY
@given(triples())
def test_changes_fold_and_turn_back(triple: Triple) -> None:
    path, base, mine, theirs = triple
    first, second = [change(path, base, mine)], [change(path, mine, theirs)]
    assert [(one.path, one.was, one.now) for one in opposite(opposite(first))] == [(path, base, mine)]
    assert folded(first, opposite(first)) == ()
    both = folded(first, second)
    assert bool(both) is not same(base, theirs)
    assert all(item.was is base and item.now is theirs for item in both)
    raw = nested(**{path: base})
    assert same(overlay(raw, both), nested(**{path: theirs}))
    assert same(overlay(overlay(raw, first), opposite(first)), raw)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("test", [test_merging_keeps_its_promises, test_changes_fold_and_turn_back])
def test_five_thousand_triples(test: Any) -> None:
    settings(max_examples=5000, deadline=None)(given(triples())(test.hypothesis.inner_test))()


@settings(max_examples=500, deadline=None)
@given(ANY_JSON, ANY_JSON, ANY_JSON, st.sampled_from([*BY_PATH, "", ".", "a..b"]))
def test_any_json_is_merged_without_an_error(was: Any, now: Any, raw: Any, path: str) -> None:
    before = copy.deepcopy(raw)
    found = rebase([change(path, was, now)], raw, SPECS)
    assert len(found.send) + len(found.done) + len(found.clashes) == 1
    overlay(raw, found.send)
    differences(raw, was, SPECS)
    assert same(raw, before)
