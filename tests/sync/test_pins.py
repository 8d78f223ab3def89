"""PINs over the real data file: hashed, counted before they are looked at, waits that outlive the program."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.errors import NotFoundError, SettingsError
from crmdesk.store.database import Database, driver_of
from crmdesk.store.first_rows import read_first
from crmdesk.sync import pins as module
from crmdesk.sync.pins import Pins
from tests.helpers.clock import FakeClock

KEY = b"k" * 32


class Run:
    """One run of the program after another over the same file."""

    def __init__(self, folder: Path) -> None:
        self.path, self.clock = folder / "contacts.db", FakeClock()
        self.begin()

    def begin(self) -> None:
        self.database = Database.open(self.path, KEY, ChangeFeed(), self.clock)
        self.pins = Pins(self.database, self.clock)
        self.pins.load()

    def again(self, seconds: float = 0) -> None:
        """The program ends and is started again; its monotonic clock begins anew."""
        self.database.close()
        self.clock.forward(seconds)
        self.clock.seconds = 5.0
        self.begin()

    def stored(self) -> str:
        rows = self.database.read_sync(lambda c: driver_of(c).execute("SELECT name, value FROM meta").fetchall())
        return repr(rows)


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setattr(module, "COST_N", 4)
    monkeypatch.setattr(module, "COST_R", 1)
    made = Run(folder)
    yield made
    made.database.close()


async def wrong(pins: Pins, times: int, name: str = "Maria") -> Any:
    for _ in range(times):
        verdict = await pins.check(name, "0000")
    return verdict


async def test_a_pin_is_known_in_the_next_run_and_only_its_hash_is_stored(run: Run) -> None:
    assert (await run.pins.set("Maria", "48 29 15")).right
    run.again()
    assert run.pins.names() == ["Maria"] and run.pins.has("MARIA")
    assert (await run.pins.check("maria", "482915")).right
    assert not (await run.pins.check("Maria", "482916")).right
    assert "482915" not in run.stored()


async def test_two_people_with_the_same_pin_have_different_hashes(run: Run) -> None:
    await run.pins.set("Maria", "482915")
    await run.pins.set("Noor", "482915")
    one, other = run.pins.book.pins.values()
    assert one.salt != other.salt and one.digest != other.digest


async def test_the_shipped_hash_is_scrypt_of_32_megabytes() -> None:
    assert (module.COST_N * module.COST_R * 128, module.COST_P) == (32 * 1024 * 1024, 1)


async def test_five_tries_then_a_wait_that_doubles(run: Run) -> None:
    await run.pins.set("Maria", "482915")
    assert [(await wrong(run.pins, 1)).left for _ in range(4)] == [4, 3, 2, 1]
    assert (await wrong(run.pins, 1)).wait == 30
    assert not (await run.pins.check("Maria", "482915")).right  # the right one does not count either
    run.clock.forward(29)
    assert run.pins.wait("Maria") == 1
    run.clock.forward(1)
    assert (await wrong(run.pins, 1)).wait == 60
    run.clock.forward(60)
    assert (await run.pins.check("Maria", "482915")).right
    assert (await wrong(run.pins, 1)).left == 4  # and counting begins anew


async def test_a_wait_of_one_person_is_nobody_elses(run: Run) -> None:
    await run.pins.set("Maria", "482915")
    await run.pins.set("Noor", "739204")
    await wrong(run.pins, 5)
    assert (await run.pins.check("Noor", "739204")).right


async def test_tries_and_waits_survive_the_program(run: Run) -> None:
    await run.pins.set("Maria", "482915")
    await wrong(run.pins, 4)
    run.again()
    assert (await wrong(run.pins, 1)).wait == 30
    run.again(seconds=10)
    assert run.pins.wait("Maria") == 20
    run.again(seconds=-86_400)  # the clock was put back
    assert run.pins.wait("Maria") == 30


async def test_a_wall_clock_that_is_moved_shortens_no_wait_in_a_run(run: Run) -> None:
    await run.pins.set("Maria", "482915")
    await wrong(run.pins, 5)
    run.clock.moment = run.clock.moment.replace(year=2040)
    assert run.pins.wait("Maria") == 30


async def test_a_try_is_counted_before_it_is_looked_at(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ending the program in the middle of a try wins nothing."""
    await run.pins.set("Maria", "482915")

    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_matches", killed)
    with pytest.raises(KeyboardInterrupt):
        await run.pins.check("Maria", "0000")
    run.again()
    assert run.pins.book.pins["maria"].tries == 1


async def test_tries_at_the_same_time_are_counted_one_by_one(run: Run) -> None:
    await run.pins.set("Maria", "482915")
    verdicts = await asyncio.gather(*(run.pins.check("Maria", f"00{number:02}") for number in range(20)))
    assert run.pins.book.pins["maria"].tries == 5
    assert all(not verdict.right for verdict in verdicts)


@pytest.mark.parametrize("tries", [["482915", "000000"], ["000000"], ["482915"]])
async def test_a_try_beside_a_change_does_not_bring_the_old_pin_back(run: Run, tries: list[str]) -> None:
    """The window locks itself while the PIN is being changed in Settings, and somebody is quick to unlock it."""
    await run.pins.set("Maria", "482915")
    await asyncio.gather(
        run.pins.set("Maria", "739204", "482915"), *(run.pins.check("Maria", typed) for typed in tries)
    )
    assert not (await run.pins.check("Maria", "482915")).right
    assert (await run.pins.check("Maria", "739204")).right
    await asyncio.gather(run.pins.remove("Maria", "739204"), *(run.pins.check("Maria", typed) for typed in tries))
    run.again()
    assert run.pins.names() == []


@pytest.mark.parametrize("typed", ["", "abc", "48a915"])
async def test_what_cannot_be_a_pin_costs_no_try(run: Run, typed: str) -> None:
    await run.pins.set("Maria", "482915")
    assert not (await run.pins.check("Maria", typed)).right
    assert run.pins.book.pins["maria"].tries == 0


async def test_nothing_is_right_for_somebody_without_a_pin(run: Run) -> None:
    assert not (await run.pins.check("Nobody", "482915")).right


async def test_changing_and_removing_need_the_old_pin(run: Run) -> None:
    await run.pins.set("Maria", "482915")
    assert not (await run.pins.set("Maria", "739204", "111222")).right
    assert not (await run.pins.remove("Maria", "")).right
    assert (await run.pins.set("Maria", "739204", "482915")).right
    assert not (await run.pins.check("Maria", "482915")).right
    assert (await run.pins.remove("Maria", "739204")).right
    assert run.pins.names() == []
    run.again()
    assert not run.pins.has("Maria")


async def test_a_bad_new_pin_is_refused_before_the_old_one_is_tried(run: Run) -> None:
    await run.pins.set("Maria", "482915")
    for bad in ("739", "1234", "7777", "abcdef"):
        with pytest.raises(SettingsError) as refused:
            await run.pins.set("Maria", bad, "000000")
        assert refused.value.field == "pin" and bad not in str(refused.value)
    assert run.pins.book.pins["maria"].tries == 0
    with pytest.raises(SettingsError):
        await run.pins.set(" ", "482915")


async def test_the_folders_passphrase_takes_a_pin_away_and_wrong_ones_make_people_wait(run: Run) -> None:
    await run.pins.set("Maria", "482915")
    with pytest.raises(NotFoundError):
        await run.pins.forget_by_passphrase("Maria", "four words are best")
    run.pins.prove = lambda passphrase: passphrase == "four words are best"
    for _ in range(5):
        verdict = await run.pins.forget_by_passphrase("Maria", "no")
    assert verdict.wait == 30
    assert not (await run.pins.forget_by_passphrase("Maria", "four words are best")).right
    run.clock.forward(30)
    assert (await run.pins.forget_by_passphrase("Maria", "four words are best")).right
    assert not run.pins.has("Maria")


async def test_the_passphrase_is_looked_at_while_a_pin_has_to_wait(run: Run) -> None:
    run.pins.prove = lambda passphrase: passphrase == "four words are best"
    await run.pins.set("Maria", "482915")
    for _ in range(5):
        await run.pins.check("Maria", "111222")
    assert run.pins.wait("Maria") == 30
    wrong = await run.pins.forget_by_passphrase("Maria", "no")
    assert (wrong.right, wrong.wait) == (False, 60), "it counts on, and the next passphrase waits, too"
    assert not (await run.pins.forget_by_passphrase("Maria", "four words are best")).right
    run.clock.forward(60)
    await run.pins.check("Maria", "111222")
    assert run.pins.wait("Maria") > 60
    assert (await run.pins.forget_by_passphrase("Maria", "four words are best")).right
    assert not run.pins.has("Maria")


async def test_the_first_rows_of_a_start_know_whether_somebody_must_unlock(run: Run) -> None:
    assert read_first(run.path, KEY).book is None
    await run.pins.set("Maria", "482915")
    await run.pins.note_desk("Maria", locked=True)
    book = read_first(run.path, KEY).book
    assert book is not None and book == run.pins.book and book.starts_locked("", False)
    run.again()
    assert run.pins.book.desk.locked


async def test_names_and_pins_are_not_in_the_log(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await run.pins.set("Maria", "482915")
    await run.pins.check("Maria", "739204")
    await run.pins.forget("Maria")
    assert "a PIN was wrong" in caplog.text
    assert not any(word in caplog.text for word in ("Maria", "482915", "739204"))
