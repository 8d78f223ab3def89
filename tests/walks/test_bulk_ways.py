"""Ways through bulk events that a person tries first, through the real window: back to the list, another account, a
file that is no table, and names."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QRadioButton

from crmdesk.core.errors import StorageError
from crmdesk.core.submission import RowStage
from crmdesk.ui import choosing
from crmdesk.ui.composer.document import Document
from crmdesk.ui.kit import Banner
from crmdesk.ui.places import EVENTS, HOME
from tests.helpers.house import until
from tests.walks.test_bulk_events import LONG, LOYALTY, address, desk, emulator, page_of, survey
from tests.walks.test_bulk_repairs import begin_import, draft, open_run, typed, typing

__all__ = ["address", "emulator"]


@LONG
@pytest.mark.parametrize("way", ["key", "sidebar"])
async def test_key_and_sidebar_go_back_from_what_is_open_to_the_list(tmp_path: Path, address: str, way: str) -> None:
    async with desk(tmp_path, address) as house:
        number = await draft(house, "Survey")
        composer = await open_run(house, number)
        await typed(house, "ACR0000000777")
        if way == "key":
            house.key("Ctrl+4")
        else:
            listed = house.window.navigation.list
            place = next(at for at, line in enumerate(house.window.navigation.lines()) if line.place == EVENTS)
            spot = listed.visualRect(listed.model().index(place, 0)).center()
            QTest.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        await until(lambda: page_of(house).composer is None, "the list")
        (row,) = await house.window.reader.submissions.rows(number)
        assert "ACR0000000777" in row.values.values() and composer.document.rows is composer.document._saved
        house.key("Ctrl+4")
        assert page_of(house).runs.isVisible()


@LONG
@pytest.mark.parametrize("way", ["key", "closing", "name"])
async def test_what_is_still_being_typed_is_kept_whichever_way_one_leaves(
    tmp_path: Path, address: str, way: str
) -> None:
    async with desk(tmp_path, address) as house:
        number = await draft(house, "Survey")
        composer = await open_run(house, number)
        await typing(house, "ACR0000000777")
        if way == "name":
            composer.title.setFocus()
            house.fill("composer.title", "May")
            composer.title.setModified(True)
        if way != "closing":
            house.key("Ctrl+4")
            await until(lambda: page_of(house).composer is None, "the list")
            await until(lambda: page_of(house).runs.isVisible(), "in sight")
    async with desk(tmp_path, address) as house:
        (row,) = await house.window.reader.submissions.rows(number)
        assert "ACR0000000777" in row.values.values()
        assert (await house.services.submissions.get(number)).title == ("May" if way == "name" else "Survey")


@LONG
async def test_a_button_that_is_pressed_twice_asks_once(tmp_path: Path, address: str) -> None:
    async with desk(tmp_path, address) as house:
        await open_run(house, await draft(house, "Survey"))
        house.click("composer.columns")
        house.click("composer.columns")
        await until(lambda: house.there("columns.cancel"), "the question")
        house.click("columns.cancel")
        await until(lambda: not house.there("columns.cancel"), "the answer")
        await asyncio.sleep(0.2)
        assert not house.there("columns.cancel")


@LONG
async def test_a_removed_account_is_not_offered_and_what_cannot_be_opened_leaves_nothing(
    tmp_path: Path, address: str
) -> None:
    async with desk(tmp_path, address) as house:
        number = await draft(house, "Survey")
        page = page_of(house)
        await until(lambda: page.runs.runs, "the list")
        house.window.go(HOME)
        house.services.submissions.kind, kind = _broken, house.services.submissions.kind
        page.open(number)
        await until(lambda: not house.window.scope.running("composer.open"), "why not")
        await asyncio.sleep(0.05)
        assert page.findChildren(Document) == [] and "The disk is full." in house.banners()
        house.services.submissions.kind = kind
        await house.services.remove_account(house.accounts()[LOYALTY], keep_contacts=True)
        page.new()
        await until(lambda: "No account takes bulk events." in house.words() or house.there("composer.new.go"), "why")
        assert not house.there("composer.new.go")


async def _broken(*_given: object, **_more: object) -> None:
    raise StorageError("The disk is full.", "Make room.")


@LONG
async def test_add_account_of_the_empty_page_asks_for_a_new_one(tmp_path: Path, address: str) -> None:
    async with desk(tmp_path, address) as house:
        page = page_of(house)
        house.window.pages.accounts().open_account(next(iter(house.accounts().values())))
        page.runs.show_runs([], can_send=False)
        await until(lambda: house.there("events.add_account"), "the empty page")
        house.click("events.add_account")
        await until(lambda: house.window.pages.currentWidget() is house.window.pages.accounts(), "Accounts")
        assert house.window.pages.accounts().form.account is None


async def _chosen(file: Path, *_: object) -> str:
    return str(file)


@LONG
@pytest.mark.parametrize("kind", ["picture", "table"])
async def test_an_import_that_is_given_up_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, kind: str
) -> None:
    file = tmp_path / ("pool.png" if kind == "picture" else "survey.csv")
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    if kind == "table":
        survey(file, 3)
    async with desk(tmp_path / "home", address) as house:
        if kind == "table":
            await begin_import(house, file, monkeypatch)
        else:
            monkeypatch.setattr(choosing, "choose_file", partial(_chosen, file))
            house.click("events.new")
            await until(lambda: house.there("composer.new.go") and house.find("composer.new.go").isEnabled(), "New")
            house.click("composer.new.go")
            await until(lambda: house.there("import.problem"), "why not")
            told = house.find("import.problem", Banner).text()
            assert "pool.png" in told and "is not a table" in told
            assert not house.find("import.go").isEnabled()
        house.click("import.cancel")
        await until(lambda: page_of(house).composer is None, "the list")
        async with asyncio.timeout(10):
            while await house.window.reader.submissions.all():  # it goes while the dialog closes
                await asyncio.sleep(0.02)
        await until(lambda: not page_of(house).runs.runs, "nothing in it")


@LONG
async def test_a_name_that_is_taken_gets_a_number(tmp_path: Path, address: str) -> None:
    async with desk(tmp_path, address) as house:

        async def proposed() -> str:
            await until(lambda: house.there("events.new") and house.find("events.new").isEnabled(), "the list")
            house.click("events.new")
            await until(lambda: house.there("composer.new.go") and house.find("composer.new.go").isEnabled(), "New")
            name = str(house.find("composer.new.name", QLineEdit).text())
            house.find("composer.new.empty", QRadioButton).setChecked(True)
            house.click("composer.new.go")
            await until(lambda: page_of(house).composer is not None, "it")
            house.click("composer.back")
            await until(lambda: page_of(house).composer is None, "the list")
            return name

        first, second, third = await proposed(), await proposed(), await proposed()
        assert (second, third) == (f"{first} (2)", f"{first} (3)")


@LONG
async def test_where_nothing_was_copied_no_draft_is_made(tmp_path: Path, address: str) -> None:
    async with desk(tmp_path, address) as house:
        QGuiApplication.clipboard().setText(" \n")
        house.key("Ctrl+4")
        house.click("events.new")
        await until(lambda: house.there("composer.new.go") and house.find("composer.new.go").isEnabled(), "New")
        house.fill("composer.new.name", "Pool party")
        house.find("composer.new.paste", QRadioButton).setChecked(True)
        house.click("composer.new.go")
        await until(lambda: house.there("composer.new.problem"), "why not")
        assert "no text in the clipboard" in house.find("composer.new.problem", Banner).text()
        assert await house.window.reader.submissions.all() == []
        name = house.find("composer.new.name", QLineEdit)
        await until(lambda: name.height() >= name.sizeHint().height(), "the fields as high as before")
        house.find("composer.new.empty", QRadioButton).setChecked(True)
        assert not house.there("composer.new.problem"), "another way needs no clipboard"
        house.find("composer.new.paste", QRadioButton).setChecked(True)
        QGuiApplication.clipboard().setText("Account\tWebsite\nACR1\twww.a.com")
        house.click("composer.new.go")
        await until(lambda: house.there("import.go"), "what was copied")
        (made,) = await house.window.reader.submissions.all()
        assert made.title == "Pool party"
        house.click("import.cancel")
        await until(lambda: page_of(house).composer is None, "the list")


@LONG
async def test_copies_of_one_submission_have_names_of_their_own(tmp_path: Path, address: str) -> None:
    async with desk(tmp_path, address) as house:
        number = await draft(house, "Survey")
        for title in ("Survey (again)", "Survey (again) (2)", "Survey (again) (3)"):
            page_of(house)._did("copy", number)  # of the second one on a copy of a copy
            await until(lambda title=title: _open_title(house) == title, title)
            number = page_of(house).composer.document.submission.id
            house.click("composer.back")
            await until(lambda: page_of(house).composer is None, "the list")


def _open_title(house: Any) -> str:
    composer = page_of(house).composer
    return composer.document.submission.title if composer is not None else ""


@LONG
async def test_check_again_is_there_only_while_something_can_be_checked(tmp_path: Path, address: str) -> None:
    async with desk(tmp_path, address) as house:
        number = await draft(house, "Survey")
        composer = await open_run(house, number)
        assert composer.again.isVisible()
        row = composer.document.rows[0]
        services = house.services.submissions
        await services.leave_out([row.id], "By hand")
        await composer.document.reload()
        assert composer.document.rows[0].stage is RowStage.LEFT_OUT
        assert not composer.again.isVisible() and composer.acts.why_not("check")
