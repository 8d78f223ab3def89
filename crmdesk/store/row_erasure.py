"""Guests who asked to be forgotten are erased from rows that were made from their contacts. What was sent keeps its
outcome and its number, without the person: money was booked."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from crmdesk.store import contact_rows

_IN_LIST = "IN (SELECT value FROM json_each(?))"
WHY = "This guest asked to be forgotten."


def erase(driver: Any, touched: Any, contact_ids: Iterable[int]) -> int:
    """Values, cells and person of these rows, in the ledger too; the bodies of ended calls that held them. How many
    rows."""
    wanted = json.dumps([str(number) for number in contact_ids])
    found: list[tuple[int, int]] = []
    for number, _title, place in contact_rows.submissions(driver):
        rows = driver.execute(
            "SELECT id, call_id FROM submission_row WHERE submission_id=? AND cells<>''"
            f" AND json_extract(cells, ?) {_IN_LIST}",
            (number, place, wanted),
        ).fetchall()
        found += rows
        if rows:
            touched.submissions.add(number)
    if found:
        _erase(driver, [row[0] for row in found])
        touched.erased = True
    return len(found)


def _erase(driver: Any, ids: list[int]) -> None:
    listed = json.dumps(ids)
    driver.execute(
        "UPDATE call SET body=x'', answer=NULL WHERE stage NOT IN ('sealed', 'sending', 'answered') AND id IN"
        f" (SELECT call_id FROM ledger WHERE row_id {_IN_LIST})",
        (listed,),
    )
    driver.execute(
        "UPDATE submission_row SET content='{}', cells='', who='', fingerprint=x'',"
        " note=CASE stage WHEN 'ready' THEN ?1 ELSE note END,"
        " stage=CASE stage WHEN 'ready' THEN 'left out' ELSE stage END"
        " WHERE id IN (SELECT value FROM json_each(?2))",
        (WHY, listed),
    )
    driver.execute(f"UPDATE ledger SET who='', text='' WHERE row_id {_IN_LIST}", (listed,))


def empty_bodies(driver: Any, touched: Any) -> None:
    """Calls that were on their way when a guest of theirs was erased have ended since: their bodies go now."""
    gone = driver.execute(
        "UPDATE call SET body=x'', answer=NULL WHERE body<>x'' AND stage NOT IN ('sealed', 'sending', 'answered')"
        " AND id IN (SELECT call_id FROM submission_row WHERE content='{}' AND who='' AND fingerprint=x'')"
    ).rowcount
    touched.erased = touched.erased or gone > 0
