"""What a refused sign-in means for the guest at the desk, and what of it is said.

CRM.COM publishes no list of its error codes: the words inside `error` decide. And nobody is told whether there is such
a contact: what does not plainly speak of something else stays silent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from crmdesk.core.errors import InDoubtError, KnownError, NotFoundError, Problem, RejectedError, SignInNeededError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.foreign import whole
from crmdesk.core.guest import CodeFault, CodeRefusedError
from crmdesk.vendors.crmcom_selfservice.refusals import Refusal, RefusedError

# Searched in this order. "Attempt" alone says nothing: a wrong code is an invalid attempt, too.
_TOO_MANY = re.compile(
    r"too_?(many|soon|often|early|fast)|lock|block|exceed|throttl|rate_?limit|limit_?reached|(max|no_?more)[\w.]*(tr(y|ies)|attempt)",
    re.IGNORECASE,
)
_EXPIRED = re.compile(
    r"expire|(?<!f)used|consumed|time_?d?_?out|stale|replaced|superseded|revoked|no_?longer|otp_?(unknown|not_?found)|"
    r"(unknown|no_?such)_?otp",
    re.IGNORECASE,
)
_FORM = re.compile(
    r"invalid_?(input|parameter|argument|format|request|json|field|country|date|phone_?number|email_?address|mac)|"
    r"malformed|bad_?format|validation|(missing|required)_?(field|parameter|value|input)|(field|parameter|value)_?(missing|required)",
    re.IGNORECASE,
)
_API_KEY = re.compile(r"api_?key|application_?(id|key)", re.IGNORECASE)

_LEFT = re.compile(r"(\d{1,3}) (?:more )?(?:tr(?:y|ies)|attempts?)", re.IGNORECASE)
_WAIT = re.compile(r"(\d{1,5}) ?(s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?)\b", re.IGNORECASE)
_LEFT_NAMES = ("tries_left", "attempts_left", "remaining_attempts", "remaining_tries")
_WAIT_NAMES = ("wait", "wait_seconds", "retry_after", "seconds")
_LONGEST_WAIT = 24 * 3600.0

_FIELD_OF: Mapping[str, tuple[str, ...]] = {
    "username": ("email",),
    "email_address": ("email",),
    "number": ("phone_number",),
    "value": (
        "id_number",
        "passport",
        "card",
        "loyalty_identifier",
        "birth_date",
        "gift_pass",
        "email",
        "phone_number",
    ),
}
"""The vendor's parameter → our fields of the same meaning."""

_WORDS = {
    CodeFault.WRONG: ("This code is not right.", "Check the newest message."),
    CodeFault.EXPIRED: ("This code no longer works.", "It is too old, was used already, or a newer one was sent."),
    CodeFault.TOO_MANY: ("Too many tries.", "Wait a while, then ask for a new code."),
}
_NOT_ACCEPTED = ("CRM.COM did not accept this.", "Check what was typed, or use another way.")
_PASSWORD_REFUSED = (
    "CRM.COM did not accept this e-mail address and password.",
    "Check both, or use a code. They are the guest’s own, not those of a CRM.COM user.",
)
_NOT_REGISTERED = (
    "CRM.COM did not take this registration.",
    "Check what was typed. Somebody who is registered already signs in instead.",
)
LINK_REFUSED = ("This link is no longer good.", "Ask for a new message, and use the newest one.")


def told_by_vendor(error: KnownError) -> bool:
    """A refusal of what was sent, in the vendor's own error body: not of the key, not ours, and not of somebody in
    between."""
    if isinstance(error, SignInNeededError):
        code = error.details.get("error", "")
        return bool(code) and not _API_KEY.search(code)
    return isinstance(error, RejectedError | NotFoundError) and bool(error.details)


def code_refused(error: KnownError) -> CodeRefusedError:
    """Of an entered code."""
    refusal = error.refusal if isinstance(error, RefusedError) else None
    code = refusal.code if refusal is not None else error.details.get("error", "")
    fault = _fault(code)
    left = _number(refusal, _LEFT_NAMES, _LEFT)
    wait = _seconds(refusal) if fault is CodeFault.TOO_MANY else None
    return CodeRefusedError(*_WORDS[fault], fault=fault, tries_left=left, wait=wait, details=error.details)


def request_refused(error: KnownError, specs: Sequence[FieldSpec]) -> RejectedError | None:
    """Of the request of a code. None where the refusal may be about the contact: then it is silent."""
    refusal = error.refusal if isinstance(error, RefusedError) else None
    if refusal is None:
        return None
    if _TOO_MANY.search(refusal.code):
        title, hint = "CRM.COM sends no further code yet.", "Wait a while before asking again."
        wait = _seconds(refusal)
        return CodeRefusedError(title, hint, fault=CodeFault.TOO_MANY, wait=wait, details=error.details)
    return _form_refused(refusal, specs)


def sign_in_refused(error: KnownError, specs: Sequence[FieldSpec], *, password: bool) -> RejectedError:
    """Of a password, a device or a token: in the same words whether there is such a contact or not."""
    if password:
        return RejectedError(*_PASSWORD_REFUSED, details=_quiet(error))
    refusal = error.refusal if isinstance(error, RefusedError) else None
    found = _form_refused(refusal, specs) if refusal is not None else None
    return found or RejectedError(*_NOT_ACCEPTED, details=_quiet(error))


def registration_refused(error: KnownError, specs: Sequence[FieldSpec]) -> RejectedError:
    refusal = error.refusal if isinstance(error, RefusedError) else None
    found = _form_refused(refusal, specs) if refusal is not None else None
    return found or RejectedError(*_NOT_REGISTERED, details=_quiet(error))


def link_refused(error: KnownError) -> RejectedError:
    return RejectedError(*LINK_REFUSED, problems=(Problem("token", "token", LINK_REFUSED[0]),), details=error.details)


def lost(error: InDoubtError, hint: str) -> InDoubtError:
    """The same, with what that means here."""
    return InDoubtError(error.title, hint, details=error.details)


def _fault(code: str) -> CodeFault:
    if _TOO_MANY.search(code):
        return CodeFault.TOO_MANY
    return CodeFault.EXPIRED if _EXPIRED.search(code) else CodeFault.WRONG


def _form_refused(refusal: Refusal, specs: Sequence[FieldSpec]) -> RejectedError | None:
    """Where the vendor speaks of the form of a value, that is said at its field."""
    if not _FORM.search(refusal.code):
        return None
    problem = Problem(_path_of(refusal, specs), refusal.code, refusal.message or "This cannot be taken.")
    return RejectedError("CRM.COM cannot take this as it was typed.", "Nothing was changed.", problems=(problem,))


def _path_of(refusal: Refusal, specs: Sequence[FieldSpec]) -> str:
    paths = [spec.path for spec in specs]
    for parameter in refusal.parameters:
        leaf = parameter.rpartition(".")[2]
        found = next((path for path in (leaf, *_FIELD_OF.get(leaf, ())) if path in paths), "")
        if found:
            return found
    return paths[0] if len(paths) == 1 else ""


def _quiet(error: KnownError) -> Mapping[str, str]:
    """Details without what tells a wrong password from an unknown name."""
    return {name: text for name, text in error.details.items() if name not in ("error", "status")}


def _number(refusal: Refusal | None, names: Sequence[str], words: re.Pattern[str]) -> int | None:
    """From `parameters` as name and value in turn, else from the message."""
    if refusal is None:
        return None
    for name, value in zip(refusal.parameters, refusal.parameters[1:], strict=False):
        if name.lower() in names:
            return whole(value)
    found = words.search(refusal.message)
    return int(found[1]) if found is not None else None


def _seconds(refusal: Refusal | None) -> float | None:
    number = _number(refusal, _WAIT_NAMES, _WAIT)
    if number is None or refusal is None:
        return None
    found = _WAIT.search(refusal.message)
    named = any(name.lower() in _WAIT_NAMES for name in refusal.parameters)
    minutes = not named and found is not None and found[2].lower().startswith("m")
    return min(max(float(number) * (60 if minutes else 1), 1.0), _LONGEST_WAIT)
