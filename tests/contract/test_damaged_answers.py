"""Answers of all five vendors, damaged in thousands of ways: each is read, or ends in an error that has a name. The
same tests as in the normal run, at length."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from tests.contract.cendyn.test_answers import test_a_damaged_answer_is_accepted_or_doubted_but_never_a_crash as pushed
from tests.contract.crmcom_events.test_answers import KINDS
from tests.contract.crmcom_events.test_answers import test_a_damaged_answer_settles_no_row_wrongly as settled
from tests.contract.crmcom_selfservice.test_answers import READERS
from tests.contract.crmcom_selfservice.test_answers import (
    test_a_damaged_answer_is_an_answer_or_a_known_error as signed_in,
)
from tests.contract.crmcom_selfservice.test_answers import test_a_damaged_refusal_never_makes_more_of_itself as refused
from tests.contract.prioticket.test_answers import MONDAY
from tests.contract.prioticket.test_answers import test_a_damaged_page_is_a_page_or_a_known_error as ticket_page
from tests.contract.test_answers import test_a_damaged_page_is_a_page_or_a_known_error as page

COUNT = 2_000  # of each
Choices = Sequence[Mapping[str, Any]]

TESTS: tuple[tuple[Callable[..., None], Choices], ...] = (
    (page, [{"since": ""}, {"since": "2026-01-01T00:00:00Z"}]),
    (ticket_page, [{"since": ""}, {"since": MONDAY}]),
    (pushed, [{}]),
    (signed_in, [{"read": read, "body": body} for read, body in READERS.values()]),
    (refused, [{"status": status} for status in (400, 401, 403, 404, 409, 422)]),
    (settled, [{"kind": kind} for kind in KINDS]),
)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_twelve_thousand_damaged_answers(capsys: pytest.CaptureFixture[str]) -> None:
    for test, choices in TESTS:
        inner = test.hypothesis.inner_test  # type: ignore[attr-defined]  # hypothesis' own way to a test's body
        for number in range(COUNT):
            inner(rng=random.Random(number), **choices[number % len(choices)])
    with capsys.disabled():
        print(f"\n{COUNT * len(TESTS):,} damaged answers of five vendors: 0 crashes, 0 errors without a name")
