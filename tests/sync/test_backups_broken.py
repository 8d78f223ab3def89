"""Backups where something goes wrong on the way: no room, kill -9 at every step, other versions, writes meanwhile."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from secrets import token_hex

import pytest

from crmdesk import backups, swap
from crmdesk.core.changes import ChangeFeed
from crmdesk.core.outbox import FieldChange
from crmdesk.core.seams import SystemClock
from crmdesk.folder import CACHE
from crmdesk.net.secrets import open_key
from crmdesk.store import connect, opening, ops
from crmdesk.store.database import Database, driver_of
from crmdesk.sync.whole_file import FileThereError, put_file
from tests.helpers.backup_child import HERE, PASSPHRASE, PIECE, quiet, stage, told, write
from tests.helpers.desk import KEY
from tests.helpers.front_desk import FrontDesk

posix = pytest.mark.skipif(sys.platform == "win32", reason="limits, signals and forks as POSIX has them")
OLD, NEW = "Nantes", "Oslo"


def child(*arguments: object) -> list[str]:
    command = [sys.executable, "-m", "tests.helpers.backup_child", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100)
    return done.stdout.splitlines()


def names(folder: Path) -> list[str]:
    return sorted(item.name for item in folder.iterdir())


async def edited(home: Path, city: str, notes: str = "") -> None:
    async with FrontDesk(home / CACHE) as desk:
        await desk.pull()
        await desk.edits.save(desk.number("2"), [FieldChange("city", None, city), FieldChange("notes", None, notes)])


def opened(folder: Path, key: bytes = KEY) -> Database:
    return Database.open(folder / CACHE, key, ChangeFeed(), SystemClock())


def cities(folder: Path, key: bytes) -> list[str]:
    """Of the edits in a data folder, which must be sound."""
    database = opened(folder, key)
    try:
        assert database.check() == []
        return [str(op.changes[0].now) for op in database.read_sync(lambda c: ops.listed(driver_of(c), ""))]
    finally:
        database.close()


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a copy of more than one piece is large, and its test slow."""
    monkeypatch.setattr(opening, "COPIED", PIECE)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("begun")
    (folder / "data").mkdir()
    asyncio.run(edited(folder / "data", NEW, token_hex(500_000)))
    write(folder / "data", folder / "x.crmdesk")
    return folder


@pytest.fixture
def home(begun: Path, tmp_path: Path) -> Path:
    """A data folder with one change that waits; more than one piece of a copy."""
    (tmp_path / "data").mkdir()
    shutil.copyfile(begun / "data" / CACHE, tmp_path / "data" / CACHE)
    return tmp_path / "data"


@pytest.fixture
def away(tmp_path: Path) -> Path:
    (tmp_path / "away").mkdir()
    return tmp_path / "away"


@pytest.fixture
def source(begun: Path, away: Path) -> Path:
    """Its backup."""
    shutil.copyfile(begun / "x.crmdesk", away / "x.crmdesk")
    return away / "x.crmdesk"


# -- no room -----------------------------------------------------------------------------------------------------


@posix
def test_no_room_midway_leaves_nothing_and_says_where(home: Path, away: Path, source: Path) -> None:
    """The system refuses to let a file grow: while pages are copied, and when the last bytes are written."""
    before, size = names(home), source.stat().st_size
    *refused, done = map(json.loads, child("cramped", home, away / "y.crmdesk", size // 2, size - 10, size * 2))
    for words, left in refused:
        assert words.startswith("StorageError: y.crmdesk cannot be written.") and "another disk" in words, words
        assert left == ["x.crmdesk"]
    assert done == ["done", ["x.crmdesk", "y.crmdesk"]] and names(home) == before
    for words, left in map(json.loads, child("cramped", source, home, 50_000, size // 2)):
        assert words.startswith("StorageError: ") and "Nothing was changed" in words, words
        assert left == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with 24 MB."""
    place = tmp_path / "stick"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=24m", "none", str(place)]
    if sys.platform != "linux" or os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a file system")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_fills_up_while_the_copy_is_made(home: Path, small_disk: Path) -> None:
    ballast = small_disk / "film.avi"

    def fill(done: int, _total: int) -> None:
        if done and not ballast.exists():
            with suppress(OSError), ballast.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(1 << 16))

    words = told(lambda: write(home, small_disk / "x.crmdesk", fill))
    assert words == (
        "StorageError: x.crmdesk cannot be written. The disk is full. Free some space, or choose another disk."
    )
    assert names(small_disk) == ["film.avi"]
    ballast.unlink()
    write(home, small_disk / "x.crmdesk")
    assert backups.look(small_disk / "x.crmdesk").schema == connect.SCHEMA_VERSION


# -- kill -9 -----------------------------------------------------------------------------------------------------


@posix
def test_a_killed_backup_never_has_its_name(home: Path, away: Path) -> None:
    """Whoever finds a file under the name may rely on it. What a kill leaves says that it is not finished."""
    rounds = [json.loads(line) for line in child("copied", home, away / "x.crmdesk")]
    gates = [name for name, _ in rounds]
    assert gates.count("copying") >= 2 and {"backup: copied", "backup: before rename"} < set(gates)
    for name, left in rounds[:-1]:
        assert left and all("unfinished" in one for one in left), f"killed at {name}: {left}"
    assert rounds[-1] == ["", ["x.crmdesk"]]


@posix
async def test_an_exchange_killed_at_every_step_and_once_more_goes_on(source: Path, tmp_path: Path) -> None:
    """Killed at every step, and the next start at every step again: the one after has the backup's data in place, and
    the old data aside, with what had been committed to its log only."""
    live, marked = tmp_path / "live", tmp_path / "marked"
    live.mkdir()
    async with FrontDesk(live / CACHE) as desk:
        await desk.pull()
        await desk.edits.save(desk.number("2"), [FieldChange("city", None, OLD)])
        assert (live / f"{CACHE}-wal").stat().st_size
        shutil.copytree(live, marked, ignore=shutil.ignore_patterns("*-shm"))
    (marked / "settings.json").write_text("{}", "utf-8")
    kept = stage(source, marked).put_in_place(SystemClock())
    steps = 7
    rounds = [(tmp_path / f"{one}-{two}", one, two) for one in range(1, steps + 2) for two in range(1, steps + 2)]
    rounds = [(folder, one, two) for folder, one, two in rounds if one + two <= steps + 2]
    for folder, *_ in rounds:
        shutil.copytree(marked, folder, copy_function=os.link)
    said = [json.loads(line) for line in child("exchanges", json.dumps([(str(f), *n) for f, *n in rounds]))]
    seen = {name for line in said for name in line if name}
    assert len(seen) == steps, f"the gates of the exchange: {seen}"
    for (folder, *at), where in zip(rounds, said, strict=True):
        swap.finish(folder)
        assert not (folder / swap.MARKER).exists(), where
        moved = {name: (folder / name).stat().st_ino for name in (CACHE, "key.json")}
        staged = {name: (one / name).stat().st_ino for one in marked.glob("session-*") for name in moved}
        assert moved == staged, f"killed at {where} ({at})"
        aside = {item.name: item.stat().st_ino for item in (folder / kept).iterdir()}
        assert aside == {name: (marked / name).stat().st_ino for name in (CACHE, f"{CACHE}-wal")}, where
    assert cities(folder / kept, KEY) == [OLD]
    assert cities(folder, open_key(folder, passphrase=PASSPHRASE).value) == [NEW]


# -- other versions, other files ---------------------------------------------------------------------------------


def test_a_backup_of_a_newer_version_is_refused_in_words(
    home: Path, away: Path, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, newer = names(home), away / "newer.crmdesk"
    with monkeypatch.context() as patch:
        patch.setattr(connect, "SCHEMA_VERSION", connect.SCHEMA_VERSION + 1)
        patch.setattr(backups, "__version__", "99.0")
        write(home, newer)
    for read in (lambda: backups.look(newer), lambda: stage(newer, home)):
        words = told(read)
        assert "was made by a newer crmdesk (99.0)" in words and "Update crmdesk" in words
    assert names(home) == before


def test_what_is_newer_or_damaged_behind_a_good_record_is_refused(home: Path, away: Path, source: Path) -> None:
    """The record fits and its checksum too; the data counts."""
    newer, before, database = away / "newer.crmdesk", names(home), opened(home)
    set_version = f"PRAGMA user_version = {connect.SCHEMA_VERSION}"
    try:
        database.write_sync(lambda c, _: driver_of(c).execute(f"{set_version}1"))
        backups.write(database, HERE, home, newer, PASSPHRASE, quiet, clock=SystemClock())
        database.write_sync(lambda c, _: driver_of(c).execute(set_version))
    finally:
        database.close()
    record, damaged = backups.look(source), away / "damaged.crmdesk"
    content = bytearray(source.read_bytes()[: record.size])
    content[record.size // 2] ^= 1
    damaged.write_bytes(content)
    backups._close(damaged, record.key, record.made_at)
    for bad, mark in ((newer, "newer than this crmdesk"), (damaged, "damaged")):
        assert mark in told(lambda bad=bad: stage(bad, home)), bad.name
        assert names(home) == before


@pytest.mark.parametrize("at", [0, 1, 4096, 100_000, -1000, -30])
def test_a_file_that_was_cut_or_is_of_another_program_is_refused(source: Path, home: Path, at: int) -> None:
    before, content = names(home), source.read_bytes()
    for bad in (content[:at], content[:at] + b"\0" * 50 + content[at:], os.urandom(5000)):
        source.write_bytes(bad)
        for read in (lambda: backups.look(source), lambda: stage(source, home)):
            words = told(read)
            assert words == "done" or (words.startswith("BackupError: ") and "Nothing was changed" in words), words
        assert names(home) == before and told(lambda: stage(source, home)) != "done"


@pytest.mark.parametrize("name", ["schema", "size", "format"])
@pytest.mark.parametrize("value", ["1e999", "-1e999", "NaN", "9" * 5000, "[]", '"\\ud800"'])
def test_a_record_with_numbers_that_are_none_is_refused_in_words(source: Path, name: str, value: str) -> None:
    content = source.read_bytes()
    length = int.from_bytes(content[-24:-16], "big")
    told_of = json.loads(content[-24 - length : -24]) | {name: "?"}
    text = json.dumps(told_of).replace('"?"', value).encode()
    source.write_bytes(content[: -24 - length] + text + len(text).to_bytes(8, "big") + content[-16:])
    assert told(lambda: backups.look(source)).startswith("BackupError: ")


@posix
def test_what_is_no_file_is_no_backup(away: Path) -> None:
    """A pipe without a writer would be waited for without end."""
    os.mkfifo(away / "pipe.crmdesk")
    assert "is not a backup of crmdesk" in told(lambda: backups.look(away / "pipe.crmdesk"))
    assert "cannot be read" in told(lambda: backups.look(away))


@pytest.mark.parametrize("named", ["..", ".", "", "../data", "/"])
def test_a_marker_that_leads_elsewhere_touches_nothing(home: Path, named: str) -> None:
    """What is unpacked is deleted behind the exchange: that must never be another folder."""
    (home / swap.MARKER).write_text(json.dumps({"staged": named, "kept": ""}), "utf-8")
    before, around = names(home), names(home.parent)
    assert "could not be put in place" in told(lambda: swap.finish(home))
    assert (names(home), names(home.parent)) == (before, around)


def test_a_copy_that_is_given_up_is_not_put_in_place(home: Path, source: Path) -> None:
    one, other = stage(source, home), stage(source, home)
    one.put_in_place(SystemClock())
    other.forget()
    assert (home / swap.MARKER).exists(), "that was about another one"
    one.forget()
    one.forget()
    assert not swap.finish(home) and not [name for name in names(home) if name.startswith("session-")]


# -- while the desk works ----------------------------------------------------------------------------------------


async def test_what_is_written_while_a_backup_is_made_is_not_half_in_it(home: Path, away: Path, tmp_path: Path) -> None:
    """Edits of two fields go on between any two pieces; the backup is the moment at which it began."""
    async with FrontDesk(home / CACHE) as desk:
        pieces = 0

        def work(_done: int, _total: int) -> None:
            nonlocal pieces
            pieces += 1
            for name in ("3", "4"):
                desk.database.write_sync(
                    lambda c, t, name=name: driver_of(c).execute(
                        "UPDATE contact SET city=? WHERE remote_id=?", (f"piece {pieces}", name)
                    )
                )

        backups.write(desk.database, HERE, home, away / "x.crmdesk", PASSPHRASE, work, clock=desk.clock)
        assert pieces >= 2 and (await desk.row(desk.number("3"))).city == f"piece {pieces}"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    stage(away / "x.crmdesk", elsewhere).put_in_place(SystemClock())
    swap.finish(elsewhere)
    key = open_key(elsewhere, passphrase=PASSPHRASE).value
    assert cities(elsewhere, key) == [NEW]
    database = opened(elsewhere, key)
    try:
        rows = database.read_sync(lambda c: driver_of(c).execute("SELECT city FROM contact").fetchall())
    finally:
        database.close()
    assert not [city for (city,) in rows if city.startswith("piece")]


def test_a_name_that_somebody_took_meanwhile_is_not_overwritten(
    home: Path, away: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = away / "x.crmdesk"

    def faster(done: int, _total: int) -> None:
        target.write_bytes(b"mine")

    for links in (True, False):  # a stick has no second names for a file
        if not links:
            monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(95, "not supported")))
        target.unlink(missing_ok=True)
        with pytest.raises(FileThereError):
            write(home, target, faster)
        assert target.read_bytes() == b"mine" and names(away) == ["x.crmdesk"]
    put_file(away / "free", b"whole", replace=False)
    assert (away / "free").read_bytes() == b"whole" and names(away) == ["free", "x.crmdesk"]
