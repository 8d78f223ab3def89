"""Unknown rows looked up at their vendor, by our own numbers. In the network thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from crmdesk.core.batch import BatchKind, BatchRow, Found
from crmdesk.core.errors import ForbiddenError
from crmdesk.core.said import said
from crmdesk.core.seams import Clock, gate, iso
from crmdesk.core.submission import Row, RowStage, Submission
from crmdesk.core.vendor import BatchFinder
from crmdesk.store import ledger, row_decisions, submissions
from crmdesk.store.commits import Touched
from crmdesk.store.database import Connection, driver_of
from crmdesk.store.driver import Driver

if TYPE_CHECKING:
    from crmdesk.store.database import Database


@dataclass(frozen=True, slots=True)
class LookedUp:
    """In rows. `several`: the vendor has more than one event with our number; `not_asked`: rows that could not be
    looked up."""

    found: int = 0
    absent: int = 0
    several: int = 0
    not_asked: int = 0


async def look_up(
    database: Database, finder: BatchFinder | None, kind: BatchKind, one: Submission, clock: Clock, slack: timedelta
) -> LookedUp:
    """See `Submissions.look_up`. ForbiddenError, other KnownErrors."""
    lacks = finder.lacks(kind) if finder is not None else "This vendor cannot be asked what became of these rows."
    if finder is None or lacks:
        raise ForbiddenError(lacks, "Look at the vendor's own screen, then settle the rows by hand.")
    rows, asked, times = await database.read(lambda c: _unknown(driver_of(c), one))
    if not asked:
        return LookedUp(not_asked=len(rows))
    since = min(_moment(at, clock.now()) for at in times) - slack
    found = await finder.find(kind, asked, since)
    gate("submission.looked up")
    told = [(row, tuple(found[row.uid])) for row in rows if row.uid in found]
    now = iso(clock.now())

    def keep(connection: Connection, touched: Touched) -> LookedUp:
        return _keep(driver_of(connection), touched, told, len(rows) - len(told), now)

    return await database.write(keep)


def _unknown(driver: Driver, one: Submission) -> tuple[list[Row], list[BatchRow], list[str]]:
    """Unknown rows, those of them that can be asked for, and when these left."""
    rows = submissions.rows(driver, one.id, [RowStage.UNKNOWN])
    left = [row for row in rows if row.uid and row.sent_at]
    asked = ledger.batch_rows(driver, [(row.id, row.uid, row.attempt, row.values) for row in left])
    before = ledger.times(driver, [uid for row in asked for uid in row.earlier])
    return rows, asked, [*(row.sent_at for row in left), *before]


def _keep(
    driver: Driver, touched: Touched, told: Sequence[tuple[Row, tuple[Found, ...]]], not_asked: int, now: str
) -> LookedUp:
    one = {row.id: found[0] for row, found in told if len(found) == 1}
    several = {row.id: found for row, found in told if len(found) > 1}
    absent = [row.id for row, found in told if not found]
    uids = {row.id: row.uid for row, _ in told}
    row_decisions.keep_found(driver, touched, uids, one, now)
    notes = dict.fromkeys(absent, said("Looked up at {time}: the vendor does not have it so far.", time=now))
    for row_id, found in several.items():
        names = ", ".join(event.number or event.remote_id for event in found)
        notes[row_id] = said(
            "Looked up at {time}: the vendor has it {n} times: {names}.", time=now, n=len(found), names=names
        )
    row_decisions.keep_notes(driver, touched, uids, notes)
    return LookedUp(len(one), len(absent), len(several), not_asked)


def _moment(at: str, now: datetime) -> datetime:
    """A time that nobody of ours wrote counts as now."""
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        return now
    return min(found, now) if found.tzinfo is not None else now
