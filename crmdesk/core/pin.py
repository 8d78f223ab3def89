"""PINs of the people at the desk: what is kept of each, how long a wrong one makes people wait, who must unlock."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise

from crmdesk.core.said import said
from crmdesk.core.text import fold

SHORTEST, LONGEST, ADVISED = 4, 12, 6  # digits
FREE_TRIES = 5
FIRST_WAIT, LONGEST_WAIT = 30.0, 3600.0  # seconds; a joker must not keep a colleague out for days


@dataclass(frozen=True, slots=True)
class PinRecord:
    """What is kept of one person's PIN: scrypt's answer, never the PIN. `tries` counts wrong ones in a row, `since` is
    the moment of the last one (UTC ISO, '' for none)."""

    name: str
    salt: str = field(repr=False)  # hex
    digest: str = field(repr=False)  # hex
    n: int
    r: int
    p: int
    tries: int = 0
    since: str = ""

    def missed(self, moment: str) -> PinRecord:
        """One more wrong try."""
        return replace(self, tries=self.tries + 1, since=moment)

    def passed(self) -> PinRecord:
        return replace(self, tries=0, since="")


@dataclass(frozen=True, slots=True)
class AtDesk:
    """Who was at the desk when that was last written down, and whether the program was locked."""

    operator: str = ""
    locked: bool = False


@dataclass(frozen=True, slots=True)
class PinBook:
    """All of it, as stored. `pins` by folded name."""

    pins: Mapping[str, PinRecord] = field(default_factory=dict)
    desk: AtDesk = AtDesk()

    def has(self, name: str) -> bool:
        return bool(self.pins) and key_of(name) in self.pins

    def starts_locked(self, operator: str, lock_at_start: bool) -> bool:
        """Whether a new run begins locked. `operator` is the name in the settings file, which anybody can edit: it may
        only make a start stricter."""
        if self.desk.locked and self.pins:
            return True
        elsewhere = self.has(operator) and key_of(operator) != key_of(self.desk.operator)
        return elsewhere or (lock_at_start and (self.has(self.desk.operator) or self.has(operator)))


NO_PINS = PinBook()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one try. `left`: tries before a wait begins; `wait`: seconds until the next one counts."""

    right: bool
    left: int = FREE_TRIES
    wait: float = 0.0


def key_of(name: str) -> str:
    """The same for every way of writing one person's name."""
    return fold(name)


def clean(typed: str) -> str:
    """The digits of what was typed, in any script; spaces and dashes may stand between them. '' where anything else
    does: that is no PIN."""
    digits = []
    for letter in unicodedata.normalize("NFKC", typed):
        number = unicodedata.decimal(letter, None)
        if number is not None:
            digits.append(str(number))
        elif not letter.isspace() and unicodedata.category(letter) != "Pd":
            return ""
    return "".join(digits)


def why_bad(digits: str) -> str:
    """Why this cannot be a new PIN, '' where it can. `digits` as `clean` gives them."""
    if not SHORTEST <= len(digits) <= LONGEST:
        return said("A PIN has {least} to {most} digits; {good} are best.", least=SHORTEST, most=LONGEST, good=ADVISED)
    steps = {int(after) - int(before) for before, after in pairwise(digits)}
    if len(steps) == 1 and steps <= {-1, 0, 1}:
        return "This PIN is too easy to guess. Choose digits that are not all the same and not in a row."
    return ""


def wait_after(tries: int) -> float:
    """Seconds that the wrong try number `tries` makes people wait: none for the first four, then 30, 60, 120 …"""
    if tries < FREE_TRIES:
        return 0.0
    return min(FIRST_WAIT * 2.0 ** min(tries - FREE_TRIES, 20), LONGEST_WAIT)


def wait_left(record: PinRecord, now: datetime) -> float:
    """Seconds of the wait that are left, as a new run finds them. A clock that was put back means the whole wait."""
    wait = wait_after(record.tries)
    try:
        passed = (now - datetime.fromisoformat(record.since)).total_seconds()
    except ValueError:
        return wait
    return wait if passed < 0 else max(0.0, wait - passed)
