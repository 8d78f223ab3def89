"""The program is updated while it is open: the window says so, once the new one is whole."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from crmdesk.ui import updated
from tests.helpers.house import House, until
from tests.walks.test_keyboard import practice

PAUSE = 0.02


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "crmdesk"
    path.write_bytes(b"version 1")
    return path


@asynccontextmanager
async def started_from(program: Path) -> AsyncIterator[House]:
    """A window that takes `program` for the file it was started from."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "frozen", True, raising=False)
        patch.setattr(sys, "executable", str(program))
        patch.setattr(updated.watch, "__defaults__", (PAUSE,))
        async with practice(program.parent) as house:
            patch.undo()
            yield house


def replace(program: Path, content: bytes) -> None:
    """As a package manager does: another file takes the name."""
    fresh = program.with_suffix(".new")
    fresh.write_bytes(content)
    os.replace(fresh, program)


async def test_it_is_told_once(program: Path) -> None:
    async with started_from(program) as house:
        await asyncio.sleep(10 * PAUSE)
        assert not house.window.banners.shows(updated.BANNER), "nothing was replaced"
        replace(program, b"version 2")
        await until(lambda: house.window.banners.shows(updated.BANNER), "the banner")
        assert "updated while it was open" in house.banners()
        house.window.banners.clear(updated.BANNER)
        replace(program, b"version 3")
        await asyncio.sleep(10 * PAUSE)
        assert not house.window.banners.shows(updated.BANNER), "once is enough"


async def test_a_program_that_is_gone_for_a_moment_is_waited_for(program: Path) -> None:
    async with started_from(program) as house:
        program.unlink()
        await asyncio.sleep(10 * PAUSE)
        assert not house.window.banners.shows(updated.BANNER)
        replace(program, b"version 2")
        await until(lambda: house.window.banners.shows(updated.BANNER), "the banner")


async def test_restarting_closes_the_window_and_starts_again(program: Path) -> None:
    async with started_from(program) as house:
        replace(program, b"version 2")
        await until(lambda: house.there(f"banner.{updated.BANNER}.again"), "the banner")
        house.click(f"banner.{updated.BANNER}.again")
        await until(lambda: house.window.start_again and house.window._ended, "the end")
