"""A guest who wants to be left alone: nothing is changed or sent, an extract is handed over, then nothing is left."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication

from crmdesk.core.privacy import OF_ERASED
from crmdesk.core.submission import CONTACT_COLUMN
from crmdesk.core.types import Flag
from crmdesk.store.database import driver_of
from tests.helpers.house import House, until
from tests.walks.test_export import to
from tests.walks.test_keyboard import practice

MOST_SECONDS = 30


async def restricted(house: House) -> Any:
    """A guest of a vendor that can be asked, whom a search finds alone; selected in the list, open beside it."""
    await house.search("is:restricted vendor:bookingsync")
    await until(lambda: 0 < house.model.rowCount() < 50 and "…" not in house.names(50), "restricted guests")
    row = next(row for row in map(house.model.row_at, range(house.model.rowCount())) if row.name and row.email)
    assert row.flags & Flag.RESTRICTED
    house.table.choose(house.model.position(row.id))
    await until(lambda: house.window.contacts.detail.detail is not None, "the contact")
    await until(lambda: house.window.contacts.detail.detail.row.id == row.id, "this contact")
    house.window.outgoing.be("Ana at the desk")
    return row


def why(house: House, command: str) -> str:
    return house.window.commands.why_not(command) or ""


async def sent_before(house: House, contact_id: int, name: str) -> None:
    """Bulk events that were sent about the guest before they asked: they stand in the ledger."""
    cells, account = json.dumps([str(contact_id), name, "", ""]), next(iter(house.accounts().values()))
    columns = json.dumps([CONTACT_COLUMN, "Name", "E-mail", "Phone"])
    rows = (
        ("INSERT INTO submission(id, account_id, kind, title, stage, columns) VALUES (900,?,'k','May','ended',?)",
         (account, columns)),
        ("INSERT INTO submission_row(id, submission_id, position, stage, uid, who, fingerprint, content, cells)"
         " VALUES (900,900,0,'sent','u900','number=77',x'','{}',?)", (cells,)),
        ("INSERT INTO ledger(submission_id, row_id, call_id, account_id, kind, uid, at, stage, who, number,"
         " fingerprint) VALUES (900,900,0,?,'k','u900','2026-11-20T10:00:00Z','sent',?,'45',x'')",
         (account, f"name={name.casefold()}")),
    )  # fmt: skip

    def write(connection: Any, touched: Any) -> None:
        for asked, bound in rows:
            driver_of(connection).execute(asked, bound)
        touched.submissions.add(900)

    await house.database.write(write)


async def test_a_restricted_guest_is_left_alone_handed_over_and_erased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    async with practice(tmp_path) as house:
        row = await restricted(house)
        await sent_before(house, row.id, row.name)
        title = house.window.contacts.desk.account_title(row.account_id)

        # no edit, no copy as new, no bulk, no export
        assert "restricted" in why(house, "contact.edit").lower()
        assert "restricted" in why(house, "contact.duplicate").lower()
        assert "left alone" in why(house, "events.of_contacts")
        assert not house.window.commands.run("contact.edit")
        await house.search(f'is:restricted "{row.email}"', hits=1)
        assert "left alone" in why(house, "contact.export")
        house.table.choose(0)
        await until(lambda: house.window.contacts.detail.contact_id == row.id, "the contact")

        # the extract works
        assert why(house, "guest.extract") == "" == why(house, "guest.erase")
        proposed = to(monkeypatch, folder / "extract.html")
        await until(lambda: house.there("detail.banner.restrict.act"), "the banner")
        house.click("detail.banner.restrict.act")  # what the banner above the contact offers (UX-DET-09)
        await until(lambda: house.there("extract.go"), "the question")
        assert "not encrypted" in house.words("extract")
        house.click("extract.go")
        await until(lambda: not house.window.scope.running("guest.extract"), "the extract")
        assert row.name.split()[-1] not in proposed[0]
        found = json.loads((folder / "extract.json").read_text("utf-8"))
        (record,) = found["records"]
        assert (found["made_by"], record["account"], record["read_for_this_extract"]) == (
            "Ana at the desk",
            title,
            True,
        )
        assert row.email in json.dumps(record["answer"]) and record["marks"] == ["processing restricted"]
        assert [one["number"] for one in record["sent"]] == ["45"]
        page = (folder / "extract.html").read_text("utf-8")
        assert row.email in page and "<script" not in page and "http" not in page.replace("http-equiv", "")
        assert (folder / "extract.json").stat().st_mode & 0o077 == 0
        assert "extract.html" in house.window.feedback.notices()[-1]

        # erasing asks first, then leaves nothing but a token
        house.window.commands.run("guest.erase")
        await until(lambda: house.there("erase.go"), "the question")
        asked = house.words("erase")
        assert row.name in asked and "cannot be undone" in asked and "1 row of bulk events" in asked
        assert "crmdesk can delete it there" in asked and row.remote_id in asked
        assert house.find("erase").focusWidget().objectName() == "erase.cancel"
        house.click("erase.cancel")
        await until(lambda: not house.window.scope.running("guest.erase"), "the end")
        assert house.model.rowCount() == 1
        house.window.commands.run("guest.erase")
        await until(lambda: house.there("erase.go"), "the question")
        house.click("erase.go")
        await until(lambda: house.there("erased.cancel"), "what is left to do")
        assert not house.window.feedback.told, "a notice may name the guest"
        house.click("erased.copy")
        assert row.remote_id in QGuiApplication.clipboard().text()
        house.click("erased.cancel")
        await until(lambda: house.model.rowCount() == 0, "an empty list")
        (line,) = await house.window.reader.submissions.search(OF_ERASED)
        assert (line.number, line.text) == ("45", "") and row.name.casefold() not in line.who

        # the next check does not bring the guest back
        last = await house.check_now(title)
        assert "failed" not in last.phase.value
        assert row.remote_id not in house.cached(title)
        await asyncio.sleep(0)
        assert house.model.rowCount() == 0

        # it stands in the record, and a person may let the guest back
        house.window.commands.run("privacy.record")
        await until(lambda: house.there("record.list"), "the record")
        dialog = house.find("record")
        told = [" · ".join(texts) for texts in dialog._done.rows]
        assert ["Erased here" in told[0], "Extract made" in told[1]] == [True, True]
        assert not any(word in " ".join(told) for word in (row.name, row.email, row.remote_id + " "))
        assert not house.there("record.broken")
        dialog.tabs.setCurrentIndex(1)
        house.click("record.back")
        await until(lambda: not house.window.scope.running("record.back"), "the end")
        assert not house.find("record.back").isEnabled()
        house.click("record.close")
        await house.check_now(title)
        await until(lambda: house.model.rowCount() == 1, "the guest again")


@pytest.mark.slow
async def test_a_deleted_guest_is_erased_from_the_trash(tmp_path: Path) -> None:
    async with practice(tmp_path) as house:
        row = await restricted(house)
        house.services.set_working_offline(True)
        await house.services.edits.delete([row.id])
        house.window.commands.run("go.trash")
        await until(lambda: house.there("trash.erase") and house.find("trash.erase").isEnabled(), "the trash")
        house.click("trash.erase")
        await until(lambda: house.there("erase.go"), "the question")
        assert "deletion was not sent yet" in house.words("erase") and row.name in house.words("erase")
        house.click("erase.go")
        await until(lambda: house.there("erased.cancel"), "what is left to do")
        assert "delete it there" in house.words("erased")
        house.click("erased.cancel")
        await until(lambda: not house.there("trash.erase"), "an empty trash")
        assert await house.window.reader.trash() == []


@pytest.mark.slow
async def test_an_extract_can_be_stopped_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with practice(tmp_path) as house:
        await restricted(house)
        (tmp_path / "out").mkdir()
        to(monkeypatch, tmp_path / "out" / "extract.html")

        async def slow(_contact_id: int) -> None:
            await asyncio.sleep(MOST_SECONDS)

        monkeypatch.setattr(house.services, "refresh_contact", slow)
        house.window.commands.run("guest.extract")
        await until(lambda: house.there("extract.go"), "the question")
        house.click("extract.go")
        await until(lambda: house.there("extract.progress"), "how far it is")
        assert "another guest" in why(house, "guest.extract")
        house.find("extract.progress").reject()
        await until(lambda: not house.window.scope.running("guest.extract"), "the end")
        assert "No file was written" in house.window.feedback.notices()[-1]
        assert list((tmp_path / "out").iterdir()) == []
