"""PrioTicket's error answers in words, and staying below the number of them that locks a client out.

Body of an error outside the sign-in (model of 3.5): `{"error": …, "error_reference": …, "error_message"?: "Customer
friendly error message", "error_description"?: …, "errors"?: [plain strings]}`. There are over 1000 codes: "a catch-all
clause for each HTTP status code" is what the vendor asks for. Of the sign-in (OAuth): `{"error": …,
"error_description"?: …}`. Which value was refused stands, if anywhere, inside the plain strings.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

import msgspec

from crmdesk.core.errors import ForbiddenError, KnownError, Problem, ProtocolError, RejectedError, SignInNeededError
from crmdesk.core.foreign import items, mapping, text
from crmdesk.core.said import said, said_of, together
from crmdesk.core.seams import Clock
from crmdesk.core.text import one_line
from crmdesk.net.limiter import RateBudget
from crmdesk.net.redact import hide_secrets, scrub
from crmdesk.vendors.prioticket.fields import FIELDS

NO_MODULE = "The Contacts Module (returning guests) may be switched off for this account, or the scope may be missing."
"""page: "Only applicable for partners using the Contacts Module (Returning guests)." """

_MESSAGE = 200  # characters of the vendor's sentence
_PLAIN = re.compile(r"[\w.:/-]{1,80}", re.ASCII)
_MOST_ERRORS = 50  # a contact has forty fields
_WORD = re.compile(r"[A-Za-z][\w.\[\]]{1,80}", re.ASCII)
_LARGEST = 1_000_000  # bytes of an error body that are looked at
_GONE = re.compile(r"(.*CONTACT\w{0,20}_)?(NOT_?FOUND|(DOES_)?NOT_?EXISTS?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error body. `code` and `reference` are '' where they are missing or no plain words; `message` is fit to be
    shown: one line, no secret, no e-mail address, no phone number. `errors` are the plain strings, one line each; they
    may quote the values that were sent."""

    code: str = ""
    reference: str = ""
    message: str = ""
    errors: tuple[str, ...] = ()

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
    errors = tuple(filter(None, (one_line(hide_secrets(text(one))) for one in items(said.get("errors"), _MOST_ERRORS))))
    return Refusal(_plain(said.get("error")), _plain(said.get("error_reference")), message, errors)


def _plain(value: object) -> str:
    word = text(value)
    return scrub(word) if _PLAIN.fullmatch(word) else ""


def refused(status: int, body: bytes, unexpected: ProtocolError) -> KnownError:
    """The error for a 4xx answer to a call for contacts. `unexpected` is the general one; its details are kept."""
    found = read_refusal(body)
    refusal = found or Refusal()
    details = {**unexpected.details, **refusal.details()}
    says = said("It says: {text}", text=refusal.message) if refusal.message else ""
    if status == 401:
        title = "PrioTicket no longer accepts the sign-in of this account."
        return SignInNeededError(title, together("Check its client id and client secret.", says), details=details)
    if status == 403:
        title = "PrioTicket does not let this account do that."
        return ForbiddenError(title, together(NO_MODULE, says), details=details)
    if found is None:
        return unexpected
    title = together(said("PrioTicket refused the request (status {status}).", status=str(status)), says)
    hint = "Check the settings of the account. If they are right, copy the details and send them to PrioTicket."
    return ProtocolError(title, hint, details=details)


def refused_values(status: int, body: bytes, unexpected: ProtocolError) -> RejectedError | None:
    """The error for a 422, or a 400 whose `errors` say what is wrong, of an update; None for any other answer."""
    refusal = read_refusal(body) or Refusal()
    if status != 422 and not (status == 400 and refusal.errors):
        return None
    told = refusal.errors or ((refusal.message,) if refusal.message else ())
    problems = tuple(dict.fromkeys(Problem(path_in(one), refusal.code, one) for one in told))
    named = len({problem.path for problem in problems if problem.path})
    if named:
        title: str = said_of(
            named, "PrioTicket refused a field of this contact.", "PrioTicket refused {n} fields of this contact."
        )
        hint = "What it says stands at each field." if named > 1 else "What it says stands at the field."
    else:
        title = "PrioTicket refused this contact without naming a field."
        hint = "Look through the values, then try again."
    return RejectedError(title, hint, problems=problems, details={**unexpected.details, **refusal.details()})


def path_in(told: str) -> str:
    """The `FieldSpec.path` that a sentence names, '' where it names none. The longest name counts: `contact_address`
    alone says less than `contact_address.city`."""
    found = [path for word in _WORD.findall(told) if (path := _path_of(word))]
    return max(found, key=len, default="")


def _path_of(word: str) -> str:
    """`data.contact.contact_notes[0].note_value` → `contact_notes`. A single word of everyday language is no field:
    "city" may be anybody's."""
    parts = [part for part in re.split(r"[.\[\]]+", word) if part and not part.isdigit()]
    for start in range(len(parts)):
        for end in range(len(parts), start, -1):
            if (path := _NAMES.get(".".join(parts[start:end]))) is not None:
                return path
    return ""


def _names() -> dict[str, str]:
    names = {name: spec.path for spec in FIELDS for name in (spec.path, spec.path.rpartition(".")[2]) if "_" in name}
    parts = {part.path: spec.path for spec in FIELDS for part in spec.parts}
    groups = {spec.path.rpartition(".")[0]: spec.path.rpartition(".")[0] for spec in FIELDS if "." in spec.path}
    return groups | parts | names


_NAMES = _names()
"""What a field may be called in a sentence, and its path; also parts of notes, and a group of fields as a whole."""


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
