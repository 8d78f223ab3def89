"""Two BookingSync accounts over the emulator: everything, changes, a cut line in the middle, going on, off-line."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.changes import ChangeFeed
from crmdesk.core.seams import SystemClock, iso
from crmdesk.sandbox.app import transport
from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.people import people
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.store.database import Database, driver_of
from crmdesk.store.packed import unpack
from crmdesk.store.reader import Reader
from crmdesk.sync.progress import Connection, Phase
from crmdesk.sync.services import Services
from crmdesk.sync.worker import NetworkThread
from crmdesk.vendors.bookingsync import VENDOR
from tests.helpers.desk import KEY, SeenBoard

COUNTS = (450, 120)


class Story:
    def __init__(self, folder: Path, base_url: str, transports: dict[str, Any], app: Any) -> None:
        self.app = app
        self.base_url = base_url
        self.board = SeenBoard()
        clock = SystemClock()
        self.database = Database.open(folder / "story.db", KEY, ChangeFeed(), clock)
        self.network = NetworkThread()
        self.reader = Reader(self.database)
        self.services = Services(
            self.database, self.reader, {"bookingsync": VENDOR}, self.network, self.board, clock, transports
        )

    async def add_both(self) -> list[int]:
        told = self.app.describe("")["accounts"]
        added = [
            await self.services.add_account("bookingsync", one["title"], self.base_url, one["credentials"])
            for one in told
        ]
        self.remote = {account.id: one["id"] for account, one in zip(added, told, strict=True)}
        return [account.id for account in added]

    def truth(self, account_id: int) -> dict[str, Any]:
        """What belongs here: neither the cancelled ones nor those whose time to be forgotten has come."""
        remote, now = self.remote[account_id], iso(SystemClock().now())
        found = {str(number): self.app.contact(remote, number) for number in self.app.ids(remote)}
        return {
            remote_id: raw
            for remote_id, raw in found.items()
            if not raw["canceled_at"] and not (raw["forget_me_at"] and raw["forget_me_at"] <= now)
        }

    def cached(self, account_id: int) -> dict[str, Any]:
        wanted = "SELECT remote_id, body FROM contact JOIN contact_raw ON contact_id=id WHERE account_id=?"
        rows = self.database.read_sync(lambda c: driver_of(c).execute(wanted, (account_id,)).fetchall())
        return {remote_id: json.loads(unpack(body)) for remote_id, body in rows}

    def same(self) -> bool:
        return all(self.cached(account_id) == self.truth(account_id) for account_id in self.remote)

    def pages_asked(self) -> list[str]:
        return [seen.query.split("&")[0] for seen in self.app.requests if seen.path.endswith("/contacts")]

    async def aclose(self) -> None:
        await self.services.aclose()
        self.network.close()
        self.database.close()


@pytest.fixture
async def in_process(tmp_path: Path) -> AsyncIterator[Story]:
    app = VENDOR.sandbox(counts=COUNTS)
    story = Story(tmp_path, "", {"bookingsync": transport(app)}, app)
    yield story
    await story.aclose()


async def test_two_accounts_from_the_first_page_to_browsing_off_line(in_process: Story) -> None:
    story = in_process
    one, two = await story.add_both()
    results = await story.services.pull_all()
    assert [(result.phase, result.pages) for result in results] == [(Phase.DONE, 5), (Phase.DONE, 2)]
    assert story.same()
    assert story.board.connection is Connection.PRACTICE

    first, second = story.remote[one], story.remote[two]
    living = [int(remote_id) for remote_id in story.cached(one)]
    story.app.edit(first, living[3], city="Nantes")
    story.app.remove(first, living[5])
    story.app.add(second, next(iter(people(1, seed=99))))
    story.app.remove(second, int(next(iter(story.cached(two)))))
    results = await story.services.pull_all()
    assert [result.full for result in results] == [False, False]
    assert [result.removed for result in results] == [1, 1]
    assert story.same()

    story.app.faults.set(Kind.CUT_BEFORE, skip=2)
    result = await story.services.pull(one, full=True)
    assert result.phase is Phase.FAILED
    assert story.same(), "a cut line takes nothing away"
    assert len(await story.reader.rows([1, 2, 3])) == 3
    story.app.faults.clear()
    story.app.requests.clear()
    assert (await story.services.pull(one)).phase is Phase.DONE
    assert story.pages_asked()[0] == "page=3"
    assert story.same()


async def test_the_line_is_cut_on_a_real_socket_and_comes_back(tmp_path: Path) -> None:
    app = VENDOR.sandbox(counts=COUNTS)
    with LoopbackServer(app) as server:
        story = Story(tmp_path, f"{server.base_url}/api/v3", {}, app)
        one, _ = await story.add_both()
        assert [result.phase for result in await story.services.pull_all()] == [Phase.DONE, Phase.DONE]
        assert story.same()
        assert story.board.connection is Connection.PRACTICE
        remote_id = next(iter(story.cached(one)))
        app.edit(story.remote[one], int(remote_id), city="Fresh City")
        wanted = "SELECT id FROM contact WHERE account_id=? AND remote_id=?"
        found = story.database.read_sync(lambda c: driver_of(c).execute(wanted, (one, remote_id)).fetchone()[0])
        await story.services.refresh_contact(found)
        assert story.same()
    for _ in range(2):
        results = await story.services.pull_all()
        assert [result.phase for result in results] == [Phase.OFFLINE, Phase.OFFLINE]
    assert "You are working with data saved at" in story.board.of(one).text
    assert story.same()
    await story.aclose()


async def test_a_refused_token_stops_one_account_until_it_is_entered_again(in_process: Story) -> None:
    story = in_process
    one, _ = await story.add_both()
    story.app.renew_token(story.remote[one], "another-token")
    results = await story.services.pull_all()
    assert [result.phase for result in results] == [Phase.SIGN_IN, Phase.DONE]
    steps = await story.services.check("bookingsync", "", {}, one)
    assert [step.ok for step in steps][:2] == [True, False]
    await story.services.update_account(one, credentials={"token": "another-token"})
    assert (await story.services.pull(one)).phase is Phase.DONE
    assert story.same()


@pytest.mark.parametrize("way", ["remove", "insert", "move", "all"])
async def test_records_that_shift_while_they_are_read(in_process: Story, way: str) -> None:
    story = in_process
    await story.add_both()
    story.app.faults.set(Kind.SHIFTING, way, times=6)
    await story.services.pull_all()
    story.app.faults.clear()
    await story.services.pull_all()
    await story.services.pull_all(full=True)
    assert story.same()


@pytest.mark.parametrize("kind", [Kind.HTML, Kind.HALF_BODY, Kind.ENDLESS])
async def test_odd_answers_take_nothing_away(in_process: Story, kind: Kind) -> None:
    story = in_process
    one, _ = await story.add_both()
    await story.services.pull_all()
    story.app.faults.set(kind)
    result = await story.services.pull(one, full=True)
    assert result.phase is Phase.FAILED
    assert story.board.of(one).text
    assert story.same()
