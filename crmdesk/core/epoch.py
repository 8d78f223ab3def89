"""Whether a data folder has gone back in time: a counter beside it that is raised before every call that sends events.

A backup put back, a copied folder or a cloned profile would show rows as unsent that have been sent since. So the
counter is raised first, then the same number is committed with *sending*, then the call goes out. A folder whose own
number is lower than the counter is old. Raising writes down which call is meant: a program that ends right between the
two steps doubts that one call, not everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands beside the data folder. `token`: the call that was to be sent when the number was raised."""

    number: int
    token: str = ""


class EpochStore(Protocol):
    """Where the counter is kept, outside the data folder. Blocking; StorageError where it cannot be read or written."""

    def read(self, install: str) -> Mark | None:
        """None where this computer's user has none for this folder."""
        ...

    def swap(self, install: str, before: Mark | None, then: Mark) -> bool:
        """`then` in the place of `before`, on the disk when this returns. False, and nothing is changed, where
        something else stands there: two copies of one folder are in use."""
        ...


class MemoryEpochs:
    """For a data file that ends with the program, and for tests."""

    def __init__(self) -> None:
        self._marks: dict[str, Mark] = {}

    def read(self, install: str) -> Mark | None:
        return self._marks.get(install)

    def swap(self, install: str, before: Mark | None, then: Mark) -> bool:
        if self._marks.get(install) != before:
            return False
        self._marks[install] = then
        return True


class Age(Enum):
    """What a start finds out about the data folder."""

    SAME = "same"
    CUT = "cut"  # the counter was raised for a call that has not left here: only that one is doubtful
    OLD = "old"  # a backup, or a copy


def age(install: str, own: int, mark: Mark | None, unsent: frozenset[str]) -> Age:
    """`own`: the folder's number; `unsent`: tokens of its calls that have not left. A folder that never held a
    submission (`install` '') is as new as it can be."""
    if not install:
        return Age.SAME
    if mark is None or own > mark.number or mark.number > own + 1:
        return Age.OLD
    if mark.number == own:
        return Age.SAME
    return Age.CUT if mark.token and mark.token in unsent else Age.OLD
