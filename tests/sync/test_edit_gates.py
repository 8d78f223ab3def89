"""Killed at every numbered gate of everything a person can do with a contact: it goes on by itself (P-STEP)."""

from __future__ import annotations

import asyncio
import logging
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from crmdesk.core import seams
from crmdesk.store.connect import connect
from tests.helpers.desk import KEY
from tests.helpers.edit_stories import STORIES, Story, World, begun

SHM = Path("/dev/shm")


class Killed(BaseException):
    """The process is gone."""


class Gates:
    """Counts the gates that are passed. At gate `kill_at` the process is gone: nothing passes any gate from then on."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at = kill_at
        self.passed: list[str] = []
        self.dead = False
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._died = asyncio.Event()

    def __call__(self, name: str) -> None:
        with self._lock:
            if not self.dead:
                self.passed.append(name)
                self.dead = len(self.passed) == self.kill_at
        if self.dead:
            self._loop.call_soon_threadsafe(self._died.set)
            raise Killed(name)

    async def run(self, world: World) -> None:
        """The story, until it ends or the process does. What was under way then gets to its next gate."""
        log = logging.getLogger("crmdesk")
        log.setLevel(logging.CRITICAL)  # whatever is killed says so before it dies
        acting, dying = asyncio.ensure_future(world.story.act(world)), asyncio.ensure_future(self._died.wait())
        seams.set_gate(self)
        try:
            await asyncio.wait((acting, dying), return_when=asyncio.FIRST_COMPLETED)
            acting.cancel()
            dying.cancel()
            results = await asyncio.gather(acting, dying, return_exceptions=True)
            await world.close()
        finally:
            seams.set_gate(None)
            log.setLevel(logging.NOTSET)
        if not self.dead and isinstance(results[0], BaseException):
            raise results[0]


@pytest.fixture
def folder() -> Iterator[Path]:
    """In memory where that can be had: a thousand little files cost no disk."""
    made = Path(mkdtemp(prefix="edit-gates-", dir=SHM if SHM.is_dir() else None))
    yield made
    shutil.rmtree(made)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
async def test_killed_at_every_gate_it_goes_on_by_itself(story: Story, folder: Path) -> None:
    template = await begun(story, folder / "begun.db")
    number = 0
    while True:
        number += 1
        world = template.copy(folder / f"{number}.db")
        await world.open()
        gates = Gates(number)
        await gates.run(world)
        where = f"killed at gate {number}, {gates.passed[-1]}" if gates.dead else "not killed"
        try:
            await goes_on(world, gates)
        except Exception as error:
            error.add_note(f"{where}; passed: {gates.passed}")
            raise
        if not gates.dead:
            break
    assert story.passes <= set(gates.passed), f"it never came through {story.passes - set(gates.passed)}"
    assert number > 4


async def goes_on(world: World, gates: Gates) -> None:
    """The next start: everything promised is there, and comes to its end."""
    await world.open()
    try:
        shown = world.check_promises()
        world.story.at_start(shown)
        await world.settle(shown)
    finally:
        await world.close()
    if world.asked:  # nobody can know whether the request left: the vendor never got it
        assert gates.passed[-1] in ("write: after commit", "push.claimed.after_commit", "push.create.sending")


def of_the_first_release(path: Path) -> None:
    """A file with contacts as the first release left it: the second revision only adds tables."""
    connection = connect(path, KEY)
    for table in ("op", "history", "draft", "trash"):
        connection.execute(f"DROP TABLE {table}")
    connection.execute("UPDATE alembic_version SET version_num='0001'")
    connection.execute("PRAGMA user_version = 1")
    connection.close()


async def test_killed_at_every_gate_of_an_upgrade_it_goes_on_by_itself(folder: Path) -> None:
    template = await begun(STORIES[0], folder / "begun.db")
    of_the_first_release(template.path)
    number, passed = 0, []
    while True:
        number += 1
        world = template.copy(folder / f"{number}.db")
        killed, passed = await upgraded(world, number)
        if killed:
            await world.open()
        try:
            assert len(world.seen()) == 5
            await world.change("Nantes")
            await world.settle(world.seen())
        finally:
            await world.close()
        assert world.memory.contacts["2"]["city"] == "Nantes"
        if not killed:
            break
    assert passed == ["upgrade: after backup", "upgrade: before commit", "upgrade: after commit"]


async def upgraded(world: World, kill_at: int) -> tuple[bool, list[str]]:
    """Opens the file; whether that was killed, and the gates it passed."""
    gates = Gates(kill_at)
    seams.set_gate(gates)
    try:
        await world.open()
    except Killed:
        pass
    finally:
        seams.set_gate(None)
    return gates.dead, gates.passed
