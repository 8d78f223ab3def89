"""Who changed a contact here, and what was sent about it in bulk: searched, listed and sorted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crmdesk.core.outbox import Did, Draft, Op, OpKind, OpState, draft_key
from crmdesk.core.submission import CONTACT_COLUMN
from crmdesk.core.text import fold
from crmdesk.core.types import Flag, Sort
from crmdesk.store import contacts, ops
from crmdesk.store.database import driver_of
from tests.unit.store.made import STAMP, Desk, contact

MARIA, TOM = "Maria López", "Tom"


@pytest.fixture
def filled(desk: Desk) -> Desk:
    """Contacts 1 to 5. Maria edited 1 and 2, then Tom 2; Tom made 3; 4 was only sent; nobody touched 5."""
    desk.apply([contact(str(number), first=f"Guest{number}", country="") for number in range(1, 6)])

    def write(connection: Any, touched: Any) -> None:
        driver = driver_of(connection)
        for contact_id, did, who in (
            (1, Did.EDITED, MARIA), (2, Did.EDITED, MARIA), (2, Did.EDITED, TOM), (3, Did.CREATED, TOM),
            (3, Did.SENT, MARIA), (4, Did.SENT, MARIA), (1, Did.LINKED, TOM),
        ):  # fmt: skip
            ops.note(driver, contact_id, desk.account, STAMP, did, operator=who)
        touched.contacts.add(1)

    desk.database.write_sync(write)
    return desk


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("by:maria", "12"), ("by:LOPEZ", "12"), ('by:"maria lo"', "12"), ("by:tom", "23"), ("by:ma", "12"),
        ("by:ria", ""), ("by:bob", ""), ("-by:tom", "145"), ("by:maria,tom", "123"), ("by:maria -by:tom", "1"),
        ("by:maria guest2", "2"),
    ],
)  # fmt: skip
async def test_who_changed_it_here(filled: Desk, text: str, found: str) -> None:
    assert sorted(await filled.found(text)) == list(found)


async def test_the_newest_change_is_shown_and_sorts(filled: Desk) -> None:
    hits = await filled.hits("")
    assert {row.remote_id: row.changed_by for row in hits.first} == {"1": MARIA, "2": TOM, "3": TOM, "4": "", "5": ""}
    assert await filled.found("", sort=(Sort("changed_by"),)) == ["1", "2", "3", "4", "5"]
    assert await filled.found("", sort=(Sort("changed_by", descending=True),)) == ["2", "3", "1", "4", "5"]
    both = (Sort("country"), Sort("changed_by", descending=True))
    assert await filled.found("", sort=both) == ["2", "3", "1", "4", "5"]


def unsent(desk: Desk, contact_id: int, who: tuple[str, ...], state: OpState, flag: Flag) -> None:
    def write(connection: Any, touched: Any) -> None:
        driver = driver_of(connection)
        wanted = Op(0, "", desk.account, contact_id, OpKind.UPDATE, state=state, operator=who[-1])
        op = ops.add(driver, touched, wanted)
        for one in who:
            ops.note(driver, contact_id, desk.account, STAMP, Did.EDITED, operator=one, op_uid=op.uid)
        contacts.set_flag(driver, touched, contact_id, flag, on=True)

    desk.database.write_sync(write)


async def test_beside_waiting_it_is_about_the_changes_that_wait(filled: Desk) -> None:
    """Maria's edit of 1 was sent long ago: what waits there is Tom's. In 2 both had a hand."""
    unsent(filled, 1, (TOM,), OpState.PENDING, Flag.WAITING)
    unsent(filled, 2, (MARIA, TOM), OpState.HELD, Flag.WAITING)
    unsent(filled, 4, (MARIA,), OpState.CONFLICT, Flag.CONFLICT | Flag.NEEDS_YOU)
    assert sorted(await filled.found("is:pending by:maria")) == ["2"]
    assert sorted(await filled.found("by:tom is:waiting")) == ["1", "2"]
    assert sorted(await filled.found("is:waiting -by:maria")) == ["1"]
    assert sorted(await filled.found("is:conflict,waiting by:maria")) == ["2", "4"]
    assert sorted(await filled.found("is:needsyou by:maria,tom")) == ["4"]
    assert sorted(await filled.found("is:waiting by:maria,bob")) == ["2"]
    assert sorted(await filled.found("by:maria")) == ["1", "2", "4"]
    assert sorted(await filled.found("is:linked,waiting by:maria")) == ["1", "2"]  # not only about changes


async def test_what_is_typed_and_not_saved_has_somebody_too(filled: Desk) -> None:
    def write(connection: Any, touched: Any) -> None:
        driver = driver_of(connection)
        ops.put_draft(driver, touched, Draft(draft_key(5), filled.account, 5, (), STAMP, MARIA))
        contacts.set_flag(driver, touched, 5, Flag.DRAFT, on=True)

    filled.database.write_sync(write)
    assert await filled.found("is:draft by:maria") == ["5"]
    assert await filled.found("is:draft by:tom") == []


async def test_a_change_is_found_as_soon_as_it_is_made(filled: Desk) -> None:
    assert await filled.found("by:zoe") == []
    unsent(filled, 5, ("Zoe",), OpState.PENDING, Flag.WAITING)
    assert await filled.found("by:zoe") == ["5"]
    assert await filled.reader.search_names() == (sorted([MARIA, TOM, "Zoe"]), [])


def send(desk: Desk, kind: str, rows: list[tuple[int, str, str, str]]) -> None:
    """A submission made from contacts: (contact, stage, number, id at the vendor)."""

    def write(connection: Any, _touched: Any) -> None:
        driver = driver_of(connection)
        number = driver.execute(
            "INSERT INTO submission(account_id, kind, title, stage, columns) VALUES (?,?,'May','ended',?)",
            (desk.account, kind, json.dumps(["Name", CONTACT_COLUMN])),
        ).lastrowid
        for place, (contact_id, stage, event, remote_id) in enumerate(rows):
            driver.execute(
                "INSERT INTO submission_row(submission_id, position, stage, number, remote_id, fingerprint, cells)"
                " VALUES (?,?,?,?,?,?,?)",
                (number, place, stage, event, remote_id, b"", json.dumps(["x", str(contact_id)])),
            )

    desk.database.write_sync(write)


async def test_what_was_sent_about_it(filled: Desk) -> None:
    send(filled, "achievements", [(1, "sent", "45", "EV-a"), (2, "failed", "", ""), (3, "unknown", "", "")])
    send(filled, "social_media", [(2, "sent", "46", "EV-b"), (9999, "sent", "47", "EV-c")])
    send(filled, "contacts", [(5, "accepted", "", "JOB-1")])
    assert await filled.found("event:45") == ["1"]
    assert await filled.found("event:ev-A") == ["1"]
    assert await filled.found("event:4") == []
    assert await filled.found("event:achievements") == ["1"]
    assert await filled.found("event:social") == ["2"]
    assert sorted(await filled.found("event:45,46,47")) == ["1", "2"]
    assert await filled.found("event:contacts") == ["5"]
    assert sorted(await filled.found("-event:achievement")) == ["2", "3", "4", "5"]
    assert (await filled.reader.search_names())[1] == ["achievements", "contacts", "social_media"]
    send(filled, "achievements", [(4, "sent", "48", "")])
    assert sorted(await filled.found("event:achievements")) == ["1", "4"]
    send(filled, "achievements", [(10**30, "sent", "49", ""), (2**32, "sent", "49", "")])
    assert await filled.found("event:49") == [], "a file may say anything in that column"


async def test_countries_are_sorted_by_the_name_on_screen(desk: Desk) -> None:
    called = {"DE": "Deutschland", "AT": "Österreich", "CH": "Schweiz", "ES": "Spanien", "GB": "Vereinigtes Königreich"}
    given = ["DE", "GB", "CH", "", "AT", "Elbonia", "ES", "Überall"]
    desk.apply([contact(str(place), first=f"Guest{place}", country=code) for place, code in enumerate(given)])

    async def order(**how: Any) -> list[str]:
        hits = await desk.hits("", sort=(Sort("country", **how),))
        return [row.country for row in hits.first]

    assert await order() == ["AT", "CH", "DE", "Elbonia", "ES", "GB", "Überall", ""]
    desk.reader.sort_countries({code: fold(name) for code, name in called.items()})
    assert await order() == ["DE", "Elbonia", "AT", "CH", "ES", "Überall", "GB", ""]
    assert await order(descending=True) == ["GB", "Überall", "ES", "CH", "AT", "Elbonia", "DE", ""]
