"""One sign-in of a guest, step by step, for the dialog to draw: the ten states of the screen and what leads from one to
the next.

The session lives on the caller's loop; what is asked of the vendor runs in the network thread. Codes and passwords are
arguments only: nothing here keeps, logs or words one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from crmdesk.core.errors import Problem
from crmdesk.core.guest import Guest

NOTHING: Mapping[str, str] = MappingProxyType({})


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


@dataclass(frozen=True, slots=True)
class LoginView:
    """What the dialog shows now. Moments are those of the session's `clock.monotonic()`, in seconds.

    `way` and `values`: what was chosen and typed, without secrets. `sent_to` as the vendor masked it; with `asked` and
    an empty `sent_to` the vendor is silent. `resend_at`: when *Send again* unlocks; `again`: an earlier request was
    replaced. `wait_until`: no code is taken before; `wait_is_ours`: the vendor did not ask for it."""

    step: Step = Step.IDENTIFY
    way: str = ""
    values: Mapping[str, str] = field(default=NOTHING, repr=False)
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
