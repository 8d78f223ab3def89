"""The main job, through the real window and over a real socket: two accounts, from an empty folder to browsing
off-line.

The vendor is the emulator on a loopback port. What is asserted is what a person sees, what is stored afterwards, and
what the emulator's log says was asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crmdesk.sandbox.faults import Kind
from crmdesk.sandbox.people import people
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.sync.progress import Connection, Phase
from crmdesk.ui.busy import Busy
from crmdesk.vendors.bookingsync import VENDOR
from tests.helpers.house import House, truth, until

SEA, HARBOUR = "Seaside Villas", "Harbour Apartments"
SEA_ID, HARBOUR_ID = 71, 72
TOKENS = {SEA: "demo-seaside", HARBOUR: "demo-harbour"}


@dataclass
class Line:
    """The way to the vendor: can be taken away and comes back at the same address."""

    emulator: Any
    server: LoopbackServer | None = None
    port: int = 0

    def up(self) -> str:
        self.server = LoopbackServer(self.emulator, self.port)
        self.server.__enter__()
        self.port = int(self.server.base_url.rsplit(":", 1)[1])
        return f"{self.server.base_url}/api/v3"

    def down(self) -> None:
        if self.server is not None:
            self.server.__exit__(None, None, None)
        self.server = None

    def pages(self) -> list[str]:
        """Which pages were asked for since the log was cleared, e.g. `page=3&per_page=100`."""
        return [seen.query for seen in self.emulator.requests if seen.path.endswith("/contacts")]


@pytest.fixture(
    params=[(2300, 900), pytest.param((30_000, 18_000), marks=[pytest.mark.long, pytest.mark.timeout(900)])]
)
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    made = Line(VENDOR.sandbox(counts=request.param))
    yield made
    made.down()


def same(house: House, line: Line) -> bool:
    return all(
        house.cached(title) == truth(line.emulator, remote) for title, remote in ((SEA, SEA_ID), (HARBOUR, HARBOUR_ID))
    )


def page_number(query: str) -> int:
    found = re.search(r"\bpage=(\d+)", query)
    return int(found[1]) if found else 1


async def test_from_an_empty_folder_to_browsing_off_line(line: Line, tmp_path: Path) -> None:
    base_url = line.up()
    async with House(tmp_path) as house:
        await house.ready()
        await _connect_over_a_bad_line(house, line, base_url)
        await _connect_and_stop(house, line, base_url)
        assert same(house, line)
        await _find_a_person(house, line)
        await _what_changed(house, line)
        assert house.dialogs() == []
        assert await house.leave() == 0
    line.down()
    async with House(tmp_path) as house:
        await _without_a_line(house)
        remote_id = next(iter(truth(line.emulator, SEA_ID)))
        line.emulator.edit(SEA_ID, int(remote_id), city="Backonlineville")
        line.up()
        assert (await house.check_now(SEA)).phase is Phase.DONE
        assert (await house.check_now(HARBOUR)).phase is Phase.DONE
        assert same(house, line)
        await until(lambda: house.board.connection is not Connection.OFFLINE)
        await until(lambda: "Offline" not in house.status(), "a status bar that is online again")
        await until(lambda: "No connection" not in house.banners(), "no banner about the line")
        house.key("Esc")
        await house.search("Backonlineville", hits=1)


async def _connect_over_a_bad_line(house: House, line: Line, base_url: str) -> None:
    """The first account's first listing is cut in the middle, twice, and goes on where it was."""
    assert house.there("welcome.connect")
    house.click("welcome.connect")
    line.emulator.faults.set(Kind.CUT_AFTER, target="page=", skip=6)
    line.emulator.requests.clear()
    await house.add_account(SEA, base_url, TOKENS[SEA])
    await until(lambda: house.phase(SEA) in (Phase.FAILED, Phase.OFFLINE), "the cut to be noticed", 40)
    stored = len(house.cached(SEA))
    assert 0 < stored < len(truth(line.emulator, SEA_ID))
    await until(lambda: "BookingSync" in house.banners(), "words about it")

    line.emulator.faults.clear()
    line.emulator.faults.set(Kind.HALF_BODY, target="page=", skip=3)
    line.emulator.requests.clear()
    assert (await house.check_now(SEA)).phase in (Phase.FAILED, Phase.OFFLINE)
    begun = page_number(line.pages()[0])
    assert begun > 1, "it goes on, it does not start again"
    assert len(house.cached(SEA)) > stored

    line.emulator.faults.clear()
    line.emulator.requests.clear()
    with _watched(house) as texts:
        assert (await house.check_now(SEA, 120)).phase is Phase.DONE
    assert page_number(line.pages()[0]) > begun
    assert any(re.fullmatch(r"Seaside Villas: page \d+ of \d+", text) for text in texts), texts
    assert house.cached(SEA) == truth(line.emulator, SEA_ID)


async def _connect_and_stop(house: House, line: Line, base_url: str) -> None:
    """The second account's first listing is cancelled by a person and gone on with later."""
    house.key("Esc")
    house.click("accounts.add")
    line.emulator.faults.set(Kind.SLOW, 0.15, target="page=")
    await house.add_account(HARBOUR, base_url, TOKENS[HARBOUR], test=False)
    account = house.accounts()[HARBOUR]
    await until(lambda: house.board.of(account).page >= 2, "page 2")
    await until(lambda: house.there("navigation.check.cancel"), "the check in the navigation")
    house.click("navigation.check.cancel")
    await until(lambda: house.phase(HARBOUR) is Phase.STOPPED, "the check to stop", 5)
    stopped_at = house.board.of(account).page
    assert 0 < len(house.cached(HARBOUR)) < len(truth(line.emulator, HARBOUR_ID))
    line.emulator.faults.clear()
    line.emulator.requests.clear()
    assert (await house.check_now(HARBOUR, 120)).phase is Phase.DONE
    first = page_number(line.pages()[0])
    assert stopped_at <= first <= stopped_at + 1, "it goes on at the page that was not stored yet"


@contextmanager
def _watched(house: House) -> Iterator[set[str]]:
    """What the navigation says while a check runs."""
    seen: set[str] = set()

    def look() -> None:
        seen.update(busy.label.whole() for busy in house.window.navigation.findChildren(Busy) if busy.isVisible())

    house.window._soon.timeout.connect(look)
    yield seen
    house.window._soon.timeout.disconnect(look)


async def _find_a_person(house: House, line: Line) -> None:
    """Type a name, go down to the hit, read the whole contact beside the list."""
    wanted = line.emulator.add(SEA_ID, next(iter(people(1, seed=5))))
    line.emulator.edit(
        SEA_ID, wanted, firstname="Zoë", lastname="Quillfeather-Großmann", email="zoe@quill.example", city="Orléans"
    )
    await house.check_now(SEA)
    assert str(wanted) in house.cached(SEA)
    house.key("Esc")
    house.click_place("All contacts")
    total = len(truth(line.emulator, SEA_ID)) + len(truth(line.emulator, HARBOUR_ID))
    await until(lambda: house.model.rowCount() == total, "the whole list")
    await house.search("quillfeather grossm zoe", hits=1)
    house.key("Down")
    await until(lambda: "zoe@quill.example" in house.words("detail.pane"), "the contact beside the list")
    assert "Orléans" in house.words("detail.pane")
    await until(lambda: re.search(r"1 of [\d,.\u202f]+", house.find("status.rows").text()), "the number of hits")
    house.key("Ctrl+F")
    house.fill("search.box", "")
    await until(lambda: house.model.rowCount() == total, "the whole list again")
    house.click_place(HARBOUR)
    await until(lambda: house.model.rowCount() == len(truth(line.emulator, HARBOUR_ID)), "one account's contacts")


async def _what_changed(house: House, line: Line) -> None:
    """Edits, deletions and new contacts come with a check of what changed, not with everything."""
    living = [int(remote_id) for remote_id in truth(line.emulator, HARBOUR_ID)]
    line.emulator.edit(HARBOUR_ID, living[3], city="Nantesville-sur-Mer")
    line.emulator.remove(HARBOUR_ID, living[5])
    for person in people(3, seed=98):
        line.emulator.add(HARBOUR_ID, person)
    line.emulator.requests.clear()
    assert (await house.check_now(HARBOUR)).phase is Phase.DONE
    assert same(house, line)
    assert all("updated_since" in query for query in line.pages()), line.pages()
    assert len(line.pages()) <= 3
    account = house.accounts()[HARBOUR]
    await until(lambda: "3 new, 1 changed, 1 removed." in house.words(f"sync.{account}"), "what the check brought")
    house.key("Esc")
    await house.search("nantesville", hits=1)


async def _without_a_line(house: House) -> None:
    """Started with the vendor out of reach: everything can be read, and the words say since when."""
    assert house.model.rowCount() > 0, "rows before anything else is loaded"
    await house.ready()
    await until(lambda: house.phase(SEA) is Phase.OFFLINE, "the line to be missed", 60)
    await until(lambda: house.phase(HARBOUR) is Phase.OFFLINE, "the line to be missed", 60)
    await until(lambda: "Offline" in house.status(), "the status bar")
    await until(lambda: re.search(r"No connection. You are working with data saved at \d\d:\d\d", house.banners()))
    assert house.dialogs() == []
    house.click_place(SEA)
    await until(lambda: house.model.rowCount() == len(house.cached(SEA)), "the account's contacts")
    house.click_row(3)
    row = house.model.row_at(3)
    await until(lambda: row.name in house.words("detail.pane"), "a contact")
    await house.search("quillfeather", hits=1)
    house.fill("search.box", "")
