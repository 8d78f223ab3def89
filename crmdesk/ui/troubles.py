"""Banners for what went wrong in the background: one for each trouble, counted when it repeats, gone when over.

Refused sign-ins have lines of their own (`session_banner.py`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crmdesk.core.types import Account
from crmdesk.sync.progress import Connection, Phase, Progress, StatusBoard
from crmdesk.ui.feedback import BannerHost
from crmdesk.ui.words import plural, tr

if TYPE_CHECKING:
    from crmdesk.core.outbox import OutboxCounts

OFFLINE = "offline"
LOUD = {Phase.FAILED: "error", Phase.BRAKED: "warning"}


class Troubles:
    """Looks at the board after each change. `decide` opens the panel; `try_now(account id)` checks and sends at once,
    0: for all."""

    def __init__(self, banners: BannerHost, decide: Callable[[], object], try_now: Callable[[int], object]) -> None:
        self._banners, self._decide, self._try_now = banners, decide, try_now
        self._phases: dict[int, Phase] = {}
        self._line = ""
        self._offline_by = 0  # id of the account whose missing the line is counted

    def look(self, accounts: list[Account], board: StatusBoard, counts: OutboxCounts | None = None) -> None:
        """Compare with the last look: only what is new is said. `counts`: what waits meanwhile; None: not known."""
        lost: list[tuple[Account, Progress]] = []
        accounts = [account for account in accounts if account.active]  # a removed one is nobody's trouble any more
        for account in accounts:
            progress = board.of(account.id)
            before = self._phases.get(account.id)
            self._phases[account.id] = progress.phase
            if progress.phase is not before:
                self._turned(account, progress)
            elif progress.phase in LOUD:  # when it is tried again is known a moment later
                self._banners.reword(_key(account.id, progress.phase), _words(account, progress))
            if progress.phase is Phase.OFFLINE and (before is not Phase.OFFLINE or not self._offline_by):
                lost.append((account, progress))
        for gone in set(self._phases) - {account.id for account in accounts}:
            del self._phases[gone]
            self._offline_by = 0 if self._offline_by == gone else self._offline_by
            self._clear(gone)
        self._tell_line(lost, board, counts.waiting if counts is not None else 0)

    def _turned(self, account: Account, progress: Progress) -> None:
        if progress.phase in LOUD:
            self._say(account, progress)
        elif progress.phase in (Phase.DONE, Phase.READY, Phase.SIGN_IN):
            self._clear(account.id)

    def _tell_line(self, lost: list[tuple[Account, Progress]], board: StatusBoard, waiting: int) -> None:
        """One banner for all accounts, since the line is the same; it counts how often one of them missed it."""
        if board.connection is not Connection.OFFLINE:
            self._offline_by = 0
            self._banners.clear(OFFLINE)
            return
        later = plural(waiting, "1 change will be sent later.", "{n} changes will be sent later.") if waiting else ""
        for account, progress in lost:
            if self._offline_by in (0, account.id):
                self._offline_by = account.id
                self._line = tr(progress.text) or tr("No connection. You are working with saved data.")
                actions = (("try", tr("Try now"), self._again(0)), ("show", tr("Show accounts"), self._decide))
                self._banners.show_banner(OFFLINE, "warning", _joined(self._line, later), actions)
        self._banners.reword(OFFLINE, _joined(self._line, later))  # as it is after the next edit

    def _again(self, account_id: int) -> Callable[[], object]:
        return lambda: self._try_now(account_id)

    def _say(self, account: Account, progress: Progress) -> None:
        for phase in LOUD:
            if phase is not progress.phase:
                self._banners.clear(_key(account.id, phase))
        again, show = ("try", tr("Try now"), self._again(account.id)), ("show", tr("Show"), self._decide)
        decide = ("decide", tr("Decide…"), self._decide)
        actions = (decide,) if progress.phase is Phase.BRAKED else (again, show)
        key, tone = _key(account.id, progress.phase), LOUD[progress.phase]
        self._banners.show_banner(key, tone, _words(account, progress), actions)

    def _clear(self, account_id: int) -> None:
        for phase in LOUD:
            self._banners.clear(_key(account_id, phase))


def _key(account_id: int, phase: Phase) -> str:
    return f"account.{account_id}.{phase.name.lower()}"


def _words(account: Account, progress: Progress) -> str:
    return _joined(f"{account.title}:", tr(progress.text or account.reason), tr(progress.hint))


def _joined(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)
