"""Cendyn over HTTP: send contacts, ask how far a job is, test the connection."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NoReturn

from crmdesk.core.batch import BatchKind, BatchRow, Job, RowOutcome
from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    NotFoundError,
    Problem,
    ProtocolError,
    RejectedError,
    SettingsError,
    SignInNeededError,
)
from crmdesk.core.foreign import items, mapping, text
from crmdesk.core.said import said, together
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Account, Json
from crmdesk.core.vendor import Access, CheckStep, Secrets
from crmdesk.net import wire
from crmdesk.net.auth import SecretHeader, check_token
from crmdesk.net.http import Answer, Http, segment
from crmdesk.net.limiter import RateBudget
from crmdesk.net.probe import check_connection
from crmdesk.net.redact import hide_secrets
from crmdesk.net.retry import HURRIED
from crmdesk.vendors.cendyn.codec import Defaults, balance_words, error_texts, read_job, seal, settle
from crmdesk.vendors.cendyn.credentials import REGIONS
from crmdesk.vendors.cendyn.finder import Finder
from crmdesk.vendors.cendyn.kinds import with_own
from crmdesk.vendors.cendyn.own_fields import OwnFields, typeable

_DEADLINE = 60.0  # seconds: a call may hold 1000 contacts
_JSON = {"Content-Type": "application/json"}
_OWN = frozenset({400, 401, 404, 409, 422})
"""Statuses that only the answer's body explains."""
_UNTOUCHED = frozenset({405, 406, 410, 411, 413, 414, 415, 431})
"""Further refusals of the request as such: nothing was done."""
_ACCOUNT_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_NOTHING_SENT = "Nothing was sent."
_UNKNOWN_ACCOUNT = "Cendyn does not know this account id."
_WRONG_ACCOUNT = "Check the account id and the region of the account."


class Line:
    """The calls of one account. `account_id` is Cendyn's; `version` "" or "v2" for sync_data, all else is under v2."""

    def __init__(self, http: Http, account: Account) -> None:
        self._http = http
        self.account_id = account.config.get("account_id", "").strip()
        self._version = account.config.get("version", "")
        self._region = dict(REGIONS).get(account.base_url, "")

    async def create(self, body: bytes) -> Json:
        """`POST …/sync_data` once. The answer of a 201; InDoubtError for any other that may mean it was taken."""
        answer = await self._http.send("POST", self._sync_data(), body=body, headers=_JSON, own=_OWN)
        if answer.status in _OWN:
            self._refuse(answer, "POST")
        if answer.status in _UNTOUCHED:
            raise self._http.unexpected(answer, "POST")
        if answer.status != 201:
            raise self._doubtful(
                answer, said("Cendyn answered with status {status} instead of 201.", status=str(answer.status))
            )
        try:
            return wire.decode(answer.body, Json, "Cendyn’s answer")
        except ProtocolError:
            raise self._doubtful(answer, "The answer of Cendyn cannot be read.") from None

    async def show(self, job_id: str) -> Job:
        """`GET …/sync_data/{id}`: the job with this id, in words of the codec."""
        answer = await self._get(f"{self._sync_data()}/{segment(job_id)}")
        with _naming(self._http, answer):
            job = read_job(wire.decode(answer.body, Json, "Cendyn’s answer about a job"))
            if job.id != job_id:
                raise ProtocolError("Cendyn’s answer is about another job than the one asked for.", "Nothing changed.")
        return job

    async def balance(self) -> Json:
        """`GET /v2/account/{id}/balance/current`: the smallest documented read."""
        answer = await self._get(f"/v2/account/{self._account()}/balance/current")
        with _naming(self._http, answer):
            found = wire.decode(answer.body, Json, "Cendyn’s balance")
            if "balance" not in found:
                raise ProtocolError(
                    "The answer is not Cendyn’s: it names no balance.", "Check the region of the account."
                )
        return found

    async def contacts(self, user_id: str) -> Any:
        """`GET /v2/account/{id}/contact?user_id=`: what Cendyn has under our id."""
        return await self._listed("contact", "user_id", user_id)

    async def purchases(self, transaction_code: str) -> Any:
        """`GET /v2/account/{id}/purchases?transaction_code=`."""
        return await self._listed("purchases", "transaction_code", transaction_code)

    async def own_fields(self, name: str) -> dict[str, str]:
        """`GET /v2/account/{id}/custom_fields` or `…/product_custom_fields`: their names, with what they say of their
        type ('' = nothing); none where the answer, whose form is not printed, names none."""
        answer = await self._get(f"/v2/account/{self._account()}/{name}")
        found: Any = wire.decode(answer.body, Any, "Cendyn’s custom fields")
        listed = items(mapping(found).get(name, found), 1000)
        found = {text(one.get("name")): text(one.get("type")) for one in listed if isinstance(one, Mapping)}
        return {name: kind for name, kind in found.items() if name}

    async def _listed(self, name: str, filtered: str, value: str) -> Any:
        answer = await self._get(f"/v2/account/{self._account()}/{name}", {filtered: value})
        with _naming(self._http, answer):
            found: Any = wire.decode(answer.body, Any, said("Cendyn’s answer about a {key}", key=filtered))
            if not isinstance(found, dict | list):
                raise ProtocolError("The answer is not Cendyn’s: it lists nothing.", "Nothing changed.")
        return found

    async def _get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        answer = await self._http.get(path, params=params, own=_OWN, patience=HURRIED)
        if answer.status in _OWN:
            self._refuse(answer, "GET")
        if answer.status != 200:
            raise self._http.unexpected(answer)
        return answer

    def _sync_data(self) -> str:
        return f"{'/v2' if self._version == 'v2' else ''}/account/{self._account()}/sync_data"

    def _account(self) -> str:
        return segment(check_account_id(self.account_id))

    # ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _refuse(self, answer: Answer, method: str) -> NoReturn:
        """The error for a refusing status, from the vendor's envelope; without one it may be anybody's answer."""
        unexpected = self._http.unexpected(answer, method)
        details = unexpected.details
        told = [hide_secrets(words) for words in _told(answer)]
        if answer.status == 401:
            raise self._not_let_in(told, details)
        if not told:
            raise unexpected
        if answer.status == 404 and "route not found" in told[0].lower():
            raise ProtocolError(
                "Cendyn does not know the address that was asked.",
                "Check “Path of the API” and the region of the account.",
                details=details,
            )
        if answer.status == 404 and "account" in told[0].lower():
            raise SettingsError(_UNKNOWN_ACCOUNT, _WRONG_ACCOUNT, field="account_id", details=details)
        if answer.status == 404:
            raise NotFoundError(
                "Cendyn does not know what was asked for.", "It may be kept for a time only.", details=details
            )
        problems = tuple(Problem("", "", words) for words in told)
        raise RejectedError(
            "Cendyn refused what was sent.", "Nothing was done. Correct it and send again.",
            problems=problems, details=details,
        )  # fmt: skip

    def _not_let_in(self, told: Sequence[str], details: Mapping[str, str]) -> SignInNeededError | ForbiddenError:
        if any("b2b" in words.lower() for words in told):
            return ForbiddenError(
                "This Cendyn account is not one that may use the API.",
                "Ask Cendyn to open it for this account (b2b).",
                details=details,
            )
        hint = (
            said(
                "Check the secret, the account id and the region (this account is set to {region}): Cendyn gives the "
                "same answer for all three.",
                region=self._region,
            )
            if self._region
            else "Check the secret, the account id and the address: Cendyn gives the same answer for all three."
        )
        return SignInNeededError(
            "Cendyn did not let this account in.",
            hint,
            details=details,
        )

    def _doubtful(self, answer: Answer, title: str) -> InDoubtError:
        return InDoubtError(
            title,
            "It may or may not have been taken. Look at Cendyn before sending it again.",
            details=self._http.unexpected(answer, "POST").details,
        )


def check_account_id(text: str) -> str:
    """SettingsError("account_id") for one that is missing or cannot be one."""
    if not _ACCOUNT_ID.fullmatch(text):
        raise SettingsError(
            "The account id of Cendyn contains signs that it cannot have." if text
            else "The account id of Cendyn is missing.",
            together("It is mostly 24 letters and digits.", _NOTHING_SENT),
            field="account_id",
        )  # fmt: skip
    return text


def _told(answer: Answer) -> list[str]:
    """What the vendor's error envelope says; nothing where it is none."""
    try:
        return error_texts(wire.decode(answer.body, Json, "Cendyn’s answer"))
    except ProtocolError:
        return []


@contextlib.contextmanager
def _naming(http: Http, answer: Answer) -> Iterator[None]:
    """Adds to a ProtocolError what the vendor's support asks for."""
    try:
        yield
    except ProtocolError as error:
        for name, value in http.unexpected(answer).details.items():
            error.details.setdefault(name, value)
        raise


class Sender:
    """BatchSender of one account."""

    def __init__(self, line: Line, defaults: Defaults) -> None:
        self._line, self._defaults = line, defaults
        self.kinds: tuple[BatchKind, ...] = (with_own(defaults.own, costs_on=defaults.validate),)

    def encode(self, kind: BatchKind, rows: Sequence[BatchRow], request: Mapping[str, Any]) -> bytes:
        """See `BatchSender.encode`. The body is a JSON object with the rows, in order, under `contacts`."""
        return seal(rows, request, self._defaults)

    async def send(self, kind: BatchKind, body: bytes) -> Json:
        """See `BatchSender.send`. Nothing here is ever sent twice: Cendyn has no key against repetition."""
        return await self._line.create(body)

    def settle(self, kind: BatchKind, rows: Sequence[BatchRow], answer: Json) -> list[RowOutcome]:
        """See `BatchSender.settle`. Cendyn tells nothing of single contacts: all are accepted, or all in doubt."""
        return settle(rows, answer)


class Jobs:
    """JobSource of one account."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def job(self, job_id: str) -> Job:
        """See `JobSource.job`."""
        return await self._line.show(job_id)


# ── test the connection ──────────────────────────────────────────────────────────────────────────────────────────────

_SENDING = (
    "Whether it may also send contacts shows at the first sending; if that is refused, ask Cendyn which of the "
    "account’s secrets it needs."
)


_MORE_OF_CONTACTS = (
    "Cendyn has further custom fields of contacts: {names}. They become columns once they are named in these settings."
)
_MORE_OF_PURCHASES = (
    "Cendyn has further custom fields of purchases: {names}. They become columns once they are named in these settings."
)


async def check(line: Line, secrets: Secrets, own: OwnFields) -> tuple[CheckStep, ...]:
    """The three lines of *Test connection*, from reading the credit balance. Never raises KnownError.

    The documents have no ping, and an unknown job's answer is not documented; the balance is, costs nothing, and its
    amount is what people want to know."""

    async def prepare() -> None:
        check_account_id(line.account_id)
        check_token(await secrets.get("secret"), field="secret")

    async def probe() -> str:
        try:
            words = balance_words(await line.balance())
        except NotFoundError as error:
            raise SettingsError(_UNKNOWN_ACCOUNT, _WRONG_ACCOUNT, field="account_id", details=error.details) from None
        credit = said("Credit: {amount}.", amount=words) if words else "The credit could not be read."
        return together(credit, await _fields_words(line, own), _SENDING)

    accepted = "Account id, secret and region fit."
    return await check_connection("Cendyn", prepare=prepare, probe=probe, accepted=accepted)


async def _fields_words(line: Line, own: OwnFields) -> str:
    """Custom fields of the settings that Cendyn does not list, and those that it lists besides, as they may be typed
    there; '' where it cannot be asked."""
    unknown: list[str] = []
    more = []
    for specs, name, words in (
        (own.contact, "custom_fields", _MORE_OF_CONTACTS),
        (own.purchase, "product_custom_fields", _MORE_OF_PURCHASES),
    ):
        known: dict[str, str] = {}
        with contextlib.suppress(KnownError):
            known = await line.own_fields(name)
        typed = [spec.path for spec in specs]
        unknown += [path for path in typed if known and path not in known]
        if others := typeable({name: kind for name, kind in known.items() if name not in typed}):
            more.append(said(words, names=others))
    if not unknown:
        return together(*more)
    return together(said("Cendyn has no custom field with this name: {names}.", names=", ".join(unknown)), *more)


def open_access(account: Account, secrets: Secrets, transport: Any = None) -> Access:
    """Live slots of one account. `transport` replaces the network. SettingsError for an address that can't be used."""
    clock = SystemClock()
    http = Http(
        account.base_url,
        vendor="Cendyn",
        clock=clock,
        budget=RateBudget(clock),
        auth=SecretHeader(
            secrets, "secret", account.base_url, header="Authorization", template="Token token={}"
        ),
        transport=transport,
        deadline=_DEADLINE,
    )  # fmt: skip
    line, defaults = Line(http, account), Defaults.of(account.config)
    return Access(
        check=lambda: check(line, secrets, defaults.own),
        aclose=http.aclose,
        batches=Sender(line, defaults),
        jobs=Jobs(line),
        finder=Finder(line),
    )
