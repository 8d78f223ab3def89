"""What CRM.COM says when it refuses, as our errors: one table, by `error` first and by status then.

The error body (source page): {"status": 400, "error": "CRM.EXCEPTIONS.NOTFOUNDEXCEPTION", "message": "Record not
found.", "parameters": ["contact", "<id>"]}. No list of `error` values is public; two are named there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from crmdesk.core.errors import ForbiddenError, KnownError, NotFoundError, Problem, RejectedError, SignInNeededError
from crmdesk.core.foreign import items, mapping, text, whole
from crmdesk.core.said import said
from crmdesk.net.redact import scrub

_CODE = re.compile(r"[A-Za-z][\w.-]{2,119}", re.ASCII)  # words with spaces are a proxy's or a framework's, no code
_OWN_CODE = re.compile(r"CRM\..+|.+Exception", re.IGNORECASE)
"""Both that are known: a web server's own 404 for a wrong address may be JSON with `status` and `error`, too."""
_MOST_PARAMETERS = 20
_LARGEST = 1_000_000  # bytes of an error body that are looked at


_OF_STATUS: Mapping[int, type[KnownError]] = {
    401: SignInNeededError,
    403: ForbiddenError,
    404: NotFoundError,
    410: NotFoundError,
}
_OF_CODE: Mapping[str, type[KnownError]] = {"NOTFOUNDEXCEPTION": NotFoundError}
_WORDS: Mapping[str, str] = {
    "CLIENTALREADYAUTHORIZEDEXCEPTION": "This contact is already signed in to the Wi-Fi with another device.",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The vendor's error body. `message` is fit for people: no secret, address or number is left in it."""

    status: int
    code: str
    message: str
    parameters: tuple[str, ...] = ()


class RefusedError(RejectedError):
    """A RejectedError that keeps the vendor's own error body, for those who tell refusals apart."""

    def __init__(self, title: str, refusal: Refusal, details: Mapping[str, str]) -> None:
        problem = Problem(_field_of(refusal), refusal.code, refusal.message)
        super().__init__(title, "Nothing was changed.", problems=(problem,), details=details)
        self.refusal = refusal


def read_refusal(body: bytes) -> Refusal | None:
    """None for anything that is not the vendor's own error body."""
    if len(body) > _LARGEST or b'"error"' not in body:
        return None
    try:
        raw = mapping(msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf")))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return _refusal(raw)


def _refusal(raw: Mapping[str, Any]) -> Refusal | None:
    code, status = raw.get("error"), whole(raw.get("status"))
    if type(code) is not str or not _CODE.fullmatch(code) or status is None or not 400 <= status < 600:
        return None
    told = tuple(text(item) for item in items(raw.get("parameters"), _MOST_PARAMETERS))
    return Refusal(status, code, scrub(text(raw.get("message"))), told)


def judged(status: int, refusal: Refusal | None, subject: str, details: Mapping[str, str]) -> KnownError | None:
    """The error for a status of 400 or above; None where the vendor's own words would be needed and are not there.

    `subject` is the id in the path: "record not found" is about it, unless the parameters name another record, which
    then is a wrong value. NotFoundError only from the vendor's own error body."""
    kind = _kind(status, refusal, subject)
    if kind is SignInNeededError:
        return SignInNeededError(
            "CRM.COM Self-Service no longer accepts this sign-in.", "Sign in again.", details=details
        )
    if kind is ForbiddenError:
        hint = "The sign-in is good, but the application’s key or this contact lacks the right."
        return ForbiddenError("CRM.COM Self-Service does not allow this.", _joined(refusal, hint), details=details)
    if refusal is None or (kind is NotFoundError and not _OWN_CODE.fullmatch(refusal.code)):
        return None
    if kind is NotFoundError:
        return NotFoundError("This no longer exists at CRM.COM.", "Check the account again.", details=details)
    return RefusedError(
        _WORDS.get(_name_of(refusal)) or said("CRM.COM refused this: {why}", why=refusal.message or refusal.code),
        refusal,
        details,
    )


def _kind(status: int, refusal: Refusal | None, subject: str) -> type[KnownError]:
    if refusal is not None and (known := _OF_CODE.get(_name_of(refusal))) is not None:
        others = refusal.parameters[1:]
        return RejectedError if status == 400 and others and subject not in others else known
    return _OF_STATUS.get(status, RejectedError)


def _name_of(refusal: Refusal) -> str:
    """The exception's name in capitals: the one code that is printed stands in them with a path before it, the other
    one that is named has neither."""
    return refusal.code.rpartition(".")[2].upper()


def _field_of(refusal: Refusal) -> str:
    """The first parameter names what is wrong, as far as the one sample shows."""
    return refusal.parameters[0] if refusal.parameters else ""


def _joined(refusal: Refusal | None, hint: str) -> str:
    return f"{refusal.message} {hint}".strip() if refusal is not None else hint
