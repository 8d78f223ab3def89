"""*Signed out of CRM.COM (Front desk). Your edits are safe.*: one line for each account whose sign-in is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crmdesk.core.types import Account
from crmdesk.sync.progress import Phase, StatusBoard
from crmdesk.ui.feedback import BannerHost
from crmdesk.ui.places import ACCOUNTS, Place
from crmdesk.ui.words import isolated, plural, tr

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow

MOST = 3  # accounts with a line of their own
MORE = "session.more"
OVER = frozenset({Phase.DONE, Phase.READY, Phase.FAILED, Phase.BRAKED})  # the sign-in was taken, whatever came then
WayBack = Callable[[Account], tuple[str, str, Callable[[], object]]]


class SessionBanner:
    """Looks at the board after each change. A line goes by itself once its account's sign-in is taken again; one that a
    person closed comes back with the next refusal.

    `way_back` gives name, words and function of a line's button; a vendor whose guests sign in at the desk may want
    others than the account's form."""

    def __init__(self, window: MainWindow, way_back: WayBack | None = None) -> None:
        self._window = window
        self._banners: BannerHost = window.banners
        self._way_back = way_back or self._by_form
        self._phases: dict[int, Phase] = {}
        self._out: dict[int, Account] = {}  # signed out, in the order in which that was found
        self._closed: set[int] = set()
        self._lines: list[int] = []
        self._more = 0

    def look(self, accounts: list[Account], board: StatusBoard) -> None:
        """Compare with the last look."""
        active = {account.id: account for account in accounts if account.active}
        for gone in self._phases.keys() - active.keys():
            del self._phases[gone]
            self._out.pop(gone, None)
        self._closed |= {one for one in self._lines if not self._banners.shows(_key(one))}
        for account in active.values():
            phase = board.of(account.id).phase
            refused = phase is Phase.SIGN_IN and phase is not self._phases.get(account.id)
            self._phases[account.id] = phase
            if refused:
                self._out[account.id] = account
                self._closed.discard(account.id)
            elif phase in OVER:
                self._out.pop(account.id, None)
        self._closed &= self._out.keys()
        self._show()

    def _show(self) -> None:
        told = [one for one in self._out if one not in self._closed]
        lines, rest = told[:MOST], len(told) - MOST
        for old in set(self._lines) - set(lines):
            self._banners.clear(_key(old))
        fresh = [number for number in lines if not self._banners.shows(_key(number))]
        for number in fresh:
            self._say(self._out[number])
        self._lines = lines
        if rest <= 0:
            self._banners.clear(MORE)
        elif rest != self._more or fresh:  # it stays the last one
            self._banners.clear(MORE)
            text = plural(rest, "And 1 more account is signed out.", "And {n} more accounts are signed out.")
            self._banners.show_banner(MORE, "warning", text, (("show", tr("Show accounts"), self._all),))
        self._more = max(0, rest)

    def _say(self, account: Account) -> None:
        text = tr("Signed out of {vendor} ({title}). Your edits are safe.")
        text = text.replace("{vendor}", self._vendor_title(account)).replace("{title}", isolated(account.title))
        self._banners.show_banner(_key(account.id), "warning", text, (self._way_back(account),))

    def _vendor_title(self, account: Account) -> str:
        vendor = self._window.services.vendors.get(account.vendor) if self._window.attached else None
        return vendor.title if vendor is not None else account.vendor

    def _all(self) -> None:
        self._window.go(ACCOUNTS)

    # back in

    def _by_form(self, account: Account) -> tuple[str, str, Callable[[], object]]:
        return "sign", tr("Sign in"), lambda: self._open_form(account.id)

    def _open_form(self, account_id: int) -> None:
        """The account's form, where signing in goes on: at its first secret, or at the sign-in with the browser."""
        window = self._window
        window.overlays.close_panel()
        window.go(Place("accounts", account_id))
        window.pages.accounts().point_to_sign_in()


def _key(account_id: int) -> str:
    return f"session.{account_id}"
