"""Walk-throughs 2, 3 and 4: edits with the cable out, two desks, a refusal. Through the real window, over a real
socket, with the keyboard; what the vendor was sent is read from the emulator's own log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QAbstractButton

from crmdesk.sandbox.faults import Answer, Call, Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.settings import Settings
from crmdesk.vendors.bookingsync import VENDOR
from tests.helpers.house import House, until

SEA, SEA_ID, TOKEN = "Seaside Villas", 71, "demo-seaside"


class Line:
    """The way to the vendor: can be taken away and comes back at the same address."""

    def __init__(self) -> None:
        self.emulator = VENDOR.sandbox(counts=(60, 0))
        self.sent: list[tuple[str, str, Any]] = []  # (method, remote id, what was sent) of every write so far
        self.emulator.faults.set(Kind.REWRITE, rewrite=self._noted)
        self.server: LoopbackServer | None = None
        self.port = 0

    def up(self) -> str:
        self.server = LoopbackServer(self.emulator, self.port)
        self.server.__enter__()
        self.port = int(self.server.base_url.rsplit(":", 1)[1])
        return f"{self.server.base_url}/api/v3"

    def down(self) -> None:
        if self.server is not None:
            self.server.__exit__(None, None, None)
        self.server = None

    def contact(self, remote_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.emulator.contact(SEA_ID, int(remote_id))
        return found

    def _noted(self, call: Call, answer: Answer) -> Answer:
        """Keeps what was written; the answer stays as it is."""
        if call.method != "GET":
            body = json.loads(call.body)["contacts"][0] if call.body else None
            self.sent.append((call.method, call.target.rsplit("/", 1)[-1], body))
        return answer


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    made.down()


def desk(folder: Path, **more: Any) -> House:
    """A desk where the operator has given a name already and changes leave after a second."""
    kept = Settings(operator="Maria", operators=["Maria"], grace_edit_seconds=1, file=folder / "settings.json", **more)
    return House(folder, kept=kept)


async def connected(house: House, base_url: str) -> None:
    await house.ready()
    if SEA not in house.accounts():
        house.click("welcome.connect")
        await house.add_account(SEA, base_url, TOKEN)
        await house.done(SEA)
        house.key("Ctrl+1")


async def chosen(house: House, name: str) -> str:
    """Finds somebody by name and opens the contact; its remote id."""
    await house.search(f'"{name}"', hits=1)
    house.table.setFocus()
    house.table.choose(0)
    await until(lambda: house.window.contacts.detail.detail is not None, "the contact")
    await until(lambda: house.window.contacts.detail.detail.row.name == name, "this contact")
    return str(house.window.contacts.detail.detail.row.remote_id)


async def edit(house: House, **values: str) -> None:
    """With the keyboard: Ctrl+E, the fields, Ctrl+Enter."""
    house.table.setFocus()
    house.key("Ctrl+E")
    await until(lambda: house.there("editor.save"), "the editor")
    for path, text in values.items():
        name = f"editor.field.{path}"
        await until(lambda name=name: house.there(name), f"{name}, which may stand below what is in sight at once")
        house.fill(name, text)
    house.key("Ctrl+Return")
    await until(lambda: not house.there("editor.save"), "saved")


def todo(house: House) -> str:
    """What the status bar says there is to do."""
    names = [name for name in ("status.waiting", "status.needs_you") if house.there(name)]
    return " · ".join(house.find(name, QAbstractButton).text() for name in names)


def people(line: Line, count: int) -> list[dict[str, Any]]:
    found = [line.emulator.contact(SEA_ID, number) for number in line.emulator.ids(SEA_ID)]
    free = [raw for raw in found if not raw["processing_restricted_at"] and not raw["forget_me_at"]]
    names = [raw["fullname"] for raw in found]
    return [raw for raw in free if not raw["canceled_at"] and names.count(raw["fullname"]) == 1][:count]


async def test_ctrl_z_right_after_a_save_takes_the_save_back_although_the_editor_is_open(
    line: Line, tmp_path: Path
) -> None:
    """What the bar offers: *Undo  Ctrl+Z*. It used to take back what was typed, and the change left all the same."""
    base_url = line.up()
    [guest] = people(line, 1)
    async with desk(tmp_path) as house:
        await connected(house, base_url)
        house.key("Ctrl+Shift+O")  # working offline: it waits
        await chosen(house, guest["fullname"])
        house.key("Ctrl+E")
        await until(lambda: house.there("editor.field.city"), "the editor")
        house.fill("editor.field.city", "Nantes")
        house.key("Ctrl+S")
        await until(lambda: "1 waiting" in todo(house) and house.there("undo.button"), "saved, and its undo")
        house.key("Ctrl+Z")
        await until(lambda: "waiting" not in todo(house), f"nothing waits: {todo(house)}")
        city = guest["city"]
        await until(lambda: house.find("editor.field.city").text() == city, "the value from before")  # type: ignore[attr-defined]
        editor = house.window.contacts.detail.editor
        assert editor is not None and not editor.dirty
        house.key("Ctrl+Z")  # once more takes back nothing that was done elsewhere
        house.fill("editor.field.city", "Lyon")
        house.key("Ctrl+Z")
        await until(lambda: house.find("editor.field.city").text() == city, "what is typed goes step by step")  # type: ignore[attr-defined]


async def test_ctrl_z_after_a_save_of_nothing_takes_back_nothing_that_was_done_elsewhere(
    line: Line, tmp_path: Path
) -> None:
    base_url = line.up()
    one, other = people(line, 2)
    async with desk(tmp_path) as house:
        await connected(house, base_url)
        house.key("Ctrl+Shift+O")  # working offline: it waits
        await chosen(house, one["fullname"])
        await edit(house, city="Nantes")
        await until(lambda: "1 waiting" in todo(house) and house.there("undo.button"), "saved, and its undo")
        await chosen(house, other["fullname"])
        house.key("Ctrl+E")
        await until(lambda: house.there("editor.field.city"), "the editor")
        house.find("editor.field.city").setFocus()
        editor = house.window.contacts.detail.editor
        assert editor is not None
        ended: list[object] = []
        editor.saved.connect(lambda *_: ended.append(1))
        house.key("Ctrl+S")
        await until(lambda: bool(ended), "there was nothing to save")
        house.key("Ctrl+Z")
        assert house.there("undo.button"), "the other contact's change is still to be taken back"
        house.fill("editor.field.city", "Lyon")
        house.key("Ctrl+S")
        await until(lambda: "2 waiting" in todo(house), f"both wait: {todo(house)}")


async def test_enter_presses_the_button_that_has_the_focus(line: Line, tmp_path: Path) -> None:
    base_url = line.up()
    [guest] = people(line, 1)
    async with desk(tmp_path) as house:
        await connected(house, base_url)
        await chosen(house, guest["fullname"])
        house.key("Ctrl+E")
        await until(lambda: house.there("editor.phones.add"), "the editor")
        before = len(guest["phones"])
        house.find("editor.phones.add").setFocus()
        house.key("Return")
        await until(lambda: house.there(f"editor.phones.{before}.number"), "another phone")
        house.find(f"editor.phones.{before}.remove").setFocus()
        house.key("Return")
        await until(lambda: not house.there(f"editor.phones.{before}.number"), "without it again")


async def test_cable_out(line: Line, tmp_path: Path) -> None:
    """Edit three guests without a line, restart, see three waiting, plug in: all are sent once, the badge is gone."""
    base_url = line.up()
    guests = people(line, 3)
    async with desk(tmp_path) as house:
        await connected(house, base_url)
        line.down()
        for guest in guests:
            await chosen(house, guest["fullname"])
            await edit(house, city="Nantes", private_notes="late arrival")
        await until(lambda: "3 waiting" in todo(house), f"three that wait: {todo(house)}")
    async with desk(tmp_path) as house:
        await house.ready()
        await until(lambda: "3 waiting" in todo(house), f"three that wait after a restart: {todo(house)}")
        await house.search('city:"Nantes"')
        await until(lambda: house.model.rowCount() >= 3, "all three, as they were edited")
        house.key("Ctrl+5")
        await until(lambda: house.there("outbox.list"), "the outbox")
        await until(lambda: house.find("outbox.list").model().rowCount() >= 3, "three rows")
        line.up()
        await house.check_now(SEA)
        await until(lambda: "waiting" not in todo(house), f"all sent: {todo(house)}", 40)
        assert sorted(remote_id for _, remote_id, _ in line.sent) == sorted(str(guest["id"]) for guest in guests)
        assert all(body == {"city": "Nantes", "private_notes": "late arrival"} for _, _, body in line.sent), line.sent
        assert all(line.contact(str(guest["id"]))["city"] == "Nantes" for guest in guests)


async def test_two_desks(line: Line, tmp_path: Path) -> None:
    """City changed here, city and notes at the vendor: only the city is asked for, the notes arrive, and both old
    versions are in the history."""
    base_url = line.up()
    (guest,) = people(line, 1)
    remote_id, was = str(guest["id"]), guest["city"]
    async with desk(tmp_path) as house:
        await connected(house, base_url)
        await chosen(house, guest["fullname"])
        line.emulator.edit(SEA_ID, guest["id"], city="Nice", private_notes="cot, please")
        await edit(house, city="Nantes")
        await until(lambda: "1 needs you" in todo(house), f"a question: {todo(house)}", 40)
        assert line.sent == []
        detail = house.window.contacts.detail
        await until(lambda: "Conflict" in house.words(detail), f"the banner; on screen: {house.words(detail)}")
        house.window.commands.run("go.conflicts") if "go.conflicts" in house.window.commands else None
        if not house.there("conflict.row.city"):
            house.click_place("Conflicts")
        await until(lambda: house.there("conflict.row.city"), f"the question; on screen: {house.words()}")
        assert not house.there("conflict.row.private_notes"), "only what both sides changed is asked for"
        assert {was, "Nantes", "Nice"} <= set(house.words("conflict.row.city").splitlines())
        house.find("conflict.row.city.mine").click()
        house.click("conflict.save")
        await until(lambda: "needs you" not in todo(house), "nothing left to decide")
        await until(lambda: line.contact(remote_id)["city"] == "Nantes", "ours at the vendor", 40)
        assert line.sent == [("PUT", remote_id, {"city": "Nantes"})]
        assert line.contact(remote_id)["private_notes"] == "cot, please"
        lines = await house.window.reader.history(house.window.contacts.detail.contact_id)
        said = {value for one in lines for change in one.changes for value in (change.was, change.now)}
        assert {was, "Nantes", "Nice", "cot, please"} <= said


async def test_refused(line: Line, tmp_path: Path) -> None:
    """The vendor refuses the zip: the contact needs somebody, the field is marked with the vendor's words, is put right
    and sent."""
    base_url = line.up()
    (guest,) = people(line, 1)
    remote_id = str(guest["id"])
    async with desk(tmp_path) as house:
        await connected(house, base_url)
        await chosen(house, guest["fullname"])
        line.emulator.faults.set(Kind.REFUSE_VALUES, "zip", times=1)
        await edit(house, zip="00000", city="Nantes")
        await until(lambda: "1 needs you" in todo(house), f"a refusal: {todo(house)}", 40)
        detail = house.window.contacts.detail
        await until(lambda: "Needs you" in house.words(detail), f"the banner; on screen: {house.words(detail)}")
        house.table.setFocus()
        house.key("Ctrl+E")
        await until(lambda: house.there("editor.save"), "the editor")
        await until(lambda: house.find("editor.field.zip").text() == "00000", "the refused value")
        refusal = "can't be blank"
        shown = house.words("editor").replace("’", "'")
        assert "is not" in shown or refusal in shown or "invalid" in shown, f"the vendor's own words: {shown}"
        house.fill("editor.field.zip", "44000")
        house.key("Ctrl+Return")
        await until(lambda: "needs you" not in todo(house), "nothing left to decide", 40)
        await until(lambda: line.contact(remote_id)["zip"] == "44000", "the right zip at the vendor", 40)
        assert line.contact(remote_id)["city"] == "Nantes"
