"""PrioTicket's error answers in words, and staying below the number of them that locks a client out.

Body of an error outside the sign-in (model of 3.5): `{"error": …, "error_reference": …, "error_message"?: "Customer
friendly error message", "error_description"?: …, "errors"?: [plain strings]}`. There are over 1000 codes: "a catch-all
clause for each HTTP status code" is what the vendor asks for. Of the sign-in (OAuth): `{"error": …,
"error_description"?: …}`.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

import msgspec

from crmdesk.core.errors import ForbiddenError, KnownError, ProtocolError, SignInNeededError
from crmdesk.core.foreign import items, mapping, text
from crmdesk.core.seams import Clock
from crmdesk.core.text import one_line
from crmdesk.net.limiter import RateBudget
from crmdesk.net.redact import scrub

NO_MODULE = "The Contacts Module (returning guests) may be switched off for this account, or the scope may be missing."
"""page: "Only applicable for partners using the Contacts Module (Returning guests)." """

_MESSAGE = 200  # characters of the vendor's sentence
_PLAIN = re.compile(r"[\w.:/-]{1,80}", re.ASCII)
_LARGEST = 1_000_000  # bytes of an error body that are looked at
_GONE = re.compile(r"(.*CONTACT\w{0,20}_)?(NOT_?FOUND|(DOES_)?NOT_?EXISTS?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error body. `code` and `reference` are '' where they are missing or no plain words; `message` is fit to be
    shown: one line, no secret, no e-mail address, no phone number."""

    code: str = ""
    reference: str = ""
    message: str = ""

    @property
    def gone(self) -> bool:
        """True where the code says that there is no such contact, or that there is none of what was asked for; not of
        something else, as a reseller. 404 is not among the documented statuses."""
        return _GONE.fullmatch(self.code) is not None

    @property
    def contact_gone(self) -> bool:
        """True where the code names the contact itself: a wrong address is not found, too."""
        return self.gone and "contact" in self.code.lower()

    def details(self) -> dict[str, str]:
        found = {"error": self.code, "error reference": self.reference}
        return {name: value for name, value in found.items() if value}


def read_refusal(body: bytes) -> Refusal | None:
    """None if this is no error body of the vendor's: then somebody else may have answered."""
    if len(body) > _LARGEST:
        return None
    try:
        said = mapping(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if type(said.get("error")) is not str:
        return None
    told = text(said.get("error_message")) or "; ".join(filter(None, map(text, items(said.get("errors"), 5))))
    message = one_line(scrub(told or text(said.get("error_description"))), _MESSAGE)
    return Refusal(_plain(said.get("error")), _plain(said.get("error_reference")), message)


def _plain(value: object) -> str:
    word = text(value)
    return scrub(word) if _PLAIN.fullmatch(word) else ""


def refused(status: int, body: bytes, unexpected: ProtocolError) -> KnownError:
    """The error for a 4xx answer to a call for contacts. `unexpected` is the general one; its details are kept."""
    found = read_refusal(body)
    refusal = found or Refusal()
    details = {**unexpected.details, **refusal.details()}
    said = f" It says: {refusal.message}" if refusal.message else ""
    if status == 401:
        title = "PrioTicket no longer accepts the sign-in of this account."
        return SignInNeededError(title, f"Check its client id and client secret.{said}", details=details)
    if status == 403:
        title = "PrioTicket does not let this account do that."
        return ForbiddenError(title, f"{NO_MODULE}{said}", details=details)
    if found is None:
        return unexpected
    title = f"PrioTicket refused the request (status {status}).{said}"
    hint = "Check the settings of the account. If they are right, copy the details and send them to PrioTicket."
    return ProtocolError(title, hint, details=details)


class RefusalGuard:
    """Counts answers of 4xx. "60 answers of 4xx a minute, then blocked one minute" (docs, limits): near that, nothing
    is sent for a minute, so that one desk's mistakes do not lock out the whole house."""

    MOST = 45  # a renewed sign-in inside a call is not seen here, and another desk may share our address
    SECONDS = 60.0

    def __init__(self, clock: Clock, budget: RateBudget) -> None:
        self._clock = clock
        self._budget = budget
        self._seen: deque[float] = deque()

    def note(self, status: int) -> None:
        """Called with the status of every answer."""
        if not 400 <= status < 500:
            return
        now = self._clock.monotonic()
        self._seen.append(now)
        while now - self._seen[0] > self.SECONDS:
            self._seen.popleft()
        if len(self._seen) >= self.MOST:
            self._seen.clear()
            self._budget.refused({"retry-after": f"{self.SECONDS:g}"})
