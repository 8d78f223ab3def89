"""What earlier answers say about identifiers, units and guests, for the check of new rows. Reads only."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress

from crmdesk.core.batch import BatchKind
from crmdesk.core.closed_guests import Closed
from crmdesk.core.fingerprint import Fingerprints
from crmdesk.core.row_checks import Known, form_of
from crmdesk.core.types import Flag
from crmdesk.store import ledger, picks, submissions
from crmdesk.store.driver import Driver

_CHUNK = 10_000
_NEWEST = 20_000  # lines of the ledger that say what identifiers look like
_CLOSED = Flag.RESTRICTED | Flag.FORGET
_IN_LIST = "IN (SELECT value FROM json_each(?1))"


def known(driver: Driver, account_id: int, whos: Iterable[str]) -> dict[str, Known]:
    """By `Fingerprints.who`: how often they were accepted, and their refusal if that was the last word on them."""
    wanted = sorted({who for who in whos if who})
    found: dict[str, Known] = {}
    for start in range(0, len(wanted), _CHUNK):
        rows = driver.execute(
            "SELECT who, sum(stage IN ('sent', 'accepted')), max(CASE WHEN stage='failed' THEN id END),"
            f" max(CASE WHEN stage IN ('sent', 'accepted') THEN id END) FROM ledger WHERE who {_IN_LIST}"
            " AND account_id=?2 GROUP BY who",
            (json.dumps(wanted[start : start + _CHUNK]), account_id),
        ).fetchall()
        refused = {row[2] for row in rows if row[2] is not None and (row[3] is None or row[2] > row[3])}
        lines = {line.id: line for line in ledger.by_ids(driver, refused)}
        found |= {who: Known(int(sent or 0), lines.get(last)) for who, sent, last, _ in rows}
    return found


def forms(driver: Driver, account_id: int, paths: Sequence[str]) -> dict[str, dict[str, int]]:
    """Path → forms of the identifiers that were accepted (`row_checks.form_of`), with how often."""
    if not paths:
        return {}
    rows = driver.execute(
        "SELECT DISTINCT who FROM"
        " (SELECT who FROM ledger WHERE account_id=? AND stage='sent' ORDER BY id DESC LIMIT ?)",
        (account_id, _NEWEST),
    ).fetchall()
    starts = re.compile(f"(?:^| )({'|'.join(map(re.escape, sorted(paths, key=len, reverse=True)))})=")
    found: dict[str, Counter[str]] = {path: Counter() for path in paths}
    for (who,) in rows:
        parts = starts.split(who)
        for path, value in zip(parts[1::2], parts[2::2], strict=True):
            found[path][form_of(value)] += 1
    return {path: dict(counted) for path, counted in found.items() if counted}


def currencies(
    driver: Driver, account_id: int, kind: str, meant: Sequence[str], unit: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Unit → currencies (both case-folded) that the sent rows of earlier submissions had, which say it once for all
    their rows."""
    found: dict[str, set[str]] = {}
    asked = (
        "SELECT id, request FROM submission WHERE account_id=? AND kind=? AND stage<>'draft' ORDER BY id DESC LIMIT 50"
    )
    for number, request in driver.execute(asked, (account_id, kind)).fetchall():
        values = submissions.values_of(request)
        currency = next((str(values[path]) for path in meant if values.get(path)), "")
        if not currency:
            continue
        for path in unit:
            rows = driver.execute(
                "SELECT DISTINCT json_extract(content, ?2) FROM submission_row WHERE submission_id=?1 AND stage='sent'",
                (number, f'$."{path}"'),
            ).fetchall()
            for (name,) in rows:
                if name:
                    found.setdefault(str(name).casefold(), set()).add(currency.casefold())
    return {name: frozenset(several) for name, several in found.items()}


def closed(driver: Driver, account_id: int, kind: BatchKind) -> list[Closed]:
    """Contacts about whom nothing may be sent, by the ids that rows for this account give them (`sync.picked`), and by
    whom rows that were made from them were about."""
    ids = driver.execute("SELECT id FROM contact WHERE flags & ?", (int(_CLOSED),)).fetchall()
    if not ids:
        return []
    rows = driver.execute(
        "SELECT c.id, c.account_id, a.vendor, c.remote_id, c.email, c.name, c.phone FROM contact AS c JOIN account AS a"
        f" ON a.id=c.account_id WHERE c.id {_IN_LIST}",
        (json.dumps([one for (one,) in ids]),),
    ).fetchall()
    prints = Fingerprints(kind)
    about = picks.identified(driver, account_id, (row[0] for row in rows), kind.who) if kind.who else {}
    return [
        Closed(
            frozenset({remote_id if owner == account_id else f"{vendor}:{remote_id}"}),
            email,
            name,
            phone,
            remote_id,
            frozenset({prints.who(about[number])}) if number in about else frozenset(),
        )
        for number, owner, vendor, remote_id, email, name, phone in rows
    ]


def others(driver: Driver, clues: Collection[str]) -> list[tuple[str, str, str]]:
    """Name, address and number of the contacts whom nobody closed and that may have one of the clues
    (`closed_guests.clues_of`): how a number was written is for `closed_guests.shared_clues` to see."""
    emails = json.dumps([clue for clue in clues if "@" in clue])
    numbers = any("@" not in clue for clue in clues)
    found: list[tuple[str, str, str]] = driver.execute(
        "SELECT name, email, phone FROM contact"
        f" WHERE NOT flags & ?2 AND (lower(email) {_IN_LIST} OR ?3 AND phone<>'')",
        (emails, int(_CLOSED), numbers),
    ).fetchall()
    return found


def marks(driver: Driver, contact_ids: Iterable[int]) -> Mapping[int, Flag]:
    """What is known of contacts that rows were made from. Who is gone has none."""
    rows = driver.execute(f"SELECT id, flags FROM contact WHERE id {_IN_LIST}", (json.dumps(list(contact_ids)),))
    found: dict[int, Flag] = {}
    for number, flags in rows.fetchall():
        with suppress(ValueError):
            found[number] = Flag(flags)
    return found
