"""Submissions after a start: what was on its way when the program ended, and a data folder that went back in time."""

# ruff: noqa: S608 - statements are put together from constants; values are always bound

from __future__ import annotations

from dataclasses import dataclass

from crmdesk.core.epoch import Age
from crmdesk.core.seams import new_id
from crmdesk.core.submission import ROW_TRANSITIONS, Pause, RowStage, sources
from crmdesk.store import call_reads, calls
from crmdesk.store.commits import Touched
from crmdesk.store.driver import Driver

INTERRUPTED = "crmdesk ended while this was being sent."
NOT_STARTED = "crmdesk ended before this was sent."
RESTORED = "This data folder is a backup or a copy: this row may have been sent since."
RESTORED_ROWS = "This data folder is a backup or a copy: what looks unsent here may have been sent since."
"""As RESTORED, of several rows: of a call or a submission."""
_INSTALL = "submission:install"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a start found, in rows; `calls` that were on their way."""

    unknown: int = 0
    not_sent: int = 0
    age: Age = Age.SAME
    calls: int = 0


def install_of(driver: Driver) -> str:
    """The folder's own name beside it; '' until it first holds a submission."""
    row = driver.execute("SELECT value FROM meta WHERE name=?", (_INSTALL,)).fetchone()
    return str(row[0]) if row else ""


def put_install(driver: Driver, install: str) -> str:
    """The name that it has from now on, where it had none."""
    known = install_of(driver)
    if not known:
        driver.execute("INSERT INTO meta(name, value) VALUES (?, ?)", (_INSTALL, install or new_id()))
    return known or install_of(driver)


def epoch_of(driver: Driver) -> int:
    row = driver.execute("SELECT value FROM meta WHERE name='submission:epoch'").fetchone()
    return int(row[0]) if row and str(row[0]).isdecimal() else 0


def recover(driver: Driver, touched: Touched, age: Age, token: str, now: str) -> Recovered:
    """Sealed calls were not sent; those on their way may have been: unknown, never sent again by themselves. Answered
    ones stay for `calls.settle`. `token`: the call that the counter beside the folder was raised for (Age.CUT)."""
    before = _unknown(driver)
    if age is Age.OLD:
        _doubt_everything(driver, now)
    if age is Age.CUT:
        _doubt_sealed(driver, token, now)
    on_their_way = _doubt_sending(driver, now)
    driver.execute("UPDATE call SET stage='not sent', words=?, ended_at=? WHERE stage='sealed'", (NOT_STARTED, now))
    not_sent = driver.execute(
        "UPDATE submission_row SET stage='not sent', note=? WHERE stage='queued'", (NOT_STARTED,)
    ).rowcount
    pause = Pause.RESTORED if age is Age.OLD else Pause.INTERRUPTED
    touched.submissions.update(_end_all(driver, pause, now))
    found = Recovered(_unknown(driver) - before, not_sent, age, on_their_way)
    if found.unknown or not_sent:
        touched.submissions.add(0)
    return found


def _unknown(driver: Driver) -> int:
    return int(driver.execute("SELECT count(*) FROM submission_row WHERE stage='unknown'").fetchone()[0])


def _end_all(driver: Driver, pause: Pause, now: str) -> list[int]:
    rows = driver.execute("SELECT id FROM submission WHERE stage IN ('sending', 'paused')").fetchall()
    driver.execute(
        "UPDATE submission SET stage='ended', pause=?, words=?, hint='', stopping=0, ended_at=?"
        " WHERE stage IN ('sending', 'paused')",
        (pause.value, RESTORED_ROWS if pause is Pause.RESTORED else INTERRUPTED, now),
    )
    return [row[0] for row in rows]


def _doubt_sealed(driver: Driver, token: str, now: str) -> None:
    """The counter was raised for it: it was about to leave, or has left in a folder that this is a copy of."""
    driver.execute(
        "UPDATE submission_row SET stage='unknown', note=? WHERE stage IN ('queued', 'not sent') AND call_id IN"
        " (SELECT id FROM call WHERE stage IN ('sealed', 'not sent') AND token=?)",
        (INTERRUPTED, token),
    )
    driver.execute(
        "UPDATE call SET stage='unknown', words=?, ended_at=? WHERE stage='sealed' AND token=?",
        (INTERRUPTED, now, token),
    )


def _doubt_sending(driver: Driver, now: str) -> int:
    """How many calls."""
    of_sending = "call_id IN (SELECT id FROM call WHERE stage='sending')"
    driver.execute(
        f"UPDATE submission_row SET stage='unknown', note=? WHERE stage='sending' AND {of_sending}", (INTERRUPTED,)
    )
    driver.execute(f"UPDATE ledger SET stage='unknown', note=? WHERE stage='sending' AND {of_sending}", (INTERRUPTED,))
    count = driver.execute(
        "UPDATE call SET stage='unknown', words=?, ended_at=? WHERE stage='sending'", (INTERRUPTED, now)
    ).rowcount
    if count:
        calls.put_unknown_in_row(driver, call_reads.unknown_in_row(driver) + count)
    return int(count)


def _doubt_everything(driver: Driver, now: str) -> None:
    """Whatever looks unsent may have been sent from the folder that this is a copy of; templates never are."""
    words = ",".join(
        f"'{stage.value}'" for stage in sources(ROW_TRANSITIONS, RowStage.UNKNOWN) if stage is not RowStage.ACCEPTED
    )
    driver.execute(
        f"UPDATE submission_row SET stage='unknown', note=? WHERE stage IN ({words}) AND call_id NOT IN"
        " (SELECT id FROM call WHERE stage='answered') AND submission_id IN"
        " (SELECT id FROM submission WHERE template=0)",
        (RESTORED,),
    )
    driver.execute(
        "UPDATE ledger SET stage='unknown', note=? WHERE stage='sending' AND call_id NOT IN"
        " (SELECT id FROM call WHERE stage='answered')",
        (RESTORED,),
    )
    driver.execute(
        "UPDATE call SET stage='unknown', words=?, ended_at=? WHERE stage IN ('sealed', 'sending')",
        (RESTORED_ROWS, now),
    )
    driver.execute(
        "UPDATE submission SET pause=?, words=? WHERE stage='draft' AND template=0 AND id IN"
        " (SELECT submission_id FROM submission_row WHERE stage='unknown')",
        (Pause.RESTORED.value, RESTORED_ROWS),
    )
