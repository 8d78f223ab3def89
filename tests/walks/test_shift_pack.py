"""Ctrl+P at the end of a shift: what is on screen, on paper, without a line."""

from __future__ import annotations

import asyncio
import errno
import os
import re
from pathlib import Path

import pytest
from PySide6.QtWidgets import QDialog
from shiboken6 import isValid

from crmdesk.core.outbox import FieldChange
from crmdesk.core.types import Flag
from crmdesk.ui.papers import gather, output
from tests.helpers.house import House, until
from tests.walks.test_export import rows_of, to
from tests.walks.test_keyboard import practice


async def opened(house: House) -> object:
    house.key("Ctrl+P")
    await until(lambda: house.there("pack.pdf") and house.find("pack.pdf").isEnabled(), "the pages")
    return house.find("pack")


def leaves(content: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", content))


async def test_the_pack_holds_the_view_and_becomes_a_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with practice(tmp_path) as house:
        house.window.outgoing.be("Ana at the desk")
        row = next(row for row in await rows_of(house) if row.name and not row.flags & (Flag.RESTRICTED | Flag.FORGET)
                   and house.services.edits.why_not(row, "edit") is None)  # fmt: skip
        house.services.set_working_offline(True)
        await house.services.edits.save(row.id, [FieldChange("city", row.city, "Paperville")])
        await house.search("city:b*")
        await until(lambda: 0 < house.model.rowCount() < 300, "hits")
        rows = await rows_of(house)
        kept = [row for row in rows if not row.flags & (Flag.RESTRICTED | Flag.FORGET)]
        dialog = await opened(house)
        words = dialog.pages.words()
        assert "Ana at the desk" in words
        assert "Search: city:b*" in words
        assert f"Guests: All contacts ({len(kept)})" in words
        for one in kept[:40]:
            assert (one.name or one.company or one.email)[:20] in words
        assert "Changes that wait to be sent (1)" in words
        assert row.name in words
        assert "Events that failed" in words
        assert "Messages and approvals" in words
        to(monkeypatch, tmp_path / "pack.pdf")
        pages = len(dialog.pages)
        house.click("pack.pdf")
        await until(lambda: not house.window.scope.running("pack"), "the end")
        content = (tmp_path / "pack.pdf").read_bytes()
        assert content.startswith(b"%PDF-")
        assert leaves(content) == pages
        assert "Shift pack saved as pack.pdf." in house.window.feedback.notices()[-1]


async def test_the_choice_of_a_printer_comes_and_can_be_left(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        await opened(house)
        house.click("pack.paper")
        await until(lambda: house.there("pack.printer"), "the choice of a printer")
        house.find("pack.printer").reject()
        await until(lambda: not house.window.scope.running("pack.out"), "its end")
        assert not house.find("pack").trouble.isVisible() and house.find("pack.paper").isEnabled()


async def test_closed_while_it_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bool] = []

    async def printed(*_what: object) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(house.there("pack"))

    async with practice(tmp_path) as house:
        await opened(house)
        monkeypatch.setattr(output, "printed", printed)
        house.click("pack.paper")
        await until(lambda: house.there("pack.printer"), "the choice of a printer")
        QDialog.accept(house.find("pack.printer"))
        await until(lambda: not house.there("pack.printer"), "the printing")
        dialog = house.find("pack")
        dialog.reject()
        await until(lambda: not house.window.scope.running("pack"), "the end")
        await until(lambda: not isValid(dialog), "the dialog taken apart")
        assert len(ended) == 1
        assert house.banners() == ""


@pytest.mark.slow
async def test_the_privacy_setting_decides_and_is_printed(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        rows = await rows_of(house)
        row = next(row for row in rows if row.email.count("@") == 1 and len(row.phone) > 8
                   and not row.flags & (Flag.RESTRICTED | Flag.FORGET))  # fmt: skip
        await house.search(f'"{row.email}"')
        await until(lambda: 0 < house.model.rowCount() < 5, "the guest")
        dialog = await opened(house)
        assert "partly hidden" in dialog.pages.footer
        assert row.email not in dialog.pages.words()
        assert row.phone not in dialog.pages.words()
        assert not [one.email for one in rows if "@" in one.email and one.email in dialog.pages.words()]
        house.find("pack.hide").click()
        await until(lambda: dialog.pages is not None and "in full" in dialog.pages.footer, "the other pages")
        assert row.email in dialog.pages.words()
        assert row.phone in dialog.pages.words()
        assert house.window.settings.mask_printouts is False
        house.click("pack.close")
        await until(lambda: not house.window.scope.running("pack"), "the end")


async def test_who_asked_to_be_left_alone_is_not_printed(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        await house.search("is:restricted")
        await until(lambda: 0 < house.model.rowCount() < 60, "hits")
        rows = await rows_of(house)
        dialog = await opened(house)
        words = dialog.pages.words()
        assert f"{len(rows)} contacts were left out" in words
        assert not [row.name for row in rows if row.name and row.name in words]
        house.click("pack.close")
        await until(lambda: not house.window.scope.running("pack"), "the end")


@pytest.mark.slow
async def test_a_full_disk_is_said_in_the_dialog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    async with practice(tmp_path) as house:
        dialog = await opened(house)
        to(monkeypatch, folder / "pack.pdf")

        def full(_file: int) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", full)
            house.click("pack.pdf")
            await until(lambda: house.there("pack.trouble"), "what went wrong")
        assert "disk is full" in dialog.trouble.text()
        assert list(folder.iterdir()) == []
        house.click("pack.pdf")
        await until(lambda: not house.window.scope.running("pack"), "the second try")
        assert [one.name for one in folder.iterdir()] == ["pack.pdf"]


async def test_a_long_list_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gather, "MOST_GUESTS", 10)
    async with practice(tmp_path) as house:
        dialog = await opened(house)
        words = dialog.pages.words()
        assert f"Only the first 10 of {house.model.rowCount()} contacts are printed." in words
        pages = len(dialog.pages)
        house.click("pack.next")
        assert house.find("pack.where").text() == f"Page 2 of {pages}"
        assert house.find("pack.back").isEnabled()
        house.key("Esc")
        await until(lambda: not house.window.scope.running("pack"), "the end")
        assert not house.there("pack")


@pytest.mark.slow
async def test_closed_while_it_is_made(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        house.key("Ctrl+P")
        await until(lambda: house.there("pack"), "the dialog")
        house.key("Esc")
        await until(lambda: not house.window.scope.running("pack"), "the end")
        assert not house.window.scope.running("pack.make")
        assert house.banners() == ""
