"""What a sign-in shows: its ten states, and the words for what went wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from types import MappingProxyType

from crmdesk.core.errors import KnownError, Problem
from crmdesk.core.guest import Guest
from crmdesk.core.said import said
from crmdesk.core.seams import Clock, iso

NOTHING: Mapping[str, str] = MappingProxyType({})
REGISTER = "register"  # stands as `LoginView.way` while somebody new is registered
HIDDEN = "•••"
_SHORTEST_SECRET = 4  # a shorter one would be found inside common words


NO_LINE = "No connection."
KEEP_WORKING = "You can keep working with saved data."
SWITCHED_OFF = ("You are working offline.", "Switch “Working offline” off to sign in.")
OURS = ("Something went wrong inside crmdesk.", "Nothing is sent again by itself. Try it again.")
NOT_ACCEPTED = ("This sign-in was not accepted.", "Check what was typed.")
WRONG = "That code is not right."
NEWEST = "Use the newest message."
ONLY_NEWEST = "Only the newest code counts: earlier ones no longer work."
EXPIRED = ("That code has run out.", "Ask for a new one.")
TOO_MANY = ("Too many tries.", "")
STILL_COUNTS = "A code was asked for a moment ago: the newest message counts."
MAY_HAVE_LEFT = "A code may be on its way all the same."
NOBODY_IN = "Nobody is signed in here."
NOT_KNOWN = "Whether the code was taken is not known. If it is refused now, send a new one."
UNREAD = "The guest is signed in, but the profile could not be read."
LOST_REQUEST = "No clear answer came. The request may have arrived, and a message may be on its way."
LOST_CODE = "No clear answer came. The code may or may not have been taken."
NOT_AGAIN = "Nothing is sent again by itself."


def patience(vendor: str) -> tuple[str, str]:
    return said("{vendor} asks us to slow down.", vendor=vendor), ""


def no_code(candidates: int) -> tuple[str, str]:
    """A text that does not hold exactly one code."""
    if candidates > 1:
        return "This text may hold several codes.", "Type the one from the newest message."
    return "There is no code in this.", "Type the code from the message."


def typed_again(*, register: bool) -> tuple[str, str]:
    """Why a new code cannot be asked for as it is."""
    if register:
        return "For a new code, sign in with what was registered.", "Registering again could make a second contact."
    return "For a new code, sign in again.", "What is secret was not kept."


class Step(Enum):
    """The states of the dialog (S0 to S9)."""

    IDENTIFY = "identify"
    REQUESTING = "requesting"
    CODE_SENT = "code sent"
    VERIFYING = "verifying"
    WRONG = "wrong code"
    EXPIRED = "expired or used"
    WAIT = "wait"
    OFFLINE = "offline"
    DONE = "done"
    TROUBLE = "server trouble"

    @property
    def busy(self) -> bool:
        """A request is under way; `cancel` ends it."""
        return self in (Step.REQUESTING, Step.VERIFYING)


@dataclass(frozen=True, slots=True)
class LoginView:
    """What the dialog shows now. Moments are those of the session's `clock.monotonic()`, in seconds.

    `way` and `values`: what was chosen and typed, without secrets. `sent_to` as the vendor masked it; with `asked` and
    an empty `sent_to` the vendor is silent. `resend_at`: when *Send again* unlocks; `again`: an earlier request was
    replaced. `wait_until`: no code is taken before; `wait_is_ours`: the vendor did not ask for it."""

    step: Step = Step.IDENTIFY
    way: str = ""
    values: Mapping[str, str] = field(default_factory=lambda: NOTHING, repr=False)
    channel: str = ""
    asked: bool = False
    asked_at: float = 0.0
    sent_to: str = ""
    explained: str = ""
    length: int = 0  # of a code; 0: not known
    letters: bool = False
    resend_at: float = 0.0
    again: bool = False
    title: str = ""  # what is wrong, for people; '' where nothing is
    hint: str = ""
    details: str = ""  # for *Copy details*
    problems: tuple[Problem, ...] = ()  # at the fields of `way`
    tries_left: int | None = None
    wait_until: float = 0.0
    wait_is_ours: bool = False
    guest: Guest | None = None
    contact_id: int = 0  # here, once it is DONE


def plain(view: LoginView, step: Step) -> LoginView:
    """The same without what went wrong."""
    return told(view, step)


def told(view: LoginView, step: Step, title: str = "", hint: str = "") -> LoginView:
    """Another step with its words; what was said before is gone."""
    return replace(
        view, step=step, title=title, hint=hint, details="", problems=(), tries_left=None, wait_until=0.0,
        wait_is_ours=False,
    )  # fmt: skip


def identify(view: LoginView, title: str = "", hint: str = "") -> LoginView:
    """Back at the first page with what was typed there."""
    return LoginView(way=view.way, values=view.values, channel=view.channel, title=title, hint=hint)


def details_of(error: KnownError, vendor: str, clock: Clock) -> str:
    """For *Copy details*: time, vendor, what happened, endpoint and status. No secrets, no guest's data."""
    lines = [iso(clock.now()), vendor, type(error).__name__, error.title]
    return "\n".join([*lines, *(f"{name}: {value}" for name, value in error.details.items())])


def without(view: LoginView, secrets: Iterable[str]) -> LoginView:
    """A vendor's words may repeat what it was sent."""
    hidden = [secret for secret in secrets if len(secret) >= _SHORTEST_SECRET]

    def hide(text: str) -> str:
        for secret in hidden:
            text = text.replace(secret, HIDDEN)
        return text

    problems = tuple(replace(problem, code=hide(problem.code), text=hide(problem.text)) for problem in view.problems)
    return replace(
        view, title=hide(view.title), hint=hide(view.hint), details=hide(view.details), problems=problems,
        explained=hide(view.explained),
    )  # fmt: skip
