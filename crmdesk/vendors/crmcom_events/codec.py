"""The envelope of CRM.COM's answers: `{"status": {"code", "message", "description"}, "data": …}`.

`status.code == "OK"` is success whatever the HTTP status says, and nothing else is; a message beside OK means nothing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from crmdesk.core.errors import (
    ForbiddenError,
    KnownError,
    NotFoundError,
    ProtocolError,
    RejectedError,
    ServerFaultError,
    SignInNeededError,
)
from crmdesk.core.foreign import mapping
from crmdesk.core.said import said, term
from crmdesk.core.text import one_line
from crmdesk.core.types import Json
from crmdesk.net import wire
from crmdesk.net.redact import scrub

TITLE = "CRM.COM back office"
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,79}")
_NOTHING_CHANGED = "Nothing was changed here. Copy the details and report them."

# No page lists the codes of a refused call; those of refused rows are names of exceptions. Searched in this order.
_NOT_FOUND = re.compile("not_?found", re.IGNORECASE)
_SIGN_IN = re.compile("token|session|authenticat|unauthori[sz]ed|credential|log_?in", re.IGNORECASE)
_RIGHTS = re.compile("permission|privilege|forbidden|denied|not_?allowed|licen[cs]e", re.IGNORECASE)
_FAULT = re.compile(
    r"internal|unexpected|unknown|null_?pointer|runtime|time_?d?_?out|sql|database|deadlock|unavailable|server",
    re.IGNORECASE,
)
_DATABASE = re.compile(r"hibernate|jdbc|sql|database|deadlock|null_?pointer", re.IGNORECASE)
"""A session that broke in the vendor's database is not the sign-in's: a write may have been done in part."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An envelope. `words` are the vendor's, cleaned: no secrets, no addresses, one line."""

    code: str
    words: str
    data: Any
    raw: Json

    @property
    def ok(self) -> bool:
        return self.code == "OK"

    @property
    def refuses_token(self) -> bool:
        others = _NOT_FOUND.search(self.code) or _DATABASE.search(self.code)
        return not self.ok and bool(_SIGN_IN.search(self.code)) and not others

    @property
    def own_fault(self) -> bool:
        """The vendor's side broke, so a write may have been done in part."""
        fault = _FAULT.search(self.code) or _DATABASE.search(self.code)
        return not self.ok and bool(fault) and not self.refuses_token


def read_reply(body: bytes, what: str) -> Reply:
    """ProtocolError for anything that is no such envelope, also where a key stands twice in one object."""
    raw = wire.decode(body, dict[str, Any], what)
    _check_keys(body, what)
    status = mapping(raw.get("status"))
    code = status.get("code")
    if not isinstance(code, str) or not code:
        raise ProtocolError(
            said("{what} cannot be read: {why}.", what=term(what), why=term("it has no status code")),
            _NOTHING_CHANGED,
            path="status.code",
        )
    words = next((text for text in map(status.get, ("message", "description")) if isinstance(text, str) and text), "")
    return Reply(code, one_line(scrub(words), 300), raw.get("data"), raw)


def failure(reply: Reply) -> KnownError:
    """The error for a call that was refused as a whole."""
    reason = f"“{reply.words}”" if reply.words else term("It gave no reason.")
    details = {"code": reply.code if _CODE.fullmatch(reply.code) else "odd"}
    if reply.refuses_token:
        return SignInNeededError(
            said("{vendor} did not accept the sign-in: {why}", vendor=TITLE, why=reason),
            _SIGN_IN_AGAIN,
            details=details,
        )
    if _NOT_FOUND.search(reply.code):
        return NotFoundError(
            said("{vendor} does not know this: {why}", vendor=TITLE, why=reason),
            "Check the number or name.",
            details=details,
        )
    if _RIGHTS.search(reply.code):
        return ForbiddenError(
            said("{vendor} does not allow this: {why}", vendor=TITLE, why=reason),
            "Ask for the right to do it.",
            details=details,
        )
    if reply.own_fault:
        return ServerFaultError(
            said("{vendor} has a fault on its side: {why}", vendor=TITLE, why=reason),
            "It will be tried again.",
            details=details,
        )
    return RejectedError(
        said("{vendor} refused the call: {why}", vendor=TITLE, why=reason), "Nothing was done.", details=details
    )


_SIGN_IN_AGAIN = "Check user name, password and organisation, or the web API key."


def _check_keys(body: bytes, what: str) -> None:
    """Of a key that stands twice one value would be read and the other lost, silently."""
    problem = ""
    try:
        json.loads(body.decode("utf-8-sig", "replace"), object_pairs_hook=_once, parse_int=str, parse_float=str)
    except _TwiceError:
        problem = "a key stands twice in one object"
    except (ValueError, RecursionError):  # `wire.decode` took it, so this is only about how deep or how odd it is
        problem = "too deeply nested"
    if problem:
        raise ProtocolError(
            said("{what} cannot be read: {why}.", what=term(what), why=term(problem)),
            _NOTHING_CHANGED,
            details={"reason": problem},
        )


class _TwiceError(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _TwiceError
    return found
