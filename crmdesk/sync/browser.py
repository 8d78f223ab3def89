"""Signing an account in with the system's browser: what the form draws, and what leads from one state to the next.

The session lives on the caller's loop; listening for the browser and asking the vendor happen in the network thread.
What a sign-in gave is stored together with the account, in one commit, or not at all; until then it is in memory only.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from crmdesk.core.errors import KnownError, OfflineError, SettingsError
from crmdesk.core.listeners import Listeners
from crmdesk.core.seams import Clock, random_bytes
from crmdesk.core.types import Account
from crmdesk.core.vendor import BrowserSignIn, BrowserWay
from crmdesk.sync.accounts import (
    GivenSecrets,
    by_browser,
    check_settings,
    check_title,
    secrets_for_test,
    without_empty,
)

if TYPE_CHECKING:
    from crmdesk.net.loopback import Returned
    from crmdesk.sync.checks import Checks
    from crmdesk.sync.services import Services
    from crmdesk.sync.shelf import SecretShelf

PATIENCE = 300.0  # seconds for the browser to come back
LONGEST_CODE = 2000
_CODE = re.compile(r"[\x21-\x7e]{4,2000}")
_BLANKS = re.compile(r"[\s\u200b-\u200f\u2060\ufeff\"'“”„‘’`<>]+")
NO_VALUES: Mapping[str, str] = MappingProxyType({})


class BrowserStep(Enum):
    """The states of the form's sign-in."""

    READY = "ready"
    WAITING = "waiting for the browser"
    CODE = "code to paste"
    EXCHANGING = "exchanging"
    STORING = "storing"
    DONE = "done"
    FAILED = "failed"
    LATE = "timed out"
    CANCELLED = "cancelled"


UNDER_WAY = frozenset({BrowserStep.WAITING, BrowserStep.EXCHANGING, BrowserStep.STORING})


@dataclass(frozen=True, slots=True)
class BrowserView:
    """What the form shows now. `address`: what the browser was to open, to open it again or to copy; no secret is in
    it. `unseen`: it could not be opened from here. `until`: by the session's `clock.monotonic()`. `wrong`: the path of
    what was typed and cannot be right. `account_id` once it is DONE."""

    step: BrowserStep = BrowserStep.READY
    address: str = ""
    unseen: bool = False
    until: float = 0.0
    title: str = ""
    hint: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    wrong: str = ""
    account_id: int = 0


@dataclass(frozen=True, slots=True)
class _Run:
    """One try: what binds the answer to the question (RFC 6749, 10.12; RFC 7636)."""

    number: int
    state: str = field(repr=False)
    verifier: str = field(repr=False)

    @property
    def challenge(self) -> str:
        return _unpadded(hashlib.sha256(self.verifier.encode("ascii")).digest())


class BrowserSession:
    """One account on its way through the browser. `by_browser`, `by_code` and `paste` never raise KnownError: what
    went wrong is in the view. One of them runs at a time; `cancel` ends it."""

    def __init__(
        self,
        services: Services,
        way: BrowserWay,
        sign_in: Callable[[], BrowserSignIn],
        store: Callable[[Mapping[str, str]], Any],
        clock: Clock,
    ) -> None:
        self._network, self.way, self.clock = services.network, way, clock
        self._sign_in, self._store = sign_in, store
        self._view = BrowserView()
        self._watchers: Listeners[Callable[[], None]] = Listeners()
        self._run = self._new_run(0)
        self._task: asyncio.Task[Any] | None = None

    @property
    def view(self) -> BrowserView:
        return self._view

    def subscribe(self, fn: Callable[[], None]) -> Callable[[], None]:
        """`fn()` after each change of the view; gives what ends that."""
        return self._watchers.add(fn)

    async def by_browser(self, show: Callable[[str], bool]) -> BrowserView:
        """Opens the browser by `show(address)`, False where that cannot be done; waits for it to come back to this
        computer, at most PATIENCE seconds; signs in and stores."""
        from crmdesk.net.loopback import Loopback

        run = self._begin()
        door = Loopback(self.way.path, run.state)
        try:
            redirect = await self._network.run(door.open)
            await self._show(run, BrowserStep.WAITING, redirect, show)
            returned = await self._network.run(lambda: door.wait(PATIENCE))
            await self._returned(run, returned, redirect)
        except TimeoutError:
            self._put(run, BrowserStep.LATE, "The browser did not come back within five minutes.", _AGAIN)
        except OSError:
            self._put(run, BrowserStep.FAILED, "This computer does not let crmdesk wait for the browser.", _BY_CODE)
        except KnownError as error:
            self._failed(run, error)
        finally:
            await self._left(run, door)
        return self._view

    async def by_code(self, show: Callable[[str], bool]) -> BrowserView:
        """Opens the page that shows a code to paste."""
        run = self._begin()
        try:
            await self._show(run, BrowserStep.CODE, self.way.code_redirect, show)
        except KnownError as error:
            self._failed(run, error)
        return self._view

    async def paste(self, text: str) -> BrowserView:
        """The code, or the whole address that it stands in. A code that is refused can be typed anew."""
        run, self._task = self._run, asyncio.current_task()
        before = self._view
        try:
            code = clean_code(text, run.state)
            await self._finish(run, code, self.way.code_redirect)
        except KnownError as error:
            wrong = getattr(error, "field", "")
            step = BrowserStep.FAILED if wrong not in ("", "code") else BrowserStep.CODE
            self._put(run, step, error.title, error.hint, error, address=before.address)
        except asyncio.CancelledError:
            self._put(run, BrowserStep.CANCELLED)
            raise
        return self._view

    def cancel(self) -> None:
        """Ends what is under way; nothing of it is kept. What is being stored is stored."""
        if self._view.step is BrowserStep.STORING:
            return
        task, run = self._task, self._run
        if self._view.step in (*UNDER_WAY, BrowserStep.CODE):
            self._put(run, BrowserStep.CANCELLED)
        self._run = self._new_run(run.number + 1)  # what still comes of the old one is nobody's
        if task is not None and not task.done() and task is not asyncio.current_task():
            task.cancel()

    # -- steps ---------------------------------------------------------------------------------------------------

    def _begin(self) -> _Run:
        self._run = self._new_run(self._run.number + 1)
        self._task = asyncio.current_task()
        return self._run

    def _new_run(self, number: int) -> _Run:
        return _Run(number, _unpadded(random_bytes(32)), _unpadded(random_bytes(32)))

    async def _show(self, run: _Run, step: BrowserStep, redirect: str, show: Callable[[str], bool]) -> None:
        async def there() -> str:
            sign_in = self._sign_in()
            try:
                return sign_in.address(redirect, run.state, run.challenge)
            finally:
                await sign_in.aclose()

        address = await self._network.run(there)
        until = self.clock.monotonic() + PATIENCE
        self._put(run, step, address=address, until=until)
        if run is self._run and not show(address):
            self._put(run, step, address=address, until=until, unseen=True)

    async def _returned(self, run: _Run, returned: Returned, redirect: str) -> None:
        if returned.strange:
            title = "What came back from the browser does not belong to this sign-in. It was not used."
            self._put(run, BrowserStep.FAILED, title, _AGAIN)
        elif returned.error == "access_denied":
            self._put(run, BrowserStep.FAILED, "The access was not allowed in the browser.", _AGAIN)
        elif returned.error:
            self._put(run, BrowserStep.FAILED, "The page in the browser refused the sign-in.", _AGAIN)
        else:
            await self._finish(run, returned.code, redirect)

    async def _finish(self, run: _Run, code: str, redirect: str) -> None:
        """The code for tokens, and these with the account into one commit."""
        self._put(run, BrowserStep.EXCHANGING)

        async def there() -> Mapping[str, str]:
            sign_in = self._sign_in()
            try:
                return await sign_in.exchange(code, redirect, run.verifier)
            finally:
                await sign_in.aclose()

        kept = await self._network.run(there)
        if run is not self._run:
            return
        self._put(run, BrowserStep.STORING)
        account_id = await self._store(kept)
        self._put(run, BrowserStep.DONE, account_id=account_id)

    async def _left(self, run: _Run, door: Any) -> None:
        """However it ended, nobody listens any more."""
        if run is self._run and self._view.step in UNDER_WAY:
            self._put(run, BrowserStep.CANCELLED)  # whoever waited was cancelled
        await self._network.run(door.aclose)

    def _failed(self, run: _Run, error: KnownError) -> None:
        self._put(run, BrowserStep.FAILED, error.title, error.hint, error)

    def _put(
        self,
        run: _Run,
        step: BrowserStep,
        title: str = "",
        hint: str = "",
        error: KnownError | None = None,
        **more: Any,
    ) -> None:
        if run is not self._run:
            return
        details = error.details if error is not None else NO_VALUES
        wrong = getattr(error, "field", "")
        self._view = BrowserView(step, title=title, hint=hint, details=details, wrong=wrong, **more)
        for fn in self._watchers:
            fn()


_AGAIN = "Nothing was stored. Try it again."
_BY_CODE = "Nothing was stored. Sign in with a code instead."


def clean_code(text: str, state: str = "") -> str:
    """A pasted code without what copying brings along: blanks, line ends, quotation marks; also out of the whole
    address that it stands in. SettingsError("code") for what can be none, or belongs to another sign-in."""
    joined = _BLANKS.sub("", text[: 4 * LONGEST_CODE])
    query = _query(joined) if "://" in joined else joined
    found = parse_qs(query, keep_blank_values=True) if "code=" in query else {}
    if found.get("state", [state]) != [state]:
        raise SettingsError("This code belongs to another sign-in.", "Copy the one of the page now open.", field="code")
    code = found.get("code", [joined])[0]
    if not _CODE.fullmatch(code) or "://" in code:
        raise SettingsError("This is not a code.", "Copy the code from the page in your browser.", field="code")
    return code


def _query(address: str) -> str:
    """'' of what is no address."""
    try:
        return urlsplit(address).query
    except ValueError:
        return ""


def _unpadded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


class BrowserDesk:
    """`services.browser`: begins sign-ins with the browser."""

    def __init__(self, services: Services, checks: Checks, shelf: SecretShelf, transports: Mapping[str, Any]) -> None:
        self._services, self._checks, self._shelf, self._transports = services, checks, shelf, transports

    def plays(self, vendor_key: str) -> bool:
        """Whether this vendor is an emulator inside the program (practice): no browser reaches it."""
        return vendor_key in self._transports

    async def begin(
        self,
        vendor_key: str,
        title: str,
        base_url: str,
        credentials: Mapping[str, str],
        account_id: int | None = None,
    ) -> BrowserSession:
        """A session for a new account, or for one there is, with what is typed in its form. Nothing is sent or stored
        yet. SettingsError names the field; OfflineError while working offline."""
        services = self._services
        if services.working_offline:
            raise OfflineError("You are working offline.", "Switch “Working offline” off to sign in.")
        vendor = services.vendors.get(vendor_key)
        if vendor is None or vendor.browser is None or not by_browser(vendor, check_settings(vendor, credentials)):
            raise SettingsError("An account like this is not signed in with the browser.", field="vendor")
        address = vendor.check_base_url(base_url.strip() or vendor.default_base_url)
        settings = check_settings(vendor, credentials)
        check_title(title, await self._checks.accounts(), account_id or 0)
        known = None if account_id is None else await self._checks.account(account_id)
        secrets = await secrets_for_test(self._shelf, vendor, known, address, credentials, settings)
        account = Account(account_id or 0, vendor.key, title.strip(), address, settings)
        vendor.check_account(account)
        way, transport = vendor.browser, self._transports.get(vendor.key)

        def sign_in() -> BrowserSignIn:
            return way.open(account, GivenSecrets(secrets), transport)

        async def store(kept: Mapping[str, str]) -> int:
            typed = {**settings, **without_empty(credentials)}
            if account_id is None:
                return (await services.add_account(vendor.key, title, address, typed, kept=kept)).id
            await services.update_account(account_id, title=title, base_url=address, credentials=typed, kept=kept)
            return account_id

        return BrowserSession(services, way, sign_in, store, services.clock)
