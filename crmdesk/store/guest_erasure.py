"""*Erase here*: everything of a guest leaves the data file in one commit, and what the vendor goes on listing is kept
away. Inside one write."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence

from crmdesk.core.privacy import Handled, LogLine
from crmdesk.store import contacts, desk_log, erased, guest_rows, personal, pseudonyms, row_erasure, traces
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver
from crmdesk.store.personal import Guest


def erase(
    driver: Driver, touched: Touched, guests: Sequence[Guest], now: str, operator: str, *, note: str = ""
) -> dict[int, str]:
    """The guests' contacts, edits, drafts, history, trash, index entries and recent searches go; rows of bulk events
    lose the person, the ledger names a token. Contact id → token. `note` stands in the log."""
    ids = [guest.contact_id for guest in guests]
    tokens = pseudonyms.of_contacts(driver, json.dumps(ids))
    clues = personal.joined(guests)
    own = guest_rows.alone(driver, clues, ids)
    named = guest_rows.naming(driver, own) - guest_rows.made_from(driver, ids).keys()
    first = next(iter(tokens.values()), "")
    row_erasure.erase_rows(driver, touched, dict.fromkeys(named, first), row_erasure.ERASED)
    _forget_searches(driver, touched, guests)
    by_account: dict[int, list[int]] = defaultdict(list)
    for guest in guests:
        by_account[guest.account_id].append(guest.contact_id)
    for account_id, some in by_account.items():
        traces.erase(driver, touched, account_id, some, now, told=traces.BY_HAND)
        listed = f"SELECT id FROM contact WHERE id IN ({','.join('?' * len(some))})"
        contacts.delete_ids(driver, touched, account_id, [row[0] for row in driver.execute(listed, some).fetchall()])
        erased.put(driver, [tokens[one] for one in some if one in tokens], account_id, now, operator)
    for guest in guests:
        if guest.contact_id in tokens:
            who = tokens[guest.contact_id]
            desk_log.add(driver, LogLine(0, now, operator, Handled.ERASED, who, guest.account_id, 1, note=note))
    touched.outbox = touched.erased = True
    return tokens


def _forget_searches(driver: Driver, touched: Touched, guests: Sequence[Guest]) -> None:
    """Each record's own name counts: two records of one person may be spelt differently."""
    for guest in guests:
        found = [number for number, _ in personal.searches_of(driver, guest.clues)]
        driver.executemany("DELETE FROM recent_search WHERE id=?", [(number,) for number in found])
        touched.erased = touched.erased or bool(found)
