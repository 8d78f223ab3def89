"""Every example of the search grammar finds what its table promises (UX-SRC-02 to 04, 08 to 10)."""

from __future__ import annotations

from typing import Any

import pytest

from crmdesk.core.query import parse
from crmdesk.core.text import fold
from crmdesk.core.types import STATE_FLAGS, Consent, Flag, Sort, State
from crmdesk.store import accounts, in_order
from crmdesk.store.database import driver_of
from tests.unit.store.made import NOW, Desk, contact

PEOPLE = [
    contact("1", first="Anna Maria", last="Rossi", city="Berlin", email="anna@example.com", type="guest",
            updated_at="2026-01-05T08:00:00Z", created_at="2021-02-03T00:00:00Z", country="DE", languages=["de", "it"],
            flags=Flag.CONSENT_YES),
    contact("2", first="Maria", last="Anna", city="Hamburg", type="booker", updated_at="2025-11-01T00:00:00Z",
            created_at="2021-03-31T23:59:59Z", country="DE", phone="+33 (0)6 123.123.123",
            flags=Flag.CONSENT_NO | Flag.FORGET),
    contact("3", first="Łukasz", last="Großmann", city="Łódź", company="Ångström AB", notes="Prefers room 10:30 late",
            created_at="2021-04-01T00:00:00Z", country="PL", phone=["0049 30 1234567", "+48 22 555 66 77"],
            flags=Flag.CONSENT_NEVER, type="Group leader"),
    contact("4", first="Søren", last="Æbelø", city="København", flags=Flag.RESTRICTED, email="soren@mail.example.org"),
    contact("5", first="小林", last="太郎", city="東京", website="https://example.net/anna"),
    contact("6", first="ＦＵＬＬ", last="Width", city="Köln", address="Berliner Allee 7", flags=Flag.CANCELLED),
]  # fmt: skip


@pytest.fixture
def filled(desk: Desk) -> Desk:
    desk.apply(PEOPLE)
    desk.apply([contact("7", first="Anna", last="Other")], account=desk.add_account("Annex", "other"))
    return desk


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "1234567"),
        ("anna berlin", "1"),
        ('"anna maria"', "1"),
        ('name:"maria anna"', "2"),
        ("city:berlin,hamburg -has:email", "2"),
        ("06 12 31", "2"),
        ("0612312", "2"),
        ("+33612312", "2"),
        ("123123", "2"),
        ("5566", "3"),
        ("030 1234567", "3"),
        ("(type:guest OR type:booker) updated:7d", "1"),
        ("vendor:bookingsync is:restricted", "4"),
        ("type:guest", "1"),
        ('type:"group leader"', "3"),
        ("type:lead", "3"),
        ("has:email type:guest", "1"),
        ("consent:yes", "1"),
        ("consent:no", "2"),
        ("consent:never", "3"),
        ("consent:yes,never", "13"),
        ("-consent:yes", "234567"),
        ("-consent:yes,no,never", "4567"),
        ("consent:no is:forget", "2"),
        ("is:forget", "2"),
        ("stale:>1d", ""),
        ("created:2021-01..2021-03", "12"),
        ("10:30", "3"),
        ("naem:anna", ""),
        ("lodz", "3"),
        ("GROSSMANN", "3"),
        ("angstrom", "3"),
        ("aebelo", "4"),
        ("kobenhavn", "4"),
        ("full köln", "6"),
        ("林", "5"),
        ("東京", "5"),
        ("berlin", "16"),
        ("city:berlin", "1"),
        ("anna@example.com", "1"),
        ("anna@example.c", "1"),
        ("example.org", "4"),
        ("mail.example", "4"),
        ("vendor:other", "7"),
        ("account:annex", "7"),
        ("is:cancelled", "6"),
        ("country:de", "12"),
        ("lang:it", "1"),
        ("has:website -anna", ""),
        ("anna -maria", "57"),
        ("anna OR lodz", "12357"),
        ("id:3", "3"),
        ("zzz", ""),
    ],
)
async def test_example(filled: Desk, text: str, found: str) -> None:
    assert sorted(await filled.found(text)) == sorted(found)


def test_a_mistyped_field_name_gets_a_hint() -> None:
    assert [hint.text for hint in parse("naem:anna", now=NOW).hints] == ["Did you mean name:?"]


async def test_contacts_not_confirmed_for_a_day_are_stale(filled: Desk) -> None:
    filled.apply([contact("8", first="Old")], now="2026-01-01T00:00:00Z")
    assert await filled.found("stale:>1d") == ["8"]


async def test_the_hidden_field_that_matched_is_named(filled: Desk) -> None:
    hits = await filled.hits("room")
    assert [row.found_in for row in hits.first] == ["notes"]
    hits = await filled.hits("lodz")
    assert [row.found_in for row in hits.first] == [""]
    hits = await filled.hits("allee full")
    assert [row.found_in for row in hits.first] == ["address"]
    hits = await filled.hits("notes:room")
    assert [row.found_in for row in hits.first] == [""], "asked for by its name"


async def test_the_blocking_term_is_named(filled: Desk) -> None:
    query = parse("anna berlin zzz", now=NOW)
    assert await filled.reader.blocking_terms(query) == [("anna", 0), ("berlin", 0), ("zzz", 1)]


async def test_scope_counts_only_its_account(filled: Desk) -> None:
    annex = filled.add_account("Annex")
    hits = await filled.hits("anna", account=annex)
    assert (len(hits.ids), hits.total) == (1, 1)
    assert (await filled.hits("anna")).total == 7


@pytest.mark.parametrize("column", ["city", "email", "country", "created", "updated"])
async def test_empty_values_stand_last_in_either_direction(filled: Desk, column: str) -> None:
    for descending in (False, True):
        hits = await filled.hits("", sort=(Sort(column, descending),))
        field = {"created": "created_at", "updated": "updated_at"}.get(column, column)
        values = [getattr(row, field) for row in hits.first]
        assert len(values) == 7
        given = [value for value in values if value]
        assert values == given + [""] * (len(values) - len(given))
        assert given == sorted(given, key=fold if column == "city" else str.lower, reverse=descending)


async def test_consents_are_sorted_by_their_answer_and_contacts_without_one_stand_last(filled: Desk) -> None:
    for descending, answers in ((False, "123"), (True, "321")):
        hits = await filled.hits("", sort=(Sort("consent", descending),))
        consents = [Flag(row.flags).consent for row in hits.first]
        assert consents[:3] == [(Consent.YES, Consent.NO, Consent.NEVER)[int(answer) - 1] for answer in answers]
        assert consents[3:] == [Consent.UNKNOWN] * 4


async def test_states_are_sorted_worst_first_and_contacts_without_one_stand_last(filled: Desk) -> None:
    def mark(connection: Any, _touched: Any) -> None:
        driver = driver_of(connection)
        ids = [row[0] for row in driver.execute("SELECT id FROM contact ORDER BY id").fetchall()]
        bits = (Flag.WAITING, Flag.NEEDS_YOU | Flag.CONFLICT, Flag.FORGET, Flag.NEEDS_YOU | Flag.IN_DOUBT, Flag.DRAFT)
        driver.execute(f"UPDATE contact SET flags=flags & ~{STATE_FLAGS.value}")
        driver.executemany("UPDATE contact SET flags=flags|? WHERE id=?", zip(map(int, bits), ids, strict=False))

    filled.database.write_sync(mark)
    worst_first = [State.CONFLICT, State.IN_DOUBT, State.FORGET, State.WAITING, State.DRAFT]
    for descending in (False, True):
        hits = await filled.hits("", sort=(Sort("state", descending),))
        states = [Flag(row.flags).state for row in hits.first]
        assert states == [*(reversed(worst_first) if descending else worst_first), State.CLEAN, State.CLEAN]


async def test_types_are_sorted_by_their_word(filled: Desk) -> None:
    hits = await filled.hits("", sort=(Sort("type"),))
    assert [row.kind for row in hits.first] == ["booker", "Group leader", "guest", "", "", "", ""]


async def test_cities_are_sorted_without_regard_to_accents_and_case(desk: Desk) -> None:
    cities = ("Zürich", "Öhringen", "ohrdruf", "Ostrava", "Åland", "Athens", "Αθήνα", "Москва", "")
    desk.apply([contact(str(number), city=city) for number, city in enumerate(cities)])
    hits = await desk.hits("", sort=(Sort("city"),))
    order = ["Åland", "Athens", "ohrdruf", "Öhringen", "Ostrava", "Zürich", "Αθήνα", "Москва", ""]
    assert [row.city for row in hits.first] == order


async def test_names_stand_by_their_letters_latin_before_greek_before_cyrillic(desk: Desk) -> None:
    names = ("Zoe", "Ärzte", "arzt", "Émile", "Emil", "Ωmega", "Алла", "Ñandú", "Oz", "מרים")
    desk.apply([contact(str(number), first=name) for number, name in enumerate(names)])
    hits = await desk.hits("", sort=(Sort("name"),))
    assert [row.name for row in hits.first] == [
        "arzt", "Ärzte", "Emil", "Émile", "Ñandú", "Oz", "Zoe", "Ωmega", "Алла", "מרים",
    ]  # fmt: skip


async def test_the_accounts_of_a_vendor_stand_together(desk: Desk) -> None:
    titles = (("Annex", "other"), ("Zoo", "bookingsync"), ("Beach", "other"))
    for number, (title, vendor) in enumerate(titles):
        desk.apply([contact(str(number), first=title)], account=desk.add_account(title, vendor))
    hits = await desk.hits("", sort=(Sort("account"),))
    assert [row.name for row in hits.first] == ["Zoo", "Annex", "Beach"]


async def test_every_sort_column_works(filled: Desk) -> None:
    from crmdesk.core.query import SORT_COLUMNS

    for column in SORT_COLUMNS:
        for descending in (False, True):
            assert len((await filled.hits("", sort=(Sort(column, descending),))).ids) == 7


async def test_type_ahead_finds_the_first_name_from_there(filled: Desk) -> None:
    hits = await filled.hits("")
    names = [row.name for row in hits.first]
    place = await filled.reader.position_of(hits.ids, "gro")
    assert names[place] == "Łukasz Großmann"
    assert await filled.reader.position_of(hits.ids, "") == 0


async def test_a_result_completed_after_a_commit_is_the_one_that_was_found(
    filled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_order, "SORTED", 1)
    monkeypatch.setattr(in_order, "HEAD", 1)
    search = "has:email OR no:email"
    for sort in (Sort(), Sort("city"), Sort("name", True)):
        want = (await filled.hits(search, sort=(sort,))).ids.tolist()
        hits = await filled.hits(search, sort=(sort,))
        filled.apply([contact("99", first="Aaron")])
        assert len((await filled.hits(search, sort=(sort,))).ids) == len(want) + 1
        assert (len(hits.ids), hits.ids.tolist()) == (len(want), want)
        filled.apply([], removed=("99",))


@pytest.mark.parametrize("sort", [Sort(), Sort("city"), Sort("name", True)])
@pytest.mark.parametrize("as_mask", [False, True])
async def test_contacts_to_be_kept_stand_where_they_belong_although_they_do_not_match(
    filled: Desk, sort: Sort, as_mask: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if as_mask:
        monkeypatch.setattr(in_order, "SORTED", 1)
        monkeypatch.setattr(in_order, "HEAD", 1)
    everybody = (await filled.hits("", sort=(sort,))).ids.tolist()
    matching = set((await filled.hits("anna", sort=(sort,))).ids.tolist())
    others = [one for one in everybody if one not in matching][:2]
    keep = frozenset([*others, *list(matching)[:1], 9_999_999])
    query = parse("anna", now=NOW)
    hits = await filled.reader.begin_search(query, sort=(sort,), keep=keep).result()
    assert hits.strays == frozenset(others), "neither one that matches nor one that is not there"
    assert hits.ids[:].tolist() == [one for one in everybody if one in matching or one in others]
    again = await filled.hits("anna", sort=(sort,))
    assert set(again.ids.tolist()) == matching, "what was found before is not altered"


async def test_a_vanished_row_is_empty_and_the_rest_keep_their_order(filled: Desk) -> None:
    hits = await filled.hits("")
    ids = hits.ids.tolist()
    filled.apply([], removed=("3",))
    rows = await filled.reader.rows(ids)
    assert [row.id for row in rows] == ids
    assert sum(row.name == "" for row in rows) == 1


async def test_views_and_details_in_chunks(filled: Desk) -> None:
    hits = await filled.hits("")
    seen = [detail.row.id async for chunk in filled.reader.each(hits.ids, chunk=3) for detail in chunk]
    assert seen == hits.ids.tolist()
    filled.database.write_sync(lambda c, t: accounts.remember_search(c, t, "anna"))
    assert await filled.reader.recent_searches() == ["anna"]
    assert await filled.reader.views() == []
