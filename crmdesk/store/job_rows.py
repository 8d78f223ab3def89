"""Rows that a vendor has queued: which jobs are open, and what became of them. Inside one read or commit."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crmdesk.core.errors import BugError
from crmdesk.core.submission import ROW_TRANSITIONS, Row, RowStage
from crmdesk.store import ledger, submissions
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver

_NAMED = "call_id=?1 AND stage='accepted' AND number=?2"


@dataclass(frozen=True, slots=True)
class OpenJob:
    """A job that had not ended when it was last asked for; `rows` of its call still wait for it."""

    account_id: int
    submission_id: int
    call_id: int
    job: str
    sent_at: str
    rows: int


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one row. `text` is what was said of it; `remote_id` what the vendor calls it, '' as before."""

    row_id: int
    stage: RowStage
    code: str = ""
    text: str = ""
    remote_id: str = ""


def open_jobs(driver: Driver) -> list[OpenJob]:
    """The oldest first."""
    rows = driver.execute(
        "SELECT s.account_id, s.id, r.call_id, r.number, max(r.sent_at), count(*) FROM submission AS s"
        " CROSS JOIN submission_row AS r ON r.submission_id=s.id AND r.stage='accepted'"
        " GROUP BY r.call_id, r.number ORDER BY r.call_id"
    ).fetchall()
    return [OpenJob(*row) for row in rows]


def waiting(driver: Driver, job: OpenJob) -> list[Row]:
    """Its rows that still wait, in their order."""
    asked = f"SELECT id FROM submission_row WHERE {_NAMED} ORDER BY position"
    return submissions.rows_by_id(driver, [row[0] for row in driver.execute(asked, (job.call_id, job.job))])


def settle(driver: Driver, touched: Touched, job: OpenJob, told: Sequence[Told]) -> int:
    """The rows and their lines in the ledger; how many. A row that does not wait for this job any more stays as it
    is."""
    for one in told:
        if one.stage not in ROW_TRANSITIONS[RowStage.ACCEPTED]:
            raise BugError(f"A row cannot go from “accepted” to “{one.stage.value}”.")
    moved = []
    for one in told:
        text, note = ("", one.text) if one.stage is RowStage.UNKNOWN else (one.text, "")
        count = driver.execute(
            "UPDATE submission_row SET stage=?4, code=?5, text=?6, note=?7,"
            f" remote_id=CASE ?8 WHEN '' THEN remote_id ELSE ?8 END WHERE id=?3 AND {_NAMED}",
            (job.call_id, job.job, one.row_id, one.stage.value, one.code, text, note, one.remote_id),
        ).rowcount
        moved += [one.row_id] * int(count)
    if moved:
        ledger.decide(driver, moved, "")
        touched.submissions.add(job.submission_id)
    return len(moved)
