"""Small parts of the search: runs of digits, endings of addresses, waiting for a part of a frame."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock
from crmdesk.store.database import Database
from crmdesk.store.document import BETWEEN_NUMBERS, groups_of, has_digits
from crmdesk.store.endings import Endings

NUMBERS = st.text("0123456789", min_size=4, max_size=12)


@given(st.lists(NUMBERS, min_size=1, max_size=3), st.text("0123456789", min_size=4, max_size=6))
def test_a_run_of_digits_is_found_inside_one_number_and_never_across_two(numbers: list[str], needle: str) -> None:
    digits = f" {BETWEEN_NUMBERS} ".join(groups_of(number) for number in numbers)
    assert has_digits(digits, needle) == any(needle in number for number in numbers)


@given(NUMBERS)
def test_three_digits_begin_a_group_of_four(number: str) -> None:
    assert has_digits(groups_of(number), number[:3])


@pytest.fixture
def database(tmp_path: Path):  # type: ignore[no-untyped-def]
    opened = Database.open(tmp_path / "contacts.db", b"k" * 32, ChangeFeed(), SystemClock())
    yield opened
    opened.close()


def test_endings_follow_what_is_noted_once_they_are_loaded(database: Database) -> None:
    endings = Endings()
    endings.note(["tde"])  # before the first load there is nothing to follow
    find = lambda start: database.read_sync(lambda c: endings.starting(c.connection.driver_connection, start))  # noqa: E731
    assert find("t") == []
    endings.note(["tcom", "tco", "cDE"])
    assert find("tco") == ["tco", "tcom"]
    endings.clear()
    assert find("t") == []


async def test_a_read_that_is_not_there_in_time_can_still_be_awaited(database: Database) -> None:
    go = threading.Event()
    read = database.begin_read(lambda _connection: go.wait(10) and "late")
    assert read.wait(0.01) is None
    go.set()
    assert await read.result() == "late"
    assert read.wait(0) == "late"


async def test_a_read_that_fails_says_so_to_whoever_awaits_it(database: Database) -> None:
    def fail(_connection: object) -> None:
        raise ValueError("broken")

    read = database.begin_read(fail)
    assert read.wait(5) is None
    with pytest.raises(ValueError, match="broken"):
        await read.result()
