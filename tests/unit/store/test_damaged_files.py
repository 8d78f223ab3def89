"""Damaged data files: opening and reading end well or in words. A file that is refused keeps every byte, none is
emptied or made anew, and what can still be read of it is what was written (P5)."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.errors import KnownError
from crmdesk.core.outbox import FieldChange, Op, OpKind
from crmdesk.core.seams import SystemClock
from crmdesk.store import ops
from crmdesk.store.database import Database, driver_of
from crmdesk.store.first_rows import read_first
from tests.unit.store.made import KEY, STAMP, Desk, contact

PAGE = 4096
FEW, MANY = 60, 1000
GUESTS = {f"Guest{number}" for number in range(200)}
NAMES = "SELECT remote_id, name FROM contact"


def _cut(sound: bytearray, draw: random.Random) -> bytes:
    return bytes(sound[: draw.randrange(1, len(sound))])


def _cut_at_a_page(sound: bytearray, draw: random.Random) -> bytes:
    return bytes(sound[: PAGE * draw.randrange(1, len(sound) // PAGE)])


def _one_bit_of_the_header(sound: bytearray, draw: random.Random) -> bytes:
    sound[draw.randrange(PAGE)] ^= 1 << draw.randrange(8)
    return bytes(sound)


def _no_header(sound: bytearray, draw: random.Random) -> bytes:
    sound[: draw.choice((16, 100, PAGE))] = bytes(100)
    return bytes(sound)


def _a_page_of_nothing(sound: bytearray, draw: random.Random) -> bytes:
    start = draw.randrange(len(sound))
    length = min(PAGE, len(sound) - start)
    sound[start : start + length] = bytes(length)
    return bytes(sound)


def _twenty_bytes(sound: bytearray, draw: random.Random) -> bytes:
    for _ in range(20):
        sound[draw.randrange(PAGE, len(sound))] ^= 0xFF
    return bytes(sound)


def _two_pages_changed_places(sound: bytearray, draw: random.Random) -> bytes:
    one, other = (PAGE * number for number in draw.sample(range(len(sound) // PAGE), 2))
    sound[one : one + PAGE], sound[other : other + PAGE] = sound[other : other + PAGE], sound[one : one + PAGE]
    return bytes(sound)


def _something_else(sound: bytearray, draw: random.Random) -> bytes:
    return draw.choice((b"", b"hello" * draw.randrange(1, 4000), draw.randbytes(draw.randrange(1, len(sound)))))


DAMAGES: tuple[Callable[[bytearray, random.Random], bytes], ...] = (
    _cut,
    _cut_at_a_page,
    _one_bit_of_the_header,
    _no_header,
    _a_page_of_nothing,
    _twenty_bytes,
    _two_pages_changed_places,
    _something_else,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`sound.db`, closed, and `open.db` with the log of a program that was killed."""
    place = tmp_path_factory.mktemp("sound")
    desk = Desk(place / "sound.db")
    desk.apply([contact(str(number), first=f"Guest{number}", notes="n" * 200) for number in range(len(GUESTS))])
    desk.close()
    desk = Desk(place / "open.db")
    desk.apply([contact(str(number), first=f"Guest{number}", notes="n" * 200) for number in range(len(GUESTS))])
    for name in ("open.db", "open.db-wal"):
        shutil.copyfile(place / name, place / f"killed{name.removeprefix('open')}")
    desk.close()
    return place


def outcome(path: Path, *, whole_log: bool = True) -> str:
    """Opens the file and reads all of it: *refused*, *sound*, *told* (the check finds it) or *partly*."""
    before = path.read_bytes()
    with suppress(KnownError):
        first = read_first(path, KEY).rows
        assert {row.name for row in first} <= GUESTS, "a first row was read wrongly"
    try:
        database = Database.open(path, KEY, ChangeFeed(), SystemClock())
    except KnownError as error:
        assert error.title and error.hint
        assert path.read_bytes() == before, "what is refused is left as it is"
        return "refused"
    try:
        rows = database.read_sync(lambda c: driver_of(c).execute(NAMES).fetchall())
        assert all(name == f"Guest{remote_id}" for remote_id, name in rows), "a row was read wrongly"
        problems = database.check()
        assert problems or not whole_log or len(rows) == len(GUESTS), "rows are missing, and nothing says so"
        return "told" if problems else "sound"
    except KnownError as error:
        assert error.hint
        return "partly"
    finally:
        database.close()
        assert path.stat().st_size >= min(len(before), PAGE), "it was emptied"


def damaged(folder: Path, place: Path, count: int, seed: int) -> Counter[str]:
    """What became of `count` files, each damaged in the next way."""
    sound, draw, found = (folder / "sound.db").read_bytes(), random.Random(seed), Counter[str]()
    for number in range(count):
        path = place / "a.db"
        content = DAMAGES[number % len(DAMAGES)](bytearray(sound), draw)
        path.write_bytes(content)
        word = outcome(path)
        assert word != "sound" or content == sound or content[:PAGE] == sound[:PAGE], "damage went unseen"
        found[word] += 1
        for file in place.glob("a.db*"):
            file.unlink()
    return found


def logs(folder: Path, place: Path, count: int, seed: int) -> Counter[str]:
    """As `damaged`, with a sound file and a damaged, foreign or missing write-ahead log."""
    log, draw, found = (folder / "killed.db-wal").read_bytes(), random.Random(seed), Counter[str]()
    for number in range(count):
        shutil.copyfile(folder / "killed.db", place / "a.db")
        way = number % (len(DAMAGES) + 1)
        if way < len(DAMAGES):  # the last way: there is none
            (place / "a.db-wal").write_bytes(DAMAGES[way](bytearray(log), draw))
        found[outcome(place / "a.db", whole_log=False)] += 1
        for file in place.glob("a.db*"):
            file.unlink()
    return found


def test_damage_is_told_and_never_made_worse(folder: Path, tmp_path: Path) -> None:
    found = damaged(folder, tmp_path, FEW, seed=11)
    assert found["refused"] and found["told"] + found["partly"], "every kind of end was met"


def test_what_waits_is_read_wherever_else_the_file_is_damaged(tmp_path: Path) -> None:
    """Every page in turn: the outbox is whole in 95 of 100 files at least, and edits made in it are kept."""
    path = tmp_path / "sound.db"
    desk = Desk(path)
    desk.apply([contact(str(number), first=f"Guest{number}", notes=f"{number} " * 300) for number in range(400)])

    def queue(connection: Any, touched: Any) -> None:
        for number in range(1, 11):
            change = FieldChange("city", None, f"City{number}")
            waiting = Op(0, "", desk.account, number, OpKind.UPDATE, (change,), created_at=STAMP, next_at=STAMP)
            ops.add(driver_of(connection), touched, waiting)

    desk.database.write_sync(queue)
    desk.close()
    sound, whole = path.read_bytes(), 0
    pages = range(PAGE, len(sound), PAGE)
    for start in pages:
        content = bytearray(sound)
        content[start + 100] ^= 1
        path.write_bytes(content)
        whole += len(waiting_in(path)) == 10
        for beside in tmp_path.glob("sound.db-*"):
            beside.unlink()
    assert len(pages) > 100 and whole >= len(pages) * 0.95, f"{whole} of {len(pages)}"


def waiting_in(path: Path) -> list[str]:
    """Cities of the edits that the program finds."""
    try:
        database = Database.open(path, KEY, ChangeFeed(), SystemClock())
    except KnownError:
        return []
    try:
        found = database.read_sync(lambda c: ops.listed(driver_of(c), ""))
        return [str(change.now) for op in found for change in op.changes]
    except KnownError:
        return []
    finally:
        database.close()


def test_a_damaged_log_ends_before_its_damage(folder: Path, tmp_path: Path) -> None:
    assert sum(logs(folder, tmp_path, 18, seed=12).values()) == 18


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_thousand_damaged_files(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = damaged(folder, tmp_path, MANY, seed=4711) + logs(folder, tmp_path, MANY // 4, seed=4712)
    figures = ", ".join(f"{count:,} {word}" for word, count in sorted(found.items()))
    with capsys.disabled():
        print(f"\n{found.total():,} damaged data files: {figures}; 0 crashes, 0 emptied, 0 rows read wrongly")
