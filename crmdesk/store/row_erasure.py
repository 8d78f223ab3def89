"""Guests who are erased are erased from rows of bulk events too. What was sent keeps its outcome and its number, with a
token in the person's place: money was booked."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping

from crmdesk.core.privacy import OF_ERASED
from crmdesk.store import guest_rows, pseudonyms
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver

_IN_LIST = "IN (SELECT value FROM json_each(?))"
WHY = "This guest asked to be forgotten."
ERASED = "This guest was erased here."


def erase(driver: Driver, touched: Touched, contact_ids: Iterable[int]) -> int:
    """Values, cells and person of the rows made from these contacts, in the ledger too; the bodies of ended calls that
    held them. How many rows. While the contacts are still there."""
    ids = list(contact_ids)
    rows = guest_rows.made_from(driver, ids)
    if rows:
        tokens = pseudonyms.of_contacts(driver, json.dumps(ids))
        erase_rows(driver, touched, {row: tokens.get(contact_id, "") for row, contact_id in rows.items()}, WHY)
    return len(rows)


def erase_rows(driver: Driver, touched: Touched, rows: Mapping[int, str], why: str) -> None:
    """Rows by id, each with the token that stands for its guest from now on."""
    if not rows:
        return
    listed = json.dumps(list(rows))
    asked = f"SELECT DISTINCT submission_id FROM submission_row WHERE id {_IN_LIST}"
    touched.submissions.update(number for (number,) in driver.execute(asked, (listed,)).fetchall())
    _empty(driver, listed, why)
    of_token: dict[str, list[int]] = defaultdict(list)
    for row, token in rows.items():
        of_token[token].append(row)
    for token, ids in of_token.items():
        driver.execute(
            f"UPDATE ledger SET who=?, text='', note='' WHERE row_id {_IN_LIST}",
            (f"{OF_ERASED}{token}" if token else "", json.dumps(ids)),
        )
    touched.erased = True


def _empty(driver: Driver, listed: str, why: str) -> None:
    driver.execute(
        "UPDATE call SET body=x'', answer=NULL WHERE stage NOT IN ('sealed', 'sending', 'answered') AND id IN"
        f" (SELECT call_id FROM ledger WHERE row_id {_IN_LIST})",
        (listed,),
    )
    driver.execute(
        "UPDATE submission_row SET content='{}', cells='', who='', fingerprint=x'', text='',"
        " note=CASE stage WHEN 'ready' THEN ?1 ELSE '' END,"
        " stage=CASE stage WHEN 'ready' THEN 'left out' ELSE stage END"
        " WHERE id IN (SELECT value FROM json_each(?2))",
        (why, listed),
    )


def empty_bodies(driver: Driver, touched: Touched) -> None:
    """Calls that were on their way when a guest of theirs was erased have ended since: their bodies go now."""
    gone = driver.execute(
        "UPDATE call SET body=x'', answer=NULL WHERE body<>x'' AND stage NOT IN ('sealed', 'sending', 'answered')"
        " AND id IN (SELECT call_id FROM submission_row WHERE content='{}' AND who='' AND fingerprint=x'')"
    ).rowcount
    touched.erased = touched.erased or gone > 0
