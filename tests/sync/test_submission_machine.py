"""See `submission_machine`: a thousand stories of sending in each run, ten thousand by command, and planted mistakes
that must be found (P11, P13)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from crmdesk.core.errors import ServerFaultError
from crmdesk.core.seams import iso
from crmdesk.core.submission import RowStage
from crmdesk.store import restarts, row_decisions
from crmdesk.sync.submission_call import CallRun
from tests.sync.submission_machine import SubmissionMachine

PARTS = 4  # test items, so that all processors share the work


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """What goes wrong here is meant to."""
    logger = logging.getLogger("crmdesk.sync")
    before, logger.level = logger.level, logging.CRITICAL
    logger.manager._clear_cache()  # type: ignore[attr-defined]
    yield
    logger.setLevel(before)


def stories(
    count: int,
    seed: int,
    phases: Sequence[Phase] = (Phase.explicit, Phase.generate, Phase.shrink),
    *,
    steps: int = 20,
) -> None:
    chosen = settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=False,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )
    seeded(seed)(SubmissionMachine)
    run_state_machine_as_test(SubmissionMachine, settings=chosen)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_a_thousand_stories_in_four_parts(part: int) -> None:
    stories(250, part, steps=6)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_a_thousand_long_stories() -> None:
    stories(1000, 0, steps=12)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_ten_thousand_stories() -> None:
    stories(10_000, 4711, steps=30)


# ── planted mistakes: a machine that misses one is not worth its time ────────────────────────────────────────────────

Patch = Callable[[pytest.MonkeyPatch], None]


def it_is_marked_after_it_was_sent(patch: pytest.MonkeyPatch) -> None:
    real = CallRun.one

    async def one(self: Any) -> Any:
        kept, answers = self.sender, []
        try:
            answers.append(await kept.send(kept.kinds[0], self.call.body))
        except ServerFaultError as error:
            answers.append(error)

        class Sent:
            kinds, settle = kept.kinds, kept.settle

            @staticmethod
            async def send(*_: Any) -> Any:
                if isinstance(answers[0], Exception):
                    raise answers[0]
                return answers[0]

        self.sender, self.go_on = Sent(), lambda: False
        return await real(self)

    patch.setattr(CallRun, "one", one)


def a_502_is_tried_again(patch: pytest.MonkeyPatch) -> None:
    real = CallRun._unknown

    async def unknown(self: Any, words: str) -> None:
        if words == "502":
            await self._back(words, iso(self.clock.now()))
        else:
            await real(self, words)

    patch.setattr(CallRun, "_unknown", unknown)


def what_is_not_found_was_not_sent(patch: pytest.MonkeyPatch) -> None:
    def keep(driver: Any, touched: Any, uids: Any, notes: Any) -> None:
        row_decisions.decide(driver, touched, notes, RowStage.NOT_SENT, "It is not there.", "", {}, "")

    patch.setattr(row_decisions, "keep_notes", keep)


def a_start_sends_again(patch: pytest.MonkeyPatch) -> None:
    def doubt(driver: Any, _now: str) -> None:
        ours = "SELECT id FROM call WHERE stage='sending'"
        driver.execute(f"UPDATE submission_row SET stage='queued' WHERE stage='sending' AND call_id IN ({ours})")
        driver.execute("DELETE FROM ledger WHERE stage='sending'")
        driver.execute("UPDATE call SET stage='sealed' WHERE stage='sending'")

    patch.setattr(restarts, "_doubt_sending", doubt)


def an_old_folder_is_as_good_as_new(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(restarts, "_doubt_everything", lambda *_: None)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    "mistake",
    [
        it_is_marked_after_it_was_sent,
        a_502_is_tried_again,
        what_is_not_found_was_not_sent,
        a_start_sends_again,
        an_old_folder_is_as_good_as_new,
    ],
)
def test_the_machine_finds_a_planted_mistake(mistake: Patch, monkeypatch: pytest.MonkeyPatch) -> None:
    mistake(monkeypatch)
    with pytest.raises((AssertionError, BaseExceptionGroup)):
        stories(500, 1, [Phase.generate], steps=8)
