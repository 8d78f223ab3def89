"""How an account's check is told on screen: one shape, one word, one tone, used by navigation, status bar and panel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from crmdesk.core.types import Account, AccountState
from crmdesk.sync.progress import Connection, Phase, Progress, page_text
from crmdesk.ui.words import ago, clock_time, plural, tr


@dataclass(frozen=True, slots=True)
class Sign:
    """`icon` is a shape's name, `tone` a colour's, `word` says it without either. `loud` = a person should look."""

    icon: str
    word: str
    tone: str = ""
    loud: bool = False


SIGNS = {
    Phase.CONNECTING: Sign("refresh", "connecting"),
    Phase.LISTING: Sign("refresh", "checking"),
    Phase.CHECKING: Sign("refresh", "checking"),
    Phase.STOPPING: Sign("stop", "stopping…"),
    Phase.STOPPED: Sign("stop", "stopped"),
    Phase.OFFLINE: Sign("offline", "offline"),
    Phase.WAITING: Sign("clock", "waiting", "unknown"),
    Phase.FAILED: Sign("cross", "failed", "error", loud=True),
    Phase.SIGN_IN: Sign("key", "sign in", "warning", loud=True),
    Phase.BRAKED: Sign("warning", "needs you", "warning", loud=True),
    Phase.READY: Sign("ok", "ready"),
}
STATE_SIGNS = {
    AccountState.NEW: Sign("clock", "never checked"),
    AccountState.GOOD: Sign("ok", "checked", "ok"),
    AccountState.OFFLINE: SIGNS[Phase.OFFLINE],
    AccountState.SIGN_IN: SIGNS[Phase.SIGN_IN],
    AccountState.FAILED: SIGNS[Phase.FAILED],
    AccountState.BRAKED: SIGNS[Phase.BRAKED],
}
KEPT = Sign("lock", "kept, read-only")
PAUSED = Sign("pause", "paused", "unknown")
CALM = frozenset({Phase.IDLE, Phase.DONE, Phase.STOPPED, Phase.OFFLINE, Phase.WAITING, Phase.READY})
CONNECTION_SIGNS = {
    Connection.ONLINE: Sign("online", "Online", "ok"),
    Connection.OFFLINE: Sign("offline", "Offline", "warning"),
    Connection.WORKING_OFFLINE: Sign("offline", "Working offline", "unknown"),
    Connection.PRACTICE: Sign("theatre", "Practice", "unknown"),
}


def badge_of(account: Account, accounts: Iterable[Account], letter: str) -> str:
    """The vendor's letter, and which of its accounts it is where there are several: their colours alone would tell."""
    same = sorted(other.id for other in accounts if other.vendor == account.vendor)
    return f"{letter}{same.index(account.id) + 1}" if len(same) > 1 and account.id in same else letter


def sign_of(account: Account, progress: Progress) -> Sign:
    """What to show for an account now."""
    if not account.active:
        return KEPT
    trouble = progress.phase is Phase.IDLE and STATE_SIGNS[account.state].loud
    if account.paused and progress.phase in CALM and not trouble:
        return PAUSED
    if progress.phase in (Phase.IDLE, Phase.DONE):
        done = progress.phase is Phase.DONE
        return STATE_SIGNS[AccountState.GOOD if done else account.state]
    return SIGNS[progress.phase]


def progress_text(progress: Progress) -> str:
    """What it is doing, e.g. "Page 4 of 9"."""
    if progress.phase is Phase.LISTING and progress.page:
        return page_text(progress.page, progress.pages)
    return tr(progress.text) or tr(SIGNS[progress.phase].word.capitalize() if progress.phase in SIGNS else "")


def bar_of(progress: Progress) -> tuple[int, int | None]:
    """(done, total) for a progress bar; total None where nobody knows it."""
    if progress.pages:
        return min(progress.page, progress.pages), progress.pages
    if progress.total:
        return min(progress.contacts, progress.total), progress.total
    return 0, None


def checked_text(account: Account, now: datetime) -> str:
    """When the account was last checked well."""
    if not account.checked_at:
        return tr("Never checked")
    return (
        tr("Checked {time}, {ago}")
        .replace("{time}", clock_time(account.checked_at, now))
        .replace("{ago}", ago(account.checked_at, now))
    )


def pages_text(progress: Progress) -> str:
    """How much the check read that ended last in this run; '' before the first."""
    return plural(progress.page, "1 page read", "{n} pages read") if progress.page else ""


def newest_check(accounts: list[Account]) -> str:
    """The latest good check of all ('' = none yet)."""
    return max((account.checked_at for account in accounts if account.active), default="")
