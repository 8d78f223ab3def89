"""What was sent about a contact in bulk: rows that were made from it, as lines of its history. Reads only."""

from __future__ import annotations

from typing import Any

from crmdesk.core.outbox import Did, HistoryLine
from crmdesk.store import contact_rows

_MOST = 100  # lines


def lines(driver: Any, contact_id: int) -> list[HistoryLine]:
    """Newest first. Their ids are negative: they are lines of the ledger."""
    found: list[HistoryLine] = []
    for number, title, place in reversed(list(contact_rows.submissions(driver))):
        if len(found) >= _MOST:
            break
        found += _of(driver, contact_id, number, title, place)
    return sorted(found, key=lambda line: (line.at, -line.id), reverse=True)[:_MOST]


def _of(driver: Any, contact_id: int, submission_id: int, title: str, place: str) -> list[HistoryLine]:
    rows = driver.execute(
        "SELECT l.id, l.account_id, l.at, l.operator, l.stage, l.number, l.text, coalesce(a.title, '')"
        " FROM submission_row AS r JOIN ledger AS l ON l.row_id=r.id LEFT JOIN account AS a ON a.id=l.account_id"
        " WHERE r.submission_id=? AND r.cells<>'' AND json_extract(r.cells, ?)=?",
        (submission_id, place, str(contact_id)),
    ).fetchall()
    found = []
    for number, account_id, at, operator, stage, event, text, account in rows:
        outcome = f"{stage} no. {event}" if event and stage == "sent" else stage
        note = " · ".join(part for part in (title, account, outcome, text) if part)
        found.append(HistoryLine(-number, contact_id, account_id, at, Did.EVENT, operator, note=note))
    return found
