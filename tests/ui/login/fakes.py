"""A sign-in whose view a test sets, and what a vendor's guests could sign in with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from crmdesk.core.errors import KnownError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.guest import Challenge, CodeRefusedError, Guest, Tab, Way
from crmdesk.core.types import Account
from crmdesk.sync.login import LoginSession, LoginView, Step
from tests.helpers.clock import FakeClock
from tests.ui import fakes

EMAIL = FieldSpec("username", "E-mail", FieldKind.EMAIL, required=True)
PASSWORD = FieldSpec("password", "Password", FieldKind.PASSWORD, required=True)
COUNTRY = FieldSpec("country_code", "Country", FieldKind.COUNTRY, required=True, three_letters=True)
NUMBER = FieldSpec("phone_number", "Phone", required=True)
CHANNELS = (("SMS", "SMS"), ("EMAIL", "E-mail"))
BY = (("email", "E-mail"), ("phone", "Phone"))
PASS = (
    FieldSpec("gift.by", "Known by", FieldKind.CHOICE, words=BY, default="email"),
    FieldSpec("gift.email", "E-mail", FieldKind.EMAIL, required=True, when=("gift.by", "email")),
    FieldSpec("gift.phone", "Phone", required=True, when=("gift.by", "phone")),
    FieldSpec("gift.pin", "PIN", FieldKind.SECRET, required=True),
)
WAYS = (
    Way("password", Tab.PASSWORD, "E-mail and password", (EMAIL, PASSWORD)),
    Way("code.email", Tab.CODE, "E-mail", (EMAIL,), CHANNELS),
    Way("code.phone", Tab.CODE, "Phone", (NUMBER, COUNTRY), CHANNELS),
    Way("code.birth", Tab.CODE, "Date of birth", (FieldSpec("born", "Date of birth", FieldKind.DATE, required=True),)),
    Way("code.gift", Tab.CODE, "Gift pass", PASS, CHANNELS, "The number on the back of the pass."),
    Way("token", Tab.OTHER, "Google", (FieldSpec("token", "Token", FieldKind.SECRET, required=True),)),
)
REGISTER = (
    FieldSpec("first_name", "First name", required=True),
    FieldSpec("last_name", "Last name", required=True),
    replace(EMAIL, path="identity.username"),
    replace(PASSWORD, path="identity.password", required=False),
    FieldSpec("service_acceptance", "The terms of service are accepted", FieldKind.FLAG, required=True),
    FieldSpec("email_opt_out", "No e-mails", FieldKind.FLAG),
    FieldSpec("consent_state", "Consent", FieldKind.CHOICE, words=(("ACCEPTED", "Given"), ("PENDING", "Not asked"))),
    FieldSpec("referral_code", "Referral code"),
    FieldSpec("custom_fields", "Custom fields", FieldKind.LINES),
    FieldSpec("pass_code", "Pass code"),
)


class FakeSession:
    """As LoginSession; verbs are written down in `calls`, answered by `errors` where they raise."""

    def __init__(self, account: Account, clock: FakeClock, values: Mapping[str, str]) -> None:
        self.account, self.clock = account, clock
        self.ways, self.register_fields, self.lacks = WAYS, REGISTER, {}
        self.view = LoginView(values=values)
        self.calls: list[tuple[Any, ...]] = []
        self.errors: dict[str, Exception] = {}
        self.closed = False
        self._told: list[Callable[[], None]] = []

    def subscribe(self, fn: Callable[[], None]) -> Callable[[], None]:
        self._told.append(fn)
        return lambda: self._told.remove(fn)

    def show(self, step: Step, **more: Any) -> None:
        """The view changes as a real session would change it."""
        plain = {"title": "", "hint": "", "problems": (), "tries_left": None}
        self.view = replace(self.view, step=step, **{**plain, **more})
        for fn in tuple(self._told):
            fn()

    async def ask(self, way: str, values: Mapping[str, str], channel: str = "") -> None:
        self.calls.append(("ask", way, dict(values), channel))

    async def verify(self, text: str) -> None:
        self.calls.append(("verify", text))

    async def send_again(self, channel: str = "") -> None:
        self.calls.append(("send_again", channel))

    async def retry(self) -> None:
        self.calls.append(("retry",))

    async def register(self, values: Mapping[str, str]) -> None:
        self.calls.append(("register", dict(values)))

    def use_another_way(self) -> None:
        self.calls.append(("use_another_way",))
        self.show(Step.IDENTIFY, asked=False)

    def cancel(self) -> None:
        self.calls.append(("cancel",))

    async def forgot_password(self, username: str) -> None:
        await self._aside("forgot_password", username)

    async def change_password(self, token: str, password: str) -> None:
        await self._aside("change_password", token, password)

    async def verify_email(self, token: str) -> None:
        await self._aside("verify_email", token)

    async def _aside(self, name: str, *values: str) -> None:
        self.calls.append((name, *values))
        if name in self.errors:
            raise self.errors[name]

    async def aclose(self) -> None:
        self.closed = True


class FakeGuests:
    """As services.guests, as far as the dialog asks."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.list = [fakes.account(1, "Hotel Aphrodite"), fakes.account(2, "Kloster Weißenburg")]
        self.sessions: list[FakeSession] = []

    def accounts(self) -> list[Account]:
        return self.list

    def begin(self, account_id: int, contact_id: int = 0) -> FakeSession:
        account = next(one for one in self.list if one.id == account_id)
        values = {"username": "ana.ruiz@example.org"} if contact_id else {}
        self.sessions.append(FakeSession(account, self.clock, values))
        return self.sessions[-1]


SENT = {"way": "code.phone", "channel": "SMS", "asked": True, "sent_to": "+35799•••834", "length": 6}
ANA = Guest("g1", "Ana Ruiz")


def states(now: float) -> dict[str, tuple[Step, dict[str, Any]]]:
    """Each of the ten, by its name in the specification."""
    sent = SENT | {"asked_at": now, "resend_at": now + 30}
    return {
        "S0": (Step.IDENTIFY, {}),
        "S1": (Step.REQUESTING, {"way": "code.phone", "channel": "SMS"}),
        "S2": (Step.CODE_SENT, sent),
        "S3": (Step.VERIFYING, sent),
        "S4": (Step.WRONG, sent | {"title": "That code is not right.", "hint": "Use the newest message."}),
        "S5": (
            Step.EXPIRED,
            sent | {"title": "That code has run out.", "hint": "Ask for a new one.", "resend_at": 0.0},
        ),
        "S6": (Step.WAIT, sent | {"wait_until": now + 60}),
        "S7": (Step.OFFLINE, {}),
        "S8": (Step.DONE, {"guest": ANA, "contact_id": 7}),
        "S9": (Step.TROUBLE, {"title": "CRM.COM has a fault on its side (502).", "details": "POST /contacts/otp: 502"}),
    }


class SmallDesk:
    """A vendor that knows one guest: the code is 123456, or whatever `refusals` says about the next tries."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, str], str]] = []
        self.tried: list[str] = []
        self.failures: list[KnownError] = []
        self.challenge = Challenge("request 1", "+35799•••834", length=0)

    async def sign_in(self, way: str, values: Mapping[str, str], channel: str = "") -> Guest | Challenge:
        self.asked.append((way, dict(values), channel))
        if self.failures:
            raise self.failures.pop(0)
        return self.challenge

    async def verify(self, challenge: Challenge, code: str) -> Guest | Challenge:
        self.tried.append(code)
        if self.failures:
            raise self.failures.pop(0)
        if code != "123456":
            raise CodeRefusedError("That code is not right.")
        return ANA


class Door:
    """As login.Entrance, on the loop of the test."""

    offline = False

    def __init__(self, desk: SmallDesk) -> None:
        self.desk, self.left = desk, 0

    async def ask(self, fn: Callable[[Any], Any]) -> Any:
        return await fn(self.desk)

    async def enter(self, guest: Guest) -> int:
        return 7

    async def leave(self, guest: Guest) -> None:
        self.left += 1


class RealGuests(FakeGuests):
    """Real sessions at a small desk."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.desk = SmallDesk()

    def begin(self, account_id: int, contact_id: int = 0) -> Any:
        account = next(one for one in self.list if one.id == account_id)
        return LoginSession(account, "CRM.COM", Door(self.desk), self.clock, ways=WAYS, register_fields=REGISTER)
