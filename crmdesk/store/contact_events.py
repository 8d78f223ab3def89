"""What was sent about a contact in bulk: rows that were made from it, as lines of its history and for `event:` in a
search. Reads only."""

from __future__ import annotations

from crmdesk.core.outbox import Did, HistoryLine, SentRow
from crmdesk.core.submission import RowStage
from crmdesk.core.text import words
from crmdesk.store import contact_rows
from crmdesk.store.driver import Driver

_MOST = 100  # lines
_LONGEST_ID = 9  # digits; in an imported file anything may stand where a contact is named
_SENT = f"('{RowStage.SENT.value}', '{RowStage.ACCEPTED.value}')"


def lines(driver: Driver, contact_id: int) -> list[HistoryLine]:
    """Newest first. Their ids are negative: they are lines of the ledger."""
    found: list[HistoryLine] = []
    for number, title, place in reversed(list(contact_rows.submissions(driver))):
        if len(found) >= _MOST:
            break
        found += _of(driver, contact_id, number, title, place)
    return sorted(found, key=lambda line: (line.at, -line.id), reverse=True)[:_MOST]


def _of(driver: Driver, contact_id: int, submission_id: int, title: str, place: str) -> list[HistoryLine]:
    rows = driver.execute(
        "SELECT l.id, l.account_id, l.at, l.operator, l.stage, l.number, l.text, coalesce(a.title, ''), r.id, l.kind"
        " FROM submission_row AS r JOIN ledger AS l ON l.row_id=r.id LEFT JOIN account AS a ON a.id=l.account_id"
        " WHERE r.submission_id=? AND r.cells<>'' AND json_extract(r.cells, ?)=?",
        (submission_id, place, str(contact_id)),
    ).fetchall()
    found = []
    for number, account_id, at, operator, stage, event, text, account, row_id, kind in rows:
        sent = SentRow(submission_id, row_id, title, account, stage, event, text, kind)
        found.append(
            HistoryLine(-number, contact_id, account_id, at, Did.EVENT, operator, note=sent.in_english, sent=sent)
        )
    return found


def kinds(driver: Driver) -> list[str]:
    """Keys of the kinds of what was sent about contacts here."""
    about = {number for number, _, _ in contact_rows.submissions(driver)}
    return sorted({kind for number, kind in _kinds(driver).items() if number in about})


def sent_about(driver: Driver, text: str) -> list[int]:
    """Ids of contacts, in order, about whom an event was sent that has this number or id, or whose kind begins so."""
    of_kind, found, wanted = _kinds(driver), set[str](), " ".join(words(text))
    for number, _title, place in contact_rows.submissions(driver):
        whole = bool(wanted) and " ".join(words(of_kind[number])).startswith(wanted)
        asked = (
            "SELECT DISTINCT json_extract(cells, ?1) FROM submission_row WHERE submission_id=?2 AND cells<>''"  # noqa: S608
            f" AND stage IN {_SENT} AND (?3 OR number=?4 COLLATE NOCASE OR remote_id=?4 COLLATE NOCASE)"
        )
        found |= {row[0] for row in driver.execute(asked, (place, number, whole, text.strip())).fetchall()}
    return sorted(int(text) for text in map(str, found) if text.isdecimal() and len(text) <= _LONGEST_ID)


def _kinds(driver: Driver) -> dict[int, str]:
    return dict(driver.execute("SELECT id, kind FROM submission").fetchall())
