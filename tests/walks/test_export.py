"""The list as a file: asked for in the window, read back, and equal to what was on screen."""

from __future__ import annotations

import csv
import errno
import os
import re
import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QDesktopServices
from python_calamine import CalamineWorkbook

from crmdesk.core.types import Flag
from crmdesk.sync import exporting
from crmdesk.ui import choosing
from crmdesk.ui.contacts import actions
from tests.helpers.house import House, until
from tests.walks.test_keyboard import practice


def to(monkeypatch: pytest.MonkeyPatch, place: Path) -> list[str]:
    """The dialog for files answers with this place; the names it proposed."""
    proposed: list[str] = []

    async def chosen(_parent: Any, name: str) -> str:
        proposed.append(name)
        return str(place)

    monkeypatch.setattr(choosing, "choose_place", chosen)
    return proposed


async def export(house: House, form: str, *more: str) -> None:
    house.window.commands.run("contact.export")
    await until(lambda: house.there("export.go"), "the dialog")
    for name in (form, *more):
        house.find(f"export.{name}").setChecked(True)
    house.click("export.go")
    await until(lambda: not house.window.scope.running("export"), "the end of the export")


async def rows_of(house: House) -> list[Any]:
    return await house.window.reader.rows([int(item) for item in house.model.ids])


def barred(rows: list[Any]) -> list[Any]:
    return [row for row in rows if row.flags & (Flag.RESTRICTED | Flag.FORGET)]


def read(path: Path) -> list[list[Any]]:
    if path.suffix == ".xlsx":
        return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


async def test_the_view_as_it_is_on_screen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    async with practice(tmp_path) as house:
        everybody = await rows_of(house)
        left_out = barred(everybody)
        assert left_out, "practice has guests who asked to be left alone"
        name_of = {row.id: row.name or row.company or row.email or f"#{row.remote_id}" for row in everybody}
        wanted = [name_of[row.id] for row in everybody if row not in left_out]

        proposed = to(monkeypatch, folder / "all.csv")
        await export(house, "csv")
        assert re.fullmatch(r"All contacts \d{4}-\d\d-\d\d\.csv", proposed[0])
        table = read(folder / "all.csv")
        assert table[0][:2] == ["Name", "State"]
        assert [line[0].removeprefix("'") for line in table[1:]] == [name.removeprefix("'") for name in wanted]
        notice = house.window.feedback.notices()[-1]
        assert f"{len(wanted):,} contacts written to all.csv." in notice
        assert f"{len(left_out)} were left out" in notice
        house.click("notice.action")
        assert opened == [str(folder)]

        await house.search("city:b*")
        await until(lambda: 0 < house.model.rowCount() < len(everybody), "hits")
        found = await rows_of(house)
        to(monkeypatch, folder / "some.xlsx")
        await export(house, "xlsx")
        expected = [name_of[row.id] for row in found if row not in left_out]
        assert [line[0] for line in read(folder / "some.xlsx")[1:]] == expected

        house.table.choose(0)
        house.table.selectAll()
        house.find("list.contacts").setFocus()
        to(monkeypatch, folder / "cards.vcf")
        await export(house, "vcard")
        cards = (folder / "cards.vcf").read_text("utf-8")
        assert cards.count("BEGIN:VCARD") == cards.count("END:VCARD") == len(expected)

        to(monkeypatch, folder / "whole.csv")
        await export(house, "csv", "whole")
        assert {"Vendor", "Account", "Vendor id", "As of"} < set(read(folder / "whole.csv")[0])
        assert sorted(one.name for one in folder.iterdir()) == ["all.csv", "cards.vcf", "some.xlsx", "whole.csv"]


async def test_only_what_is_selected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with practice(tmp_path) as house:
        rows = [row for row in (await rows_of(house))[:60] if not barred([row])]
        house.table.choose(house.model.position(rows[0].id))
        house.find("list.contacts").setFocus()
        house.key("Shift+Down")
        chosen = await house.window.reader.rows(list(house.table.selected_ids()))
        to(monkeypatch, tmp_path / "two.csv")
        await export(house, "csv", "selected")
        assert len(read(tmp_path / "two.csv")) == 1 + len(chosen) - len(barred(chosen))


@pytest.mark.slow
async def test_cancel_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, go_on = tmp_path / "out", threading.Event()
    folder.mkdir()
    pieces = exporting._pieces

    def slow(ids: Any, tally: Any, begin: Any) -> Any:
        for number, one in enumerate(pieces(ids, tally, begin)):
            if number == 10:
                assert go_on.wait(30)
            yield one

    monkeypatch.setattr(exporting, "_pieces", slow)
    async with practice(tmp_path) as house:
        to(monkeypatch, folder / "all.csv")
        house.window.commands.run("contact.export")
        await until(lambda: house.there("export.go"), "the dialog")
        house.click("export.go")
        await until(lambda: house.there("export.progress"), "how far it is")
        assert "of" in house.words("export.progress")
        assert "being written" in (house.window.commands.why_not("contact.export") or "")
        house.click("export.cancel")
        go_on.set()
        await until(lambda: not house.window.scope.running("export"), "the end")
        assert list(folder.iterdir()) == []
        assert "No file was written" in house.window.feedback.notices()[-1]
        assert not house.there("export.progress")


@pytest.mark.parametrize(("number", "told"), [(errno.ENOSPC, "disk is full"), (errno.EACCES, "may not write there")])
async def test_what_cannot_be_written_is_said_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, told: str
) -> None:
    async with practice(tmp_path) as house:
        folder = tmp_path / "out"
        folder.mkdir()
        (folder / "all.csv").write_text("older")
        to(monkeypatch, folder / "all.csv")

        def fails(_file: int) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", fails)
        house.window.commands.run("contact.export")
        await until(lambda: house.there("export.go"), "the dialog")
        house.find("export.csv").setChecked(True)
        house.click("export.go")
        await until(lambda: house.there("replace.go"), "the question about the older file")
        house.click("replace.go")
        await until(lambda: not house.window.scope.running("export"), "the end")
        assert told in house.banners()
        assert (folder / "all.csv").read_text() == "older"
        assert len(list(folder.iterdir())) == 1


@pytest.mark.slow
async def test_closing_the_window_ends_an_export_without_a_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    pieces, begun = exporting._pieces, threading.Event()

    def endless(ids: Any, tally: Any, begin: Any) -> Any:
        while not tally.stop:
            begun.set()
            yield from pieces(ids, tally, begin)
        raise exporting._StoppedError

    monkeypatch.setattr(exporting, "_pieces", endless)
    async with practice(tmp_path) as house:
        to(monkeypatch, folder / "all.csv")
        house.window.commands.run("contact.export")
        await until(lambda: house.there("export.go"), "the dialog")
        house.find("export.csv").setChecked(True)
        house.click("export.go")
        await until(begun.is_set, "the thread")
        assert await house.leave() == 0
    assert list(folder.iterdir()) == []


@pytest.mark.slow
async def test_the_lists_menus_offer_it(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        page = house.window.contacts
        for ids in (actions.CONTEXT, actions.MORE):
            menu = page._fresh_menu(ids, "list.menu")
            offered = [action for action in menu.actions() if action.objectName() == "command.contact.export"]
            assert [action.isEnabled() for action in offered] == [True]
            menu.close()
            menu.deleteLater()
        await house.search("nobodyiscalledthis", hits=0)
        assert house.window.commands.why_not("contact.export") == "There are no contacts in the list."
