"""Answers to approval requests that could not be given for want of a line. Pure; in memory only.

They are never sent on unasked once they are an hour old: what the guest wanted then may not be so now (UX-APR-02)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from crmdesk.core.guest import Approval

CERTAIN_FOR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Held:
    """One answer, and when it was given. `asked`: how often it was tried since."""

    approval: Approval
    accept: bool
    at: datetime
    comments: str = field(default="", repr=False)

    def doubtful(self, now: datetime) -> bool:
        """Somebody has to say that it is still right. A clock that was put back makes nothing certain."""
        return not timedelta(0) <= now - self.at <= CERTAIN_FOR


class HeldAnswers:
    """By the request's id, oldest first; a newer answer takes the older one's place."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Held]:
        return iter(tuple(self._held.values()))

    def get(self, key: str) -> Held | None:
        return self._held.get(key)

    def hold(self, answer: Held) -> None:
        self._held.pop(answer.approval.id, None)
        self._held[answer.approval.id] = answer

    def confirm(self, key: str, now: datetime) -> Held | None:
        """*Still right*: it counts as given now."""
        known = self._held.get(key)
        if known is not None:
            known = self._held[key] = replace(known, at=now)
        return known

    def drop(self, key: str) -> Held | None:
        return self._held.pop(key, None)

    def certain(self, now: datetime) -> list[Held]:
        """Those that may go as soon as there is a line."""
        return [one for one in self._held.values() if not one.doubtful(now)]
