"""Cendyn's sync_data as bytes: rows to one body, an answer to outcomes, a job.

Body (page *sync_data/create*): `{"origin": …, "options": {…}?, "contacts": [{…}, …], "purchase": {…}?}`, rows in
order. What is empty is left out, never null and never "": whether that keeps or blanks a field is not documented.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any

import msgspec

from crmdesk.core.batch import BatchRow, Job, JobState, RowOutcome, RowState
from crmdesk.core.errors import Problem, RejectedError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.foreign import flag, items, mapping, text, whole
from crmdesk.core.said import said, said_of, term, together
from crmdesk.core.types import Json
from crmdesk.vendors.cendyn.fields import CONTACT_FIELDS, PURCHASE_FIELDS
from crmdesk.vendors.cendyn.kinds import MOST, PURCHASE, SHARED
from crmdesk.vendors.cendyn.own_fields import OwnFields, read_own_fields
from crmdesk.vendors.cendyn.values import UnfitError, custom, encoded, is_empty, line

ORIGIN = "crmdesk"
_VALIDATION = "options.email_validation."
_WEBHOOK = "options.webhook."
_REQUEST = frozenset(
    {"origin", PURCHASE, SHARED}
    | {_VALIDATION + name for name in ("validate", "create_if_invalid", "create_if_no_credit")}
    | {_WEBHOOK + name for name in ("url", "contacts_extra_fields", "purchase_extra_fields")}
)
_SPELLINGS = frozenset({"product_uuid", "product_UUID"})
_EXTRA_FIELDS = ("contacts_extra_fields", "purchase_extra_fields")
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#\x00-\x20]+\S*", re.IGNORECASE)
_MOST_PROBLEMS = 200
_UNIT = re.compile(r"[A-Za-z]{2,6}\d?")
_CONTACT: Mapping[str, FieldSpec] = {spec.path: spec for spec in CONTACT_FIELDS}
_PURCHASE: Mapping[str, FieldSpec] = {spec.path: spec for spec in PURCHASE_FIELDS}
_write = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the account's settings say where a request says nothing. `product_key`: both, UUID or product_uuid. `own`:
    its custom fields."""

    validate: bool = False
    create_if_invalid: bool = False
    create_if_no_credit: bool = False
    webhook_url: str = ""
    product_key: str = "both"
    own: OwnFields = field(default_factory=OwnFields)

    @classmethod
    def of(cls, config: Mapping[str, str]) -> Defaults:
        """From `Account.config`, where flags are "true" or "" and everything may be missing. SettingsError(field)."""
        return cls(
            validate=flag(config.get("validate_emails")) is True,
            create_if_invalid=flag(config.get("create_if_invalid")) is True,
            create_if_no_credit=flag(config.get("create_if_no_credit")) is True,
            webhook_url=config.get("webhook_url", ""),
            product_key=config.get("product_key", "") or "both",
            own=read_own_fields(config, frozenset(_CONTACT) | {PURCHASE}, frozenset(_PURCHASE) | _SPELLINGS),
        )


def seal(rows: Sequence[BatchRow], request: Mapping[str, Any], defaults: Defaults) -> bytes:
    """The body to be sent. RejectedError with every problem found, not only the first."""
    return _Sealing(rows, request, defaults).body()


class _Sealing:
    def __init__(self, rows: Sequence[BatchRow], request: Mapping[str, Any], defaults: Defaults) -> None:
        self._rows, self._defaults = rows, defaults
        self._request = {path: value for path, value in request.items() if not is_empty(value)}
        self._problems: list[Problem] = []

    def body(self) -> bytes:
        self._check_shape()
        origin = self._value("origin", "origin", lambda: line(self._request.get("origin", ORIGIN)).strip())
        options = self._options()
        contacts = [self._contact(row) for row in self._rows[:MOST]]
        purchase = self._purchase()
        if self._problems:
            raise _refused(self._problems)
        whole_body = {"origin": origin, "options": options, "contacts": contacts, "purchase": purchase}
        return _write({key: value for key, value in whole_body.items() if value})

    def _check_shape(self) -> None:
        count = len(self._rows)
        if not count:
            self._problem("contacts", "There is no contact to send.")
        if count > MOST:
            self._problem(
                "contacts",
                said("Cendyn takes at most {most} contacts in one call, these are {count}.", most=MOST, count=count),
            )
        self._check_purchase(count)
        seen: set[str] = set()
        for row in self._rows:
            if (user_id := user_id_of(row)) in seen:
                self._problem(f"{row.uid}/user_id", "Another row of this call has this id, too.")
            seen.add(user_id)
        for path in self._request.keys() - _REQUEST:
            self._problem(str(path)[:100], "Cendyn has no such option.")

    def _check_purchase(self, count: int) -> None:
        """There is one in a call: a row's own, with that row alone, or the request's, which all rows must share."""
        own = [row.uid for row in self._rows if not is_empty(row.values.get(PURCHASE))]
        if PURCHASE in self._request and own:
            self._problem(f"{own[0]}/{PURCHASE}", "There is one purchase in a call, and the call has one already.")
        elif PURCHASE in self._request and count != 1 and flag(self._request.get(SHARED)) is not True:
            self._problem(
                PURCHASE,
                "A purchase speaks for all contacts of its call; send it with one contact, or say that all share it.",
            )
        elif own and count != 1:
            self._problem(
                f"{own[0]}/{PURCHASE}", "A purchase speaks for all contacts of its call; send it with one contact."
            )

    # ── options ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _options(self) -> Json:
        """Only what is on: a check costs credits."""
        parts = {"email_validation": self._validation(), "webhook": self._webhook()}
        return {name: part for name, part in parts.items() if part}

    def _validation(self) -> Json:
        if not self._on("validate"):
            return {}
        names = ("create_if_invalid", "create_if_no_credit")
        return {"validate": True} | {name: True for name in names if self._on(name)}

    def _on(self, name: str) -> bool:
        path = _VALIDATION + name
        if path not in self._request:
            return bool(getattr(self._defaults, name))
        found = flag(self._request[path])
        if found is None:
            self._problem(path, "This is neither yes nor no.")
        return found is True

    def _webhook(self) -> Json:
        url = self._request.get(f"{_WEBHOOK}url", self._defaults.webhook_url)
        if is_empty(url):
            for name in _EXTRA_FIELDS:
                if self._request.get(_WEBHOOK + name):
                    self._problem(_WEBHOOK + name, "There is no webhook that they could be sent to.")
            return {}
        if not isinstance(url, str) or not _WEB_ADDRESS.fullmatch(url.strip()):
            self._problem(f"{_WEBHOOK}url", "This is not a web address.")
            return {}
        made: Json = {"url": url.strip()}
        for name in _EXTRA_FIELDS:
            if given := self._request.get(_WEBHOOK + name):
                made[name] = self._names(_WEBHOOK + name, given)
        return made

    def _names(self, path: str, given: Any) -> Any:
        return self._value(path, "The field's name", lambda: [line(name) for name in items(given, 100)])

    # ── contacts and purchase ────────────────────────────────────────────────────────────────────────────────────

    def _contact(self, row: BatchRow) -> Json:
        values = {path: value for path, value in row.values.items() if path != PURCHASE}
        values["user_id"] = user_id_of(row)
        if is_empty(values["user_id"]):
            self._problem("/user_id", "A contact needs an id of ours.")
        return self._fields(_CONTACT, self._defaults.own.contact, values, f"{row.uid}/")

    def _purchase(self) -> Json | None:
        """The request's, else the first row's own; None where there is none."""
        if PURCHASE in self._request:
            return self._bought(self._request[PURCHASE], PURCHASE, f"{PURCHASE}.")
        for row in self._rows[:MOST]:
            if not is_empty(given := row.values.get(PURCHASE)):
                return self._bought(given, f"{row.uid}/{PURCHASE}", f"{row.uid}/{PURCHASE}.0.")
        return None

    def _bought(self, given: Any, path: str, prefix: str) -> Json:
        entries = [given] if isinstance(given, Mapping) else items(given, 2)
        if len(entries) == 2 and isinstance(entries[1], Mapping) and entries[1] and prefix.endswith(".0."):
            path = f"{path}.1.{next(iter(entries[1]))}"  # of a draft of an earlier version: where it can be taken away
        if len(entries) != 1 or not isinstance(entries[0], Mapping):
            self._problem(path, "There is one purchase in a call.")
            return {}
        for spec in PURCHASE_FIELDS:
            if spec.required and is_empty(entries[0].get(spec.path)):
                self._problem(prefix + spec.path, said("{field} is missing.", field=term(spec.label)))
        for spelling in entries[0].keys() & _SPELLINGS:
            self._problem(prefix + spelling, "The product's id goes by the name UUID here.")
        return self._spelt(self._fields(_PURCHASE, self._defaults.own.purchase, entries[0], prefix))

    def _spelt(self, purchase: Json) -> Json:
        """The product's id under the names the account's setting says: table and printed request differ."""
        product = purchase.pop("UUID", None)
        both = self._defaults.product_key == "both"
        names = ("UUID", "product_uuid") if both else (self._defaults.product_key,)
        return {**dict.fromkeys(names, product), **purchase}

    def _fields(
        self, known: Mapping[str, FieldSpec], own: Sequence[FieldSpec], values: Mapping[str, Any], prefix: str
    ) -> Json:
        """Documented fields in the page's order, then custom ones: `own` are those that the account's settings name."""
        made: Json = {}
        kinds = {spec.path: spec.kind for spec in own}
        for path in (*(path for path in known if path in values), *(path for path in values if path not in known)):
            spec, value = known.get(path), values[path]
            if is_empty(value):
                continue
            try:
                sent = encoded(spec, value) if spec else custom(path, value, kinds.get(path))
            except UnfitError as error:
                self._problem(prefix + path[:100], _about(spec.label if spec else path[:40], error))
                continue
            if sent is not None:
                made[path] = sent
        return made

    def _value(self, path: str, label: str, encode: Callable[[], Any]) -> Any:
        try:
            return encode()
        except UnfitError as error:
            self._problem(path, _about(label, error))
            return None

    def _problem(self, path: str, words: str) -> None:
        self._problems.append(Problem(path, "", words))


def _about(label: str, error: UnfitError) -> str:
    return said("{field}: {why}", field=term(label), why=term(error.args[0]))


def user_id_of(row: BatchRow) -> str:
    """Our own id of the contact: a given user_id, else the row's."""
    return str(row.values.get("user_id") or row.uid)


def _refused(problems: list[Problem]) -> RejectedError:
    title = said_of(
        len(problems), "Something cannot be sent to Cendyn like this.", "{n} things cannot be sent to Cendyn like this."
    )
    return RejectedError(
        title,
        problems[0].text if len(problems) == 1 else "Correct them and send again.",
        problems=tuple(problems[:_MOST_PROBLEMS]),
    )


# ── answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_DONE = frozenset({"finished", "completed", "done", "processed"})
_FAILED = frozenset({"failed", "error"})


def settle(rows: Sequence[BatchRow], answer: Any) -> list[RowOutcome]:
    """ACCEPTED with the job's id where the answer is about these rows, else IN_DOUBT. Total."""
    job = read_job(answer)
    counted = said(
        "Cendyn took {contacts} and {purchases}.",
        contacts=_amount(job.contacts, "contact"),
        purchases=_amount(job.purchases, "purchase"),
    )
    own = sum(not is_empty(row.values.get(PURCHASE)) for row in rows)  # one of the call does not stand in its rows
    if own and job.purchases is not None and job.purchases != own:
        counted = together(counted, "A purchase was sent with it: look whether Cendyn has it.")
    fits = bool(job.id) and job.contacts == len(rows) and job.state is not JobState.FAILED
    state = RowState.ACCEPTED if fits else RowState.IN_DOUBT
    words = counted if fits else _doubt(job, len(rows))
    return [RowOutcome(row.uid, state, job.word, words, job.id, job.id) for row in rows]


_AMOUNTS = {
    "contact": ("an untold number of contacts", "1 contact", "{n} contacts"),
    "purchase": ("an untold number of purchases", "1 purchase", "{n} purchases"),
}


def _amount(count: int | None, noun: str) -> str:
    untold, one, many = _AMOUNTS[noun]
    return term(untold) if count is None else said_of(count, one, many)


def _doubt(job: Job, sent: int) -> str:
    if not job.id:
        return "Cendyn's answer names no job."
    if job.state is JobState.FAILED:
        return "Cendyn's answer says that it failed at once."
    return said(
        "Cendyn's answer speaks of {contacts}; {sent} were sent.",
        contacts=_amount(job.contacts, "contact"),
        sent=_amount(sent, "contact"),
    )


def read_job(answer: Any) -> Job:
    """A job out of an answer of create or show. Total: what is missing stays empty; `id` is '' for no job at all.

    Words the documents do not know mean that it is still running: only `queued` is printed."""
    raw = mapping(answer)
    word = text(raw.get("status"), 60)
    lower = word.lower()
    state = JobState.DONE if lower in _DONE else JobState.FAILED if lower in _FAILED else JobState.RUNNING
    return Job(
        id=text(raw.get("_id"), 100) or text(raw.get("id"), 100),
        state=state,
        word=word,
        contacts=_count(raw.get("number_of_contacts")),
        purchases=_count(raw.get("number_of_purchase")),
        raw=dict(raw),
    )


def _count(value: Any) -> int | None:
    found = whole(value)
    return found if found is not None and found >= 0 else None


def error_texts(body: Any) -> list[str]:
    """What an error answer says: `error` is a text or a list of `{"error": …}` (third-party recordings), flattened."""
    if not isinstance(body, Mapping):
        return []
    found = islice(_flat(body.get("error", body.get("errors")), 4), _MOST_PROBLEMS)
    return list(dict.fromkeys(words for words in found if words))


def _flat(value: Any, depth: int) -> Iterable[str]:
    if isinstance(value, Mapping) and depth:
        yield from _flat(value.get("error", value.get("errors")), depth - 1)
    elif isinstance(value, list) and depth:
        for item in value[:_MOST_PROBLEMS]:
            yield from _flat(item, depth - 1)
    else:
        yield text(value)


def balance_words(answer: Json) -> str:
    """`{"balance": "582.84660", "currency": "eur5"}` (third-party copy of the vendor's page) in words."""
    amount = text(answer.get("balance"), 40)
    try:
        credit = Decimal(amount)
    except ArithmeticError:
        return ""
    if not credit.is_finite():
        return ""
    unit = text(answer.get("currency"), 20)
    unit = f" {unit}" if _UNIT.fullmatch(unit) else ""
    return f"{credit:f}{unit}" if abs(credit.adjusted()) < 20 else ""
