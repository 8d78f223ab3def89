"""The state machine of `login_machine`: in the normal run, at length, and against planted mistakes."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from crmdesk.sync import login, login_view
from crmdesk.sync.login import LoginSession
from tests.sync.login_machine import LoginMachine

NORMAL = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    database=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


def test_a_sign_in_survives_whatever_happens() -> None:
    run_state_machine_as_test(LoginMachine, settings=NORMAL)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_sign_in_survives_whatever_happens_at_length() -> None:
    run_state_machine_as_test(LoginMachine, settings=settings(NORMAL, max_examples=3000, stateful_step_count=50))


def secrets_are_kept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(login, "_open", lambda _fields, values: dict(values))


def words_are_shown_as_they_come(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(login, "without", lambda view, _secrets: view)


def resends_at_once(patch: pytest.MonkeyPatch) -> None:
    async def send_again(self: LoginSession, _channel: str = "") -> None:
        if self._asked is not None and self._view.asked and not self._view.step.busy:
            await self._again(self._asked)

    patch.setattr(LoginSession, "send_again", send_again)


def cancel_only_looks_so(patch: pytest.MonkeyPatch) -> None:
    """What was stopped goes on unseen."""

    def cancel(self: LoginSession) -> None:
        self._show(login_view.told(self._back, self._back.step, "Stopped.", self._stopped))

    patch.setattr(LoginSession, "cancel", cancel)


def offline_is_overlooked(patch: pytest.MonkeyPatch) -> None:
    real = LoginSession._step

    async def step(self: Any, *args: Any, **named: Any) -> None:
        door = self._entrance
        kept, door.offline = door.offline, False
        await asyncio.gather(real(self, *args, **named), _put_back(door, kept))

    async def _put_back(door: Any, kept: bool) -> None:
        door.offline = kept

    patch.setattr(LoginSession, "_step", step)


def takes_codes_while_waiting(patch: pytest.MonkeyPatch) -> None:
    real = LoginSession.verify

    async def verify(self: LoginSession, text: str) -> None:
        if self._view.step is login.Step.WAIT and self._challenge is not None:
            self._view = login_view.plain(self._view, login.Step.CODE_SENT)
        await real(self, text)

    patch.setattr(LoginSession, "verify", verify)


def two_at_once(patch: pytest.MonkeyPatch) -> None:
    """A verb that has no place while a request is under way."""
    real = LoginSession.ask

    async def ask(self: LoginSession, way: str, values: Any, channel: str = "") -> None:
        self._view, self._one = login_view.identify(self._view), asyncio.Lock()
        await real(self, way, values, channel)

    patch.setattr(LoginSession, "ask", ask)


MISTAKES: tuple[Callable[[pytest.MonkeyPatch], None], ...] = (
    secrets_are_kept,
    words_are_shown_as_they_come,
    resends_at_once,
    cancel_only_looks_so,
    takes_codes_while_waiting,
    two_at_once,
    offline_is_overlooked,
)


@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_machine_finds_a_planted_mistake(
    mistake: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    gc.collect()  # what an earlier hunt left must not be taken apart while hypothesis reads source text
    mistake(monkeypatch)
    hunting = settings(NORMAL, max_examples=2000, phases=[Phase.generate], report_multiple_bugs=False)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(LoginMachine, settings=hunting)
