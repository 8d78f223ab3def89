"""The state machine of `machine.py`: in the normal run, at length, and against planted mistakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from crmdesk.core.errors import KnownError
from crmdesk.core.types import Cursor
from crmdesk.store import accounts, contacts
from crmdesk.sync import pull
from tests.sync.machine import SyncMachine

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
NORMAL = settings(max_examples=30, stateful_step_count=20, deadline=None, database=None, suppress_health_check=QUIET)


def test_sync_survives_whatever_happens() -> None:
    run_state_machine_as_test(SyncMachine, settings=NORMAL)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_sync_survives_whatever_happens_at_length() -> None:
    run_state_machine_as_test(SyncMachine, settings=settings(NORMAL, max_examples=1000, stateful_step_count=50))


# ── planted mistakes: a machine that misses one is not worth its time ────────────────────────────────────────────────

Patch = Callable[[pytest.MonkeyPatch], None]


def cursor_of_the_end(patch: pytest.MonkeyPatch) -> None:
    """The next listing starts from the last page's time instead of the first one's."""
    real = pull._Pull._finish

    def finish(self: Any, connection: Any, touched: Any, listing: Any, gone: Any) -> None:
        listing.next_since = self.source.now()
        real(self, connection, touched, listing, gone)

    patch.setattr(pull._Pull, "_finish", finish)


def cursor_at_the_start(patch: pytest.MonkeyPatch) -> None:
    """The cursor moves with the first page."""
    real = pull._Pull._apply

    def apply(self: Any, connection: Any, touched: Any, listing: Any, page: Any, asked: int) -> Any:
        applied = real(self, connection, touched, listing, page, asked)
        accounts.set_cursor(connection, touched, self.id, Cursor(page.next_since))
        return applied

    patch.setattr(pull._Pull, "_apply", apply)


def partial_is_complete(patch: pytest.MonkeyPatch) -> None:
    """A listing that broke off counts as a complete one."""
    real = pull._Pull._read

    async def read(self: Any, listing: Any) -> None:
        try:
            await real(self, listing)
        except KnownError:
            listing.total = None

    patch.setattr(pull._Pull, "_read", read)


def checkpoint_ahead(patch: pytest.MonkeyPatch) -> None:
    """The checkpoint skips a page, and nobody counts what was announced (that alone would find it)."""
    real = contacts.apply_page
    patch.setattr(pull._Pull, "_short", lambda *_: False)

    def apply(connection: Any, touched: Any, account: int, generation: int, page: Any, *rest: Any) -> Any:
        ahead = replace(page, after=page.after and replace(page.after, page=page.after.page + 1))
        return real(connection, touched, account, generation, ahead, *rest)

    patch.setattr(contacts, "apply_page", apply)


def moving_lists_are_trusted(patch: pytest.MonkeyPatch) -> None:
    """Nobody counts what was announced."""
    patch.setattr(pull._Pull, "_short", lambda *_: False)
    patch.setattr(pull._Listing, "slipped", property(lambda _: False, lambda *_: None), raising=False)


def no_brake(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(pull, "too_many", lambda *_: False)


def missing_is_gone(patch: pytest.MonkeyPatch) -> None:
    """Nobody asks whether a missing contact is really gone."""

    async def gone(self: Any, listing: Any, missing: list[str]) -> list[str]:
        self._brake(listing, self.removed + len(missing))
        return missing

    patch.setattr(pull._Pull, "_gone_among", gone)
    patch.setattr(pull._Pull, "_short", lambda *_: False)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "mistake",
    [
        cursor_of_the_end,
        cursor_at_the_start,
        partial_is_complete,
        checkpoint_ahead,
        moving_lists_are_trusted,
        no_brake,
        missing_is_gone,
    ],
)
def test_the_machine_finds_a_planted_mistake(mistake: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    mistake(monkeypatch)
    find = settings(NORMAL, max_examples=800, stateful_step_count=25, phases=[Phase.generate])
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        run_state_machine_as_test(SyncMachine, settings=find)
