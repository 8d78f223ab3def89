"""See `card_machine`."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import seed as seeded
from hypothesis.stateful import run_state_machine_as_test

from tests.sync.card_machine import CardMachine


def stories(count: int, seed: int, steps: int) -> None:
    chosen = settings(
        max_examples=count,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(seeded(seed)(CardMachine), settings=chosen)


def test_cards_and_marks_say_what_was_linked() -> None:
    stories(20, 1, 14)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(2, 6))
def test_a_thousand_card_stories(seed: int) -> None:
    stories(250, seed, 30)
