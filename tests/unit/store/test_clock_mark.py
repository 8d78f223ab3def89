"""A clock that has jumped deletes nothing before it has gone on for a day."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crmdesk.store.clock_mark import is_believed
from crmdesk.store.database import driver_of
from tests.helpers.clock import NOON
from tests.unit.store.made import Desk

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)


def asked(desk: Desk, *moments: timedelta) -> str:
    """One letter for each moment since noon: + believed, - not."""
    answers = [
        desk.database.write_sync(lambda c, _, at=NOON + moment: is_believed(driver_of(c), at)) for moment in moments
    ]
    return "".join("+" if answer else "-" for answer in answers)


@pytest.mark.parametrize(
    ("moments", "answers"),
    [
        ([HOUR * number for number in range(50)], "+" * 50),  # a day like any other
        ([DAY * 0, DAY * 2, DAY * 4], "+++"),  # closed at the week-end
        ([DAY * 0, YEAR / 3, YEAR / 3 + HOUR, YEAR / 3 + DAY], "+--+"),  # closed all winter
        ([DAY * 0, YEAR / 3, YEAR / 3 + 60 * DAY], "+-+"),  # and used once in two months
        ([DAY * 0, 12 * YEAR, 12 * YEAR + HOUR, HOUR, DAY], "+--++"),  # a wrong year at the start, set right soon
        ([DAY * 0, 12 * YEAR, 12 * YEAR + DAY, 12 * YEAR + 2 * DAY], "+-++"),  # the year was right after all
        ([DAY * 0, -56 * YEAR, HOUR, DAY, -56 * YEAR, 2 * DAY], "+-++-+"),  # an empty battery, every morning
        ([DAY * 0, -56 * YEAR, 12 * YEAR, DAY], "+--+"),  # one wrong year does not prove another
    ],
)
def test_a_moment_far_from_the_last_one_is_believed_a_day_later(
    desk: Desk, moments: list[timedelta], answers: str
) -> None:
    assert asked(desk, *moments) == answers


@pytest.mark.parametrize("value", ["", "{", "[]", "[1, 2]", '["x", ""]', '["2026-11-22T12:00:00", ""]'])
def test_a_mark_that_makes_no_sense_is_none(desk: Desk, value: str) -> None:
    desk.database.write_sync(
        lambda c, _: driver_of(c).execute("INSERT INTO meta(name, value) VALUES ('clock', ?)", (value,)).rowcount
    )
    assert asked(desk, DAY, 12 * YEAR) == "+-"
