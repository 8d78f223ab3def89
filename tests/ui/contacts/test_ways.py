"""Mail and call from a contact: asked once, warned about, and never more than an address or a number (UX-DET-10)."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QDialog, QLabel

from crmdesk.core.fields import FieldKind
from crmdesk.ui.contacts.detail_fields import Entry
from crmdesk.ui.contacts.detail_rows import way_of
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.contacts.ways import url_of
from crmdesk.ui.kit import Banner
from crmdesk.vendors.crmcom_selfservice.fields import FIELDS as PROFILE
from tests.ui import fakes
from tests.ui.contacts.conftest import BODY, settle


def entry(kind: FieldKind, text: str) -> Entry:
    return Entry("x", "X", text, text, kind)


@pytest.mark.parametrize(
    ("kind", "text", "address"),
    [
        (FieldKind.EMAIL, " ana@example.com ", "mailto:ana@example.com"),
        (FieldKind.EMAIL, "ana?bcc=eve@example.com", "mailto:ana%3Fbcc=eve@example.com"),
        (FieldKind.EMAIL, "ana@example.com,eve@example.com", None),
        (FieldKind.EMAIL, "ana@example.com?subject=x", None),
        (FieldKind.EMAIL, "not an address", None),
        (FieldKind.EMAIL, "a@b@example.com", None),
        (FieldKind.PHONES, "+33 (0)6 12 31-23.12", "tel:+33612312312"),
        (FieldKind.PHONES, "0049 30 1234567", "tel:+49301234567"),
        (FieldKind.PHONES, "030/1234567", "tel:0301234567"),
        (FieldKind.PHONES, "*21*0900123456#", None),
        (FieldKind.PHONES, "ask the reception", None),
        (FieldKind.TEXT, "ana@example.com", None),
    ],
)
def test_only_a_plain_address_or_number_leads_out(kind: FieldKind, text: str, address: str | None) -> None:
    one = entry(kind, text)
    assert (way_of(one) is not None) is (address is not None)
    if address is not None:
        assert url_of(one).toString(url_of(one).ComponentFormattingOption.FullyEncoded) == address


def test_a_masked_value_leads_nowhere() -> None:
    assert way_of(replace(entry(FieldKind.PHONES, "0301234567"), veil="••••")) is None


@pytest.fixture
def gone(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []

    def go(url: Any) -> bool:
        found.append(url.toString())
        return True

    monkeypatch.setattr("crmdesk.ui.contacts.ways.QDesktopServices.openUrl", go)
    return found


async def opened(page: ContactsPage, row: int = 0) -> None:
    page.table.choose(row)
    await settle(lambda: page.detail.detail is not None and page.detail.detail.row.id == row + 1)
    await settle()


def press(page: ContactsPage, name: str) -> None:
    page.detail.findChild(QAbstractButton, name).click()


async def question(page: ContactsPage) -> QDialog:
    await settle(lambda: page.detail.findChild(QDialog, "detail.openlink") is not None)
    return page.detail.findChild(QDialog, "detail.openlink")


def no_longer_restricted(page: ContactsPage) -> None:
    body: dict[str, Any] = {**BODY, "processing_restricted_at": None}
    page.reader.body = json.dumps(body)


async def test_a_mail_program_is_asked_about_once(page: ContactsPage, gone: list[str]) -> None:
    no_longer_restricted(page)
    await opened(page)
    press(page, "detail.open.email")
    dialog = await question(page)
    assert any("cornelia@nienow.co.uk" in label.text() for label in dialog.findChildren(QLabel))
    assert gone == []
    dialog.done(1)
    await settle(lambda: gone == ["mailto:cornelia@nienow.co.uk"])
    await settle(lambda: page.detail.findChild(QDialog, "detail.openlink") is None)
    press(page, "detail.open.email")
    await settle(lambda: len(gone) == 2)
    press(page, "detail.open.phones.0")
    (await question(page)).reject()
    await settle(lambda: page.detail.findChild(QDialog, "detail.openlink") is None)
    assert len(gone) == 2, "another program, another question; a no is a no"


async def test_who_wants_to_be_left_alone_is_asked_about_each_time(
    page: ContactsPage, services: fakes.FakeServices, gone: list[str]
) -> None:
    vendor = next(iter(services.vendors.values()))
    opt_outs = tuple(spec for spec in PROFILE if spec.refuses)
    page.detail._fields = {vendor.key: (vendor.title, (*vendor.fields, *opt_outs))}
    page.reader.body = json.dumps({**BODY, "processing_restricted_at": None, "email_opt_out": "true"})
    await opened(page)
    banner = page.detail.findChild(Banner, "detail.banner.opted_out")
    assert "No e-mail wanted" in banner.accessibleName() and "text messages" not in banner.accessibleName()
    for time in (1, 2):
        press(page, "detail.open.email")
        dialog = await question(page)
        assert any(label.text() == "No e-mail wanted." for label in dialog.findChildren(QLabel))
        dialog.done(1)
        await settle(lambda: len(gone) == time)  # noqa: B023
        await settle(lambda: page.detail.findChild(QDialog, "detail.openlink") is None)


async def test_without_a_program_the_address_is_copied_and_said(
    page: ContactsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmdesk.ui.contacts.ways.QDesktopServices.openUrl", lambda _url: False)
    no_longer_restricted(page)
    await opened(page)
    press(page, "detail.open.email")
    (await question(page)).done(1)
    await settle(lambda: QGuiApplication.clipboard().text() == "cornelia@nienow.co.uk")
    assert "copied instead" in page.detail.overview.problem.accessibleName()
