"""The list by first names or by family names: loaded, kept up to date, jumped into, and painted first at a start."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Sort
from crmdesk.store import index, vectors
from crmdesk.store.connect import connect
from crmdesk.store.database import Database, driver_of
from crmdesk.store.first_rows import read_first
from crmdesk.store.sorting import has_index, keep_index
from tests.unit.store.made import KEY, Desk, changed, contact

PEOPLE = (("1", "Zoe", "Adams"), ("2", "anna", "Moser"), ("3", "Émile", "Zola"), ("4", "", ""), ("5", "Anna", "Berg"))


@pytest.fixture(params=["read off", "sorted"])
def filled(desk: Desk, request: pytest.FixtureRequest) -> Desk:
    desk.apply([contact(code, first=first, last=last) for code, first, last in PEOPLE])
    if request.param == "read off":
        keep(desk, by_given=True)
    return desk


def keep(desk: Desk, *, by_given: bool) -> bool:
    """Whether the index is there afterwards."""
    desk.database.write_sync(lambda c, _: keep_index(driver_of(c), by_given=by_given))
    return desk.database.read_sync(lambda c: has_index(driver_of(c)))


def test_the_index_is_there_only_as_long_as_it_is_wanted(desk: Desk) -> None:
    assert [keep(desk, by_given=wanted) for wanted in (False, True, True, False)] == [False, True, True, False]
    assert desk.database.check() == []


async def names(desk: Desk, **how: object) -> list[str]:
    hits = await desk.hits("", **how)  # type: ignore[arg-type]
    return [row.name for row in await desk.reader.rows(hits.ids)]


async def test_the_order_follows_what_names_are_sorted_by(filled: Desk) -> None:
    assert await names(filled) == ["Zoe Adams", "Anna Berg", "anna Moser", "Émile Zola", ""]
    filled.reader.sort_names(by_given=True)
    assert await names(filled) == ["Anna Berg", "anna Moser", "Émile Zola", "Zoe Adams", ""]
    back = (Sort("name", descending=True),)
    assert await names(filled, sort=back) == ["Zoe Adams", "Émile Zola", "anna Moser", "Anna Berg", ""]
    filled.reader.sort_names(by_given=False)
    assert await names(filled, sort=back) == ["Émile Zola", "anna Moser", "Anna Berg", "Zoe Adams", ""]
    assert await names(filled) == ["Zoe Adams", "Anna Berg", "anna Moser", "Émile Zola", ""]


async def test_a_company_stands_by_its_own_name(desk: Desk, tmp_path: Path) -> None:
    whole = {"name": "Nordlicht Reisen", "company": "Nordlicht Reisen", "first": "Anna", "last": "Abel"}
    desk.apply([
        contact("1", **whole),
        contact("2", first="Zoe", last="Berg", company="Nordlicht Reisen"),
        contact("3", name="Café Ost", company="Café Ost", last="Café Ost"),
    ])  # fmt: skip
    wanted = ["Zoe Berg", "Café Ost", "Nordlicht Reisen"]
    assert await names(desk) == wanted
    kept = "SELECT remote_id, sort_key FROM contact ORDER BY remote_id"
    now = desk.database.read_sync(lambda c: driver_of(c).execute(kept).fetchall())

    def as_before(driver: Any) -> None:
        driver.execute("UPDATE contact SET sort_key='abel anna' WHERE remote_id='1'")
        driver.execute("UPDATE alembic_version SET version_num='0007'")
        driver.execute("PRAGMA user_version = 7")

    desk.database.write_sync(lambda c, _: as_before(driver_of(c)))
    desk.close()
    updated = Database.open(desk.path, KEY, ChangeFeed(), SystemClock())
    assert updated.read_sync(lambda c: driver_of(c).execute(kept).fetchall()) == now
    updated.close()


async def test_equal_values_stand_by_first_names(filled: Desk) -> None:
    filled.reader.sort_names(by_given=True)
    assert (await names(filled, sort=(Sort("city"),)))[:3] == ["Anna Berg", "anna Moser", "Émile Zola"]


@pytest.mark.parametrize("patched", [64, 1])
async def test_contacts_that_change_come_to_their_new_place(
    filled: Desk, patched: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "_PATCHED", patched)
    filled.reader.sort_names(by_given=True)
    assert (await names(filled))[0] == "Anna Berg"
    new = contact("6", first="Bea", last="Zappa")
    filled.apply([new, changed(contact("1", first="Zoe", last="Adams"), first="Ada", name="Ada Adams")])
    assert await names(filled) == ["Ada Adams", "Anna Berg", "anna Moser", "Bea Zappa", "Émile Zola", ""]
    filled.apply([changed(new, first="Zita", name="Zita Zappa")])  # alone: another way of mending
    assert (await names(filled))[-2:] == ["Zita Zappa", ""]
    filled.apply([], removed=("5",))
    assert (await names(filled))[:2] == ["Ada Adams", "anna Moser"]


async def test_more_than_one_chunk_is_loaded(filled: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_CHUNK", 2)
    filled.reader.sort_names(by_given=True)
    assert await names(filled) == ["Anna Berg", "anna Moser", "Émile Zola", "Zoe Adams", ""]
    assert [await filled.found("anna"), await filled.found("zo")] == [["5", "2"], ["3", "1"]]


async def test_type_ahead_goes_by_the_name_that_sorts(filled: Desk) -> None:
    hits = await filled.hits("")
    assert await filled.reader.position_of(hits.ids, "mo") == 2
    filled.reader.sort_names(by_given=True)
    hits = await filled.hits("")
    assert await filled.reader.position_of(hits.ids, "emi") == 2
    assert await filled.reader.position_of(hits.ids, "zo") == 3


def test_a_start_paints_the_same_order(filled: Desk, tmp_path: Path) -> None:
    first = read_first(filled.path, KEY, 2, by_given=True)
    assert [row.name for row in first.rows] == ["Anna Berg", "anna Moser"]
    assert [row.name for row in read_first(filled.path, KEY, 2).rows] == ["Zoe Adams", "Anna Berg"]


async def test_a_file_from_before_is_sorted_both_ways_once_it_is_upgraded(filled: Desk, tmp_path: Path) -> None:
    """As the version before left it: without the column, its index and that of the history."""
    prio, guest = filled.add_account("City Tours", "prioticket"), contact("p1", first="Willem", type="Guest")
    filled.apply([guest], account=prio)
    filled.close()
    old = connect(filled.path, KEY)
    for statement in (
        "DROP INDEX IF EXISTS contact_by_given",
        "DROP INDEX history_of_operator",
        "ALTER TABLE contact DROP COLUMN given_key",
        "UPDATE alembic_version SET version_num='0006'",
        "PRAGMA user_version = 6",
    ):
        old.execute(statement)
    old.close()
    again = Desk(filled.path)
    again.reader.sort_names(by_given=True)
    assert await names(again) == ["Anna Berg", "anna Moser", "Émile Zola", "Willem", "Zoe Adams", ""]
    back = replace(guest[1], texts={**guest[1].texts, "type": "Guest Returning"})
    assert again.apply([(guest[0], back)], account=prio).changed == 1, "worded anew although it is the same"
    assert await again.found("type:returning") == ["p1"]
    assert again.apply([contact("1", first="Zoe", last="Adams")]).unchanged == 1, "other vendors' are not"
    assert again.database.check() == []
    again.close()
