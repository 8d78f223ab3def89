"""Checking accounts from the window: one-line verbs for buttons, menus, palette and the panel."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crmdesk.ui.attached import Attached
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.core.tasks import TaskScope
    from crmdesk.core.types import Account


class Checks(Attached):
    """`edit` opens an account's form, `offline_chosen(bool)` keeps the switch."""

    def __init__(
        self, scope: TaskScope, edit: Callable[[int], object], offline_chosen: Callable[[bool], object]
    ) -> None:
        self._scope = scope
        self._edit, self._offline_chosen = edit, offline_chosen
        self.accounts: list[Account] = []

    def check_account(self, account_id: int) -> None:
        self._scope.start(
            self.services.pull(account_id), what="check an account", key=("check", account_id), if_busy="keep"
        )

    def check_all(self) -> None:
        self._scope.start(self.services.pull_all(), what="check all accounts", key="check all", if_busy="keep")

    def try_now(self, account_id: int) -> None:
        """Of a banner: what waits is sent, and the account is checked; 0: of all accounts."""
        self._scope.start(self._try_now(account_id), what="try again", key=("try", account_id), if_busy="keep")

    async def _try_now(self, account_id: int) -> None:
        await self.services.edits.try_all()
        await (self.services.pull(account_id) if account_id else self.services.pull_all())

    def cancel(self, account_id: int) -> None:
        """The board says *Stopping…* at once."""
        self.services.cancel(account_id)

    def decide(self, account_id: int, accept: bool) -> None:
        self._scope.start(
            self.services.decide_removals(account_id, accept=accept),
            what="decide about vanished contacts",
            key=("decide", account_id),
            if_busy="keep",
        )

    def pause_account(self, account_id: int, paused: bool) -> None:
        self._scope.start(
            self.services.pause_account(account_id, paused), what="pause an account", key=("pause", account_id),
            if_busy="queue",
        )  # fmt: skip

    def edit_account(self, account_id: int) -> None:
        self._edit(account_id)

    def toggle_offline(self) -> None:
        if not self.attached:
            return
        offline = not self.working_offline()
        self.services.set_working_offline(offline)
        self._offline_chosen(offline)

    def working_offline(self) -> bool:
        return self.attached and self.services.working_offline

    def why_not_account(self, account: Account) -> str | None:
        """The sentence for a greyed *Check now*."""
        if reason := self.why_not_yet():
            return reason
        lacks = self.services.offer(account.vendor, "pull")
        return lacks or (tr("You chose to work offline.") if self.working_offline() else None)

    def why_not(self) -> str | None:
        """The sentence for a greyed *Check all*."""
        if reason := self.why_not_yet():
            return reason
        if self.working_offline():
            return tr("You chose to work offline.")
        return None if any(account.active for account in self.accounts) else tr("There is no account yet.")
