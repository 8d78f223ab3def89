"""Times of day: what is typed, and which moment is meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.daytimes import MOST, last_due, next_due, read_times

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("typed", "read"),
    [("", ()), ("6:30", ("06:30",)), ("22.15, 06:30;14h00 6:30", ("06:30", "14:00", "22:15")), ("0:00", ("00:00",))],
)
def test_times_are_read_as_people_type_them(typed: str, read: tuple[str, ...]) -> None:
    assert read_times(typed) == read


@pytest.mark.parametrize("typed", ["24:00", "6", "6:5", "noon", "12:60", "-1:00", "6:30pm", "٣:٣٠"])
def test_what_is_no_time_is_named(typed: str) -> None:
    with pytest.raises(ValueError, match=typed):
        read_times(f"6:30 {typed}")


def test_there_may_be_too_many() -> None:
    assert len(read_times(" ".join(f"{hour}:00" for hour in range(MOST)))) == MOST
    with pytest.raises(ValueError, match=r"^$"):
        read_times(" ".join(f"{hour}:00" for hour in range(MOST + 1)))


def test_the_last_one_may_be_of_yesterday_and_the_next_of_tomorrow() -> None:
    now = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)  # 00:30 on the 28th in Berlin
    assert last_due(now, ["06:00", "22:00"], BERLIN) == datetime(2026, 11, 27, 22, 0, tzinfo=BERLIN)
    assert next_due(now, ["06:00", "22:00"], BERLIN) == datetime(2026, 11, 28, 6, 0, tzinfo=BERLIN)
    assert last_due(now, [], BERLIN) is None and next_due(now, []) is None


@pytest.mark.parametrize("day", [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)])
def test_the_days_on_which_clocks_are_set_have_each_time_once(day: datetime) -> None:
    """Walking through the day minute by minute, each time comes due exactly once."""
    for text in ("01:30", "02:30", "03:30"):
        begin = day - timedelta(hours=3)
        seen = {last_due(begin + timedelta(minutes=minute), [text], BERLIN) for minute in range(0, 20 * 60, 5)}
        assert len({moment for moment in seen if moment and moment > begin}) == 1


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.lists(st.times().map(lambda at: f"{at:%H:%M}"), min_size=1, max_size=5),
    st.sampled_from([BERLIN, UTC, ZoneInfo("Pacific/Auckland"), None]),
)
def test_now_is_always_between_the_two(now: datetime, times: list[str], zone: ZoneInfo | None) -> None:
    last, following = last_due(now, times, zone), next_due(now, times, zone)
    assert last is not None and following is not None
    assert last <= now < following
    assert following - last <= timedelta(hours=25)
