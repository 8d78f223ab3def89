"""Rows of bulk events that are about a guest: those made from the contact, and those of files that name the guest's
e-mail address or phone number. Inside one read or commit."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from crmdesk.core.privacy import Clues
from crmdesk.core.text import phone_tail
from crmdesk.store import contact_rows
from crmdesk.store.driver import Driver

_IN_LIST = "IN (SELECT value FROM json_each(?))"
_PLAIN = "replace(replace(replace(replace(replace({0},' ',''),'-',''),'(',''),')',''),'/','')"
_ROW = "SELECT id, content, cells FROM submission_row WHERE "


def made_from(driver: Driver, contact_ids: Iterable[int]) -> dict[int, int]:
    """Row id → the contact that it was made from."""
    wanted = json.dumps([str(number) for number in contact_ids])
    found: dict[int, int] = {}
    for number, _title, place in contact_rows.submissions(driver):
        rows = driver.execute(
            f"SELECT id, json_extract(cells, ?2) FROM submission_row WHERE submission_id=?1 AND cells<>''"
            f" AND json_extract(cells, ?2) {_IN_LIST.replace('?', '?3')}",
            (number, place, wanted),
        ).fetchall()
        found |= {row_id: int(contact_id) for row_id, contact_id in rows}
    return found


def naming(driver: Driver, clues: Clues) -> set[int]:
    """Ids of rows in which a whole value is one of the addresses or numbers."""
    found: set[int] = set()
    for email in clues.emails:
        found |= set(_of(driver, "instr(lower(content), ?1) OR instr(lower(cells), ?1)", email, clues))
    for digits in clues.phones:
        text = f"instr({_PLAIN.format('content')}, ?1) OR instr({_PLAIN.format('cells')}, ?1)"
        found |= set(_of(driver, text, digits, clues))
    return found


def _of(driver: Driver, where: str, wanted: str, clues: Clues) -> Iterator[int]:
    for number, content, cells in driver.execute(_ROW + where, (wanted,)).fetchall():
        if any(_is(text, clues) for part in (content, cells) for text in _texts(part)):
            yield number


def _is(text: str, clues: Clues) -> bool:
    return text.strip().casefold() in clues.emails or (len(text) < 40 and phone_tail(text) in clues.phones)


def _texts(part: str) -> Iterator[str]:
    """Every text in a JSON value."""
    try:
        found = [json.loads(part or "null")]
    except (ValueError, RecursionError):
        return
    while found:
        value = found.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            found += value.values()
        elif isinstance(value, list):
            found += value


def alone(driver: Driver, clues: Clues, contact_ids: Iterable[int]) -> Clues:
    """The clues without those that another contact here has too: a family's address, a travel agent's number."""
    ids = json.dumps(list(contact_ids))
    plain = _PLAIN.format("phone")

    def mine(one: str, where: str) -> bool:
        asked = f"SELECT 1 FROM contact WHERE id NOT {_IN_LIST} AND {where} LIMIT 1"
        return driver.execute(asked, (ids, one)).fetchone() is None

    emails = {one for one in clues.emails if mine(one, "lower(email)=?")}
    phones = {one for one in clues.phones if mine(one, f"instr({plain}, ?)")}
    return Clues(frozenset(emails), frozenset(phones), clues.names)
