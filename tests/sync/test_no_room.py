"""No room on the disk, or no right to write: it is said, nothing that was saved is lost, and it goes on when there is
room again (P-DISK)."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import pytest
from sqlcipher3 import dbapi2 as driver

from crmdesk.core import seams
from crmdesk.core.errors import StorageError
from crmdesk.core.outbox import Draft, FieldChange, OpState, draft_key
from crmdesk.store.database import driver_of
from crmdesk.sync import push
from tests.app.children import without_privileges
from tests.helpers.edit_stories import STORIES
from tests.helpers.edit_world import Story, begun
from tests.helpers.front_desk import FrontDesk
from tests.helpers.memory_vendor import MemoryVendor

TIMES = 6  # more often than what the vendor has done is tried to be written down


class NoRoom:
    """The disk is full for some commits, from the `first` one on."""

    def __init__(self, first: int) -> None:
        self.first, self.commits = first, 0
        self._lock = threading.Lock()

    def __call__(self, name: str) -> None:
        if name != "write: before commit":
            return
        with self._lock:
            self.commits += 1
            full = self.first <= self.commits < self.first + TIMES
        if full:
            raise driver.OperationalError("database or disk is full")


def pragma(desk: FrontDesk, text: str) -> None:
    """Of the connection that writes."""
    desk.database.write_sync(lambda c, _: driver_of(c).execute(f"PRAGMA {text}").fetchall())


def fill_disk(desk: FrontDesk, room: int = 0) -> None:
    """`room` further pages, and the disk is full."""
    pages = desk.database.read_sync(lambda c: driver_of(c).execute("PRAGMA page_count").fetchone()[0])
    pragma(desk, f"max_page_count = {pages + room}")


def free_disk(desk: FrontDesk) -> None:
    pragma(desk, "max_page_count = 1000000")


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "KEPT_TRIES", (0.0, 0.0, 0.0))


@pytest.mark.expect_log  # it is told where an answer could not be stored
@pytest.mark.parametrize(
    "story",
    [pytest.param(one, id=one.name, marks=[pytest.mark.slow] if n % 3 else []) for n, one in enumerate(STORIES)],
)
async def test_full_at_every_commit_it_goes_on_when_there_is_room(story: Story, folder: Path, at_once: None) -> None:
    template = await begun(story, folder / "begun.db")
    first, refused = 0, 0
    while True:
        first += 1
        world = template.copy(folder / f"{first}.db")
        disk = NoRoom(first)
        await world.open()
        seams.set_gate(disk)
        try:
            await story.act(world)
            if story.erases:  # merging the index anew is left to the next start
                seams.set_gate(None)
                await world.close()
                await world.open()
            shown = world.check_promises()
            story.at_start(shown)
            await world.settle(shown)
            assert not world.asked, "a person was asked, though the program itself had seen what happened"
        except Exception as error:
            error.add_note(f"full at commit {first} of {disk.commits}")
            raise
        finally:
            seams.set_gate(None)
            await world.close()
        refused += world.refused
        if disk.commits < first + TIMES:
            break
    assert refused >= TIMES or story.erases, "the disk was never full when a key was pressed"


# ── a disk that is really full, a file that may not be written ───────────────────────────────────────────────────────


async def refused_then_saved(desk: FrontDesk, notes: str, free: Callable[[], None]) -> bool:
    """Saves `notes`; whether that was refused at first. Then nothing has changed, and the same save succeeds."""
    before, waiting = desk.shown("2"), await desk.reader.ops()
    try:
        await desk.change("2", notes=notes)
    except StorageError as error:
        assert error.hint
        assert desk.shown("2") == before and await desk.reader.ops() == waiting
        assert desk.database.check() == []
        free()
        await desk.change("2", notes=notes)
    else:
        return False
    return True


async def test_a_full_disk_takes_no_save_and_loses_none(folder: Path) -> None:
    """A little more room each time: the save stops at every place it may stop at."""
    memory, refused = MemoryVendor(5), 0
    async with FrontDesk(folder / "desk.db", memory) as desk:
        await desk.pull()
        for room in range(60):
            notes = token_hex(6000)
            fill_disk(desk, room)
            refused += await refused_then_saved(desk, notes, lambda: free_disk(desk))
            assert desk.shown("2")["notes"] == notes
            free_disk(desk)
            if refused != room + 1:
                break
        assert refused > 3
    async with FrontDesk(folder / "desk.db", memory, clock=desk.clock) as desk:
        assert desk.shown("2")["notes"] == notes and desk.database.check() == []
        await desk.push()
        assert memory.contacts["2"]["notes"] == notes and len(memory.writes) == 1


async def test_every_verb_says_that_the_disk_is_full_and_does_nothing(folder: Path) -> None:
    """Nothing is half done; what was typed before stays."""
    async with FrontDesk(folder / "desk.db") as desk:
        await desk.pull()
        number = desk.number("2")
        await desk.change("3", city="Nantes")
        draft = Draft(draft_key(number), desk.id, number, (FieldChange("city", None, "Nan"),))
        await desk.edits.keep_draft(draft)
        op = await desk.the_op()
        before = desk.dump()
        fill_disk(desk)
        long = {"name": "Ana", "notes": token_hex(9000)}
        notes = [FieldChange("notes", None, long["notes"])]
        for verb in (
            lambda: desk.edits.create(desk.id, long),
            lambda: desk.edits.save(number, notes, draft=draft.key),
            lambda: desk.edits.save_many([(desk.number("1"), notes), (desk.number("4"), notes)]),
            lambda: desk.edits.keep_draft(replace(draft, changes=tuple(notes))),
            lambda: desk.edits.change_op(op.id, notes),
        ):
            with pytest.raises(StorageError, match="disk is full"):
                await verb()
            assert desk.dump() == before
        free_disk(desk)
        saved = await desk.edits.create(desk.id, long)
        await desk.push()
        assert (await desk.row(saved.contact_ids[0])).remote_id == "6"
        assert (await desk.reader.draft(draft.key)) is not None


async def test_a_file_that_became_read_only_takes_no_save_and_loses_none(folder: Path) -> None:
    memory = MemoryVendor(5)
    async with FrontDesk(folder / "desk.db", memory) as desk:
        await desk.pull()
        await desk.change("3", city="Nice")
        native = driver_of(desk.database._connections[0])  # the one that writes; nothing is being written now
        native.execute("PRAGMA query_only = ON")
        with pytest.raises(StorageError, match="may not be written"):
            await desk.change("2", city="Nantes")
        assert not desk.shown("2").get("city") and desk.shown("3")["city"] == "Nice"
        await desk.push()
        assert not memory.writes, "what could not be claimed was sent"
        native.execute("PRAGMA query_only = OFF")
        await desk.change("2", city="Nantes")
        await desk.push(3600)
        assert (memory.contacts["2"]["city"], memory.contacts["3"]["city"]) == ("Nantes", "Nice")


@pytest.mark.parametrize("overwrites", [False, True])
@pytest.mark.expect_log
async def test_what_the_vendor_did_while_the_disk_was_full_is_found_out(
    folder: Path, at_once: None, overwrites: bool
) -> None:
    """The write has arrived, its answer finds no room. It is neither lost nor sent a second time."""
    memory, notes = MemoryVendor(5), token_hex(20_000)
    memory.overwrites = overwrites
    async with FrontDesk(folder / "desk.db", memory, resends=overwrites) as desk:
        await desk.pull()
        await desk.change("2", notes=notes)
        memory.before_write = lambda *_: fill_disk(desk)
        await desk.push()
        memory.before_write = None
        assert memory.contacts["2"]["notes"] == notes and (await desk.the_op()).state.open
        assert desk.shown("2")["notes"] == notes
        await desk.push(60)
        assert (await desk.the_op()).state.open
        free_disk(desk)
        await desk.push(3600)
        assert (await desk.the_op()).state is OpState.CONFIRMED
        assert desk.base("2") == memory.contacts["2"] and len(memory.writes) == 1


@pytest.mark.expect_log
async def test_a_contact_made_while_the_disk_was_full_is_found_and_not_made_again(folder: Path, at_once: None) -> None:
    memory = MemoryVendor(5)
    async with FrontDesk(folder / "desk.db", memory) as desk:
        await desk.pull()
        saved = await desk.edits.create(desk.id, {"name": "Ana", "notes": token_hex(20_000)})
        memory.before_write = lambda *_: fill_disk(desk)
        await desk.push()
        memory.before_write = None
        assert memory.created == ["6"] and (await desk.the_op()).state.open
        free_disk(desk)
        await desk.push(60)
        await desk.push(3600)
        assert (await desk.the_op()).state is OpState.CONFIRMED
        assert memory.created == ["6"] and (await desk.row(saved.contact_ids[0])).remote_id == "6"


@pytest.mark.expect_log
async def test_an_account_removed_while_it_was_not_known_what_was_sent(
    folder: Path, at_once: None, caplog: pytest.LogCaptureFixture
) -> None:
    async with FrontDesk(folder / "desk.db") as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
        seams.set_gate(NoRoom(2))
        await desk.push()
        seams.set_gate(None)
        await desk.services.remove_account(desk.id, keep_contacts=False)
        caplog.clear()
        await desk.push(3600)
        assert await desk.ops() == [] and not caplog.records


@pytest.mark.expect_log
async def test_full_at_the_start_sending_begins_when_there_is_room(folder: Path) -> None:
    memory = MemoryVendor(5)
    async with FrontDesk(folder / "desk.db", memory) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
    async with FrontDesk(folder / "desk.db", memory, clock=desk.clock) as desk:
        disk = NoRoom(1)
        seams.set_gate(disk)
        desk.services.sending.start()
        for _ in range(200):
            desk.clock.forward(600)
            desk.services.sending.wake()
            await asyncio.sleep(0.005)
            if memory.writes:
                break
        assert memory.contacts["2"]["city"] == "Nantes" and disk.commits >= TIMES


# ── a process that finds no room, or has no right ────────────────────────────────────────────────────────────────────

posix = pytest.mark.skipif(sys.platform == "win32", reason="limits and rights of files as POSIX has them")


def child(*arguments: object, before: tuple[str, ...] = ()) -> list[str]:
    """What `edit_child` says."""
    command = [*before, sys.executable, "-m", "tests.helpers.edit_child", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.splitlines()


@posix
async def test_a_file_that_cannot_grow_takes_no_save_and_loses_none(folder: Path) -> None:
    """The system itself refuses to write, in the middle of a page as well as between two."""
    path = folder / "desk.db"
    words = child("cramped", path)
    saved, refused = words.count("saved"), words.count("refused")
    assert saved >= 20 and refused >= 10
    async with FrontDesk(path) as desk:
        assert desk.database.check() == []
        (contact_id,) = {op.contact_id for op in await desk.reader.ops()}
        lines = [line for line in await desk.reader.history(contact_id) if line.changes]
        assert [line.changes[0].now[:4] for line in reversed(lines)] == [f"{number:04}" for number in range(saved)]
        assert desk.shown("2")["notes"].startswith(f"{saved - 1:04}")


@posix
@pytest.mark.parametrize("what", ["file", "folder"])
async def test_without_the_right_to_write_it_says_so_and_nothing_is_lost(folder: Path, what: str) -> None:
    if (before := without_privileges()) is None:
        pytest.skip("needs a process without privileges")
    path, memory = folder / "desk.db", MemoryVendor(5)
    async with FrontDesk(path, memory) as desk:
        await desk.pull()
        await desk.change("2", city="Nantes")
    content, locked = path.read_bytes(), path if what == "file" else folder
    locked.chmod(0o444 if what == "file" else 0o555)
    try:
        (words,) = child("look", path, before=tuple(before))
    finally:
        locked.chmod(0o755)
    assert words.startswith("StorageError: ") and ("written" in words or "opened" in words)
    assert path.read_bytes() == content
    async with FrontDesk(path, memory, clock=desk.clock) as desk:
        await desk.push()
        assert memory.contacts["2"]["city"] == "Nantes"
