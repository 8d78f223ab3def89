"""Addresses, consent, files, Wi-Fi, password: what a guest may do besides."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit
from shiboken6 import isValid

from crmdesk.core.errors import InDoubtError, Problem, RejectedError
from crmdesk.core.guest import StoredFile
from crmdesk.ui.contacts.page import ContactsPage
from crmdesk.ui.guest.addresses import SPECS, Addresses, address_of, values_of
from crmdesk.ui.guest.disk import FileError, read_file
from crmdesk.ui.guest.files import Files
from crmdesk.ui.guest.password import Password
from crmdesk.ui.guest.privacy import Privacy
from crmdesk.ui.guest.saving import file_name
from crmdesk.ui.guest.self_service import SelfService
from crmdesk.ui.guest.wifi import Wifi
from crmdesk.ui.guest.work import Part
from tests.ui.contacts.conftest import settle
from tests.ui.guest.conftest import deck, dialog, find, show_tab
from tests.ui.guest.fake_guests import HOME, FakeGuests


async def opened(page: ContactsPage, guests: FakeGuests, part: str = "addresses") -> SelfService:
    guests.enter(1)
    await show_tab(page, "More")
    service = deck(page).service
    service.open(part)
    await settle(lambda: addresses(service)._read)
    return service


P = TypeVar("P", bound=Part)


def part_of(service: SelfService, kind: type[P]) -> P:
    """The section of this kind."""
    found = service.part(kind.__name__.lower())
    assert isinstance(found, kind)
    return found


def addresses(service: SelfService) -> Addresses:
    return part_of(service, Addresses)


# -- addresses


def test_an_address_goes_through_the_form_unchanged() -> None:
    from dataclasses import fields, replace

    whole = replace(HOME, lat=Decimal("34.6786"), lon=Decimal("-33.0413"), google_place_id="g1", care_of="Ben")
    assert address_of(values_of(whole), whole) == (whole, {})
    assert {spec.path for spec in SPECS} == {field.name for field in fields(HOME)} - {"id"}  # all that is documented


def test_a_box_that_nobody_ticked_stays_unknown() -> None:
    made, _ = address_of({"type": "HOME", "is_primary": "false", "is_billing_address": "true"}, HOME)
    assert made.is_primary is False
    assert made.is_billing_address is True
    from crmdesk.core.guest import Address

    assert address_of({"type": "HOME", "is_primary": "false"}, Address())[0].is_primary is None


@pytest.mark.parametrize("text", ["91", "-90.5", "north", "1e400", "NaN"])
def test_places_that_are_nowhere_are_refused(text: str) -> None:
    assert "lat" in address_of({"lat": text}, HOME)[1]


async def test_addresses_are_shown_as_on_an_envelope(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests)
    shown = find(service, "guest.addresses.0").accessibleName()
    assert shown == "Home: Makariou 7, 3025 Limassol, Cyprus"


async def test_an_address_is_added_and_changed(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests)
    part = addresses(service)
    part.add.click()
    part.save.click()
    assert part.form.fields["address_line_1"].error.word() == "Please fill in."
    assert "add_address" not in guests.verbs()
    QTest.keyClicks(find(part, "guest.addresses.field.address_line_1", QLineEdit), "Harbour 1")
    part.save.click()
    assert part.form.fields["name"].error.word() == "There is an address of this type already. Give this one a name."
    assert "add_address" not in guests.verbs()
    QTest.keyClicks(find(part, "guest.addresses.field.name", QLineEdit), "Summer house")
    part.save.click()
    await settle(lambda: len(guests.stored) == 2 and part._form_host.isHidden())
    assert (guests.stored[1].address_line_1, guests.stored[1].name) == ("Harbour 1", "Summer house")
    assert part.result.text().startswith("Saved")
    find(part, "guest.addresses.0.change", QAbstractButton).click()
    find(part, "guest.addresses.field.type", QComboBox).setCurrentIndex(1)
    part.save.click()
    await settle(lambda: guests.stored[0].type == "BUSINESS")
    assert guests.stored[0].town_city == "Limassol"  # the rest as it was


async def test_a_removed_address_can_be_added_again(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests)
    find(service, "guest.addresses.0.remove", QAbstractButton).click()
    await settle(lambda: guests.stored == [] and not addresses(service).strip.isHidden())
    addresses(service).undo.click()
    await settle(lambda: len(guests.stored) == 1)
    assert guests.stored[0].address_line_1 == HOME.address_line_1


async def test_refused_values_are_told_at_their_field(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests)
    part = addresses(service)
    part.edit(HOME)
    guests.faults.append(RejectedError("Refused.", problems=(Problem("postal_code", "bad", "No such postal code."),)))
    part.save.click()
    await settle(lambda: part.form.fields["postal_code"].error.word() == "No such postal code.")
    assert not part._form_host.isHidden()  # what was typed stays


async def test_a_lost_answer_says_so_and_keeps_the_form(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests)
    part = addresses(service)
    part.edit(HOME)
    guests.faults.append(InDoubtError("The line broke.", "It may have been saved."))
    part.save.click()
    await settle(lambda: not part.trouble.isHidden())
    assert not part._form_host.isHidden()
    assert part.retry.isHidden()  # never repeated by itself


async def test_what_the_version_lacks_is_disabled_with_the_reason(page: ContactsPage, guests: FakeGuests) -> None:
    guests.lacks |= {"add_address": "No adding.", "set_consent": "No consents.", "leave": "No leaving."}
    guests.lacks |= {"change_password": "By link only.", "file": "No content.", "authorise_wifi": "No Wi-Fi."}
    service = await opened(page, guests)
    for made, words in (
        (addresses(service).add, "No adding."),
        (part_of(service, Privacy).save, "No consents."),
        (part_of(service, Privacy).leaving, "No leaving."),
        (part_of(service, Password).save, "By link only."),
        (part_of(service, Files).pdf, "No content."),
        (part_of(service, Wifi).send, "No Wi-Fi."),
    ):
        assert not made.isEnabled()
        assert words in made.toolTip()
        assert made.accessibleDescription() == words
    assert part_of(service, Password).why.text() == "By link only."


# -- consent and privacy


async def test_consent_has_three_states_with_their_meaning(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests, "privacy")
    part = part_of(service, Privacy)
    assert list(part.states) == ["ACCEPTED", "REJECTED", "PENDING"]
    assert part.states["ACCEPTED"].isChecked()
    assert all(made.accessibleDescription() for made in part.states.values())
    assert part.opt_outs.text() == "E-mail: not wanted\nText messages: allowed"
    part.states["REJECTED"].click()
    part.save.click()
    await settle(lambda: ("set_consent", "REJECTED") in guests.calls)
    await settle(lambda: ("refresh_contact", (1,)) in page.services.calls)
    assert part.result.text() == "Consent saved: Rejected"


@pytest.mark.parametrize(("lacks", "shown"), [({}, ["PENDING"]), ({"set_consent": "No consents."}, [])])
async def test_where_there_are_no_consents_none_is_shown_as_not_answered(
    lacks: dict[str, str], shown: list[str], page: ContactsPage, guests: FakeGuests
) -> None:
    """Version 2 of an API may have no word for it: that is no answer that is missing."""
    guests.lacks |= lacks
    part = part_of(await opened(page, guests, "privacy"), Privacy)
    part.show_contact({"id": "R1", "email_opt_out": True})
    assert [code for code, made in part.states.items() if made.isChecked()] == shown
    assert not part.dirty and not part.save.isEnabled()


async def test_opt_outs_are_changed_in_the_ordinary_editor(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests, "privacy")
    asked: list[str] = []
    page.detail.acted.connect(lambda what, _op: asked.append(what))
    page.detail.acted.disconnect(page.verbs.act)
    part_of(service, Privacy).edit.click()
    assert asked == ["edit"]


async def test_leaving_wants_a_typed_word(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests, "privacy")
    part_of(service, Privacy).leaving.click()
    asked = await dialog(page, "guest.leave")
    line, yes = find(asked, "guest.leave.word", QLineEdit), find(asked, "guest.leave.yes", QAbstractButton)
    assert not yes.isEnabled()
    line.setText("LEAV")
    asked.accept()
    assert asked.isVisible()
    line.setText("leave")
    assert yes.isEnabled()
    yes.click()
    await settle(lambda: "leave" in guests.verbs())


# -- files


async def test_a_file_is_uploaded_saved_and_deleted(page: ContactsPage, guests: FakeGuests, tmp_path: Path) -> None:
    service = await opened(page, guests, "files")
    part, source, target = part_of(service, Files), tmp_path / "passport.txt", tmp_path / "copy.txt"
    source.write_bytes(b"scan")

    async def choose(_parent: Any) -> str:
        return str(source)

    async def place(_parent: Any, name: str) -> str:
        assert name == "passport.txt"
        return str(target)

    part.choose, part.place = choose, place
    assert "has no list of a guest’s files" in part.note.text()
    part.add.click()
    await settle(lambda: len(part.files) == 1)
    assert ("upload", "passport.txt", 4, "text/plain") in guests.calls
    find(part, "guest.files.0.save", QAbstractButton).click()
    await settle(lambda: target.exists() and target.read_bytes() == b"scan")
    await settle(lambda: part.result.text() == "Saved: \u2068copy.txt\u2069")
    find(part, "guest.files.0.delete", QAbstractButton).click()
    asked = await dialog(page, "guest.files.deleting")
    find(asked, "guest.files.deleting.yes", QAbstractButton).click()
    await settle(lambda: part.files == [] and guests.files == {})


async def test_a_running_upload_can_be_stopped(page: ContactsPage, guests: FakeGuests, tmp_path: Path) -> None:
    service = await opened(page, guests, "files")
    part, source, never = part_of(service, Files), tmp_path / "big.txt", asyncio.Event()
    source.write_bytes(b"x" * 3000)

    async def choose(_parent: Any) -> str:
        return str(source)

    part.choose, guests.hold = choose, never.wait
    part._late.setInterval(0)
    part.add.click()
    await settle(lambda: not part.busy.isHidden() and part.busy.label.whole() == "Uploading big.txt, 2 KB…")
    part.busy.cancel.click()
    await settle(lambda: not part.result.isHidden())
    assert part.result.text() == "Stopped. What had left by then may have arrived all the same."
    assert part.busy.isHidden()


async def test_nothing_is_replaced_unasked(page: ContactsPage, guests: FakeGuests, tmp_path: Path) -> None:
    service = await opened(page, guests, "files")
    part, target = part_of(service, Files), tmp_path / "invoice.pdf"
    target.write_bytes(b"mine")

    async def place(_parent: Any, _name: str) -> str:
        return str(target)

    part.place = place
    find(part, "guest.files.print.entity_id", QLineEdit).setText("4711")
    part.pdf.click()
    asked = await dialog(page, "replace")
    find(asked, "replace.cancel", QAbstractButton).click()
    await settle()
    assert target.read_bytes() == b"mine"
    find(part, "guest.files.print.entity_id", QLineEdit).setText("4711")
    part.pdf.click()
    asked = await dialog(page, "replace")
    find(asked, "replace.go", QAbstractButton).click()
    await settle(lambda: target.read_bytes() == b"%PDF-1.4 made up")
    assert ("printout", "INVOICE", "4711", "PDF") in guests.calls


async def test_a_printout_goes_out_by_mail(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests, "files")
    find(part_of(service, Files), "guest.files.print.entity_id", QLineEdit).setText("4711")
    part_of(service, Files).mail.click()
    await settle(lambda: not part_of(service, Files).result.isHidden())
    assert part_of(service, Files).result.text() == "\u2068Invoice 4711\u2069 goes out by e-mail."


async def test_a_file_without_content_is_said(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests, "files")
    part = part_of(service, Files)
    guests.files["PDF"] = StoredFile("PDF", "application/pdf", None)
    part.run(lambda: part._fetch("PDF", "x.pdf"), "Save file")
    await settle(lambda: not part.trouble.isHidden())
    assert part.trouble.text().startswith("Guest House told only what kind of file it is.")


def test_reading_has_a_limit(tmp_path: Path) -> None:
    source = tmp_path / "a.pdf"
    source.write_bytes(b"12345")
    assert read_file(str(source), 5) == ("a.pdf", b"12345", "application/pdf")
    with pytest.raises(FileError, match="larger"):
        read_file(str(source), 4)
    source.write_bytes(b"")
    with pytest.raises(FileError, match="empty"):
        read_file(str(source))
    with pytest.raises(FileError):
        read_file(str(tmp_path))


@pytest.mark.parametrize(
    ("name", "mime", "made"),
    [("Invoice 4711.pdf", "application/pdf", "Invoice 4711.pdf"), ("../../etc/x", "application/pdf", "_.._etc_x"),
     ("..", "application/pdf", "file.pdf"), ("a\u202eb", "text/plain", "ab.txt"), ("con?", "", "con_")],
)  # fmt: skip
def test_names_of_files_are_harmless(name: str, mime: str, made: str) -> None:
    found = file_name(name, mime)
    assert "/" not in found
    assert found.startswith(made.partition(".")[0]) if made.startswith("_") else found == made


# -- Wi-Fi and password


async def test_a_device_is_let_in(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests, "wifi")
    part = part_of(service, Wifi)
    mac = find(part, "guest.wifi.field.mac_address", QLineEdit)
    mac.setText("3a:22:fb:6a:89:zz")
    find(part, "guest.wifi.field.estimation_id", QLineEdit).setText("E1")
    find(part, "guest.wifi.field.place", QLineEdit).setText("S1")
    part.send.click()
    assert "A to F" in part.form.fields["mac_address"].error.word()
    assert "authorise_wifi" not in guests.verbs()
    mac.setText("3c:22:fb:6a:89:ab")
    mac.editingFinished.emit()
    assert mac.text() == "3C-22-FB-6A-89-AB"
    part.send.click()
    await settle(lambda: ("authorise_wifi", "3C-22-FB-6A-89-AB", "E1", "S1") in guests.calls)
    assert part.result.text() == "3C-22-FB-6A-89-AB is let in."


async def test_already_let_in_elsewhere_is_told(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests, "wifi")
    part = part_of(service, Wifi)
    for name, text in (("mac_address", "3c22fb6a89ab"), ("estimation_id", "E1"), ("place", "S1")):
        find(part, f"guest.wifi.field.{name}", QLineEdit).setText(text)
    guests.faults.append(RejectedError("This contact is already signed in to the Wi-Fi with another device."))
    part.send.click()
    await settle(lambda: not part.result.isHidden())
    assert "another device" in part.result.text()
    assert part.trouble.isHidden()


async def test_the_own_password_is_changed_and_forgotten(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests, "password")
    part = part_of(service, Password)
    line = find(part, "guest.password.field.password", QLineEdit)
    assert line.echoMode() is QLineEdit.EchoMode.Password
    line.setText("canary-new")
    part.save.click()
    await settle(lambda: "change_password" in guests.verbs())
    await settle(lambda: not part.result.isHidden())
    assert line.text() == ""


async def test_a_password_that_did_not_arrive_is_not_kept_for_trying_again(
    page: ContactsPage, guests: FakeGuests
) -> None:
    part = part_of(await opened(page, guests, "password"), Password)
    find(part, "guest.password.field.password", QLineEdit).setText("canary-new")
    guests.offline = True
    part.save.click()
    await settle(lambda: not part.trouble.isHidden())
    assert part.retry.isVisibleTo(part)
    guests.lose(1)
    assert part._failed is None  # it holds what was typed


async def test_leaving_is_asked_of_nobody_but_the_guest(page: ContactsPage, guests: FakeGuests) -> None:
    service = await opened(page, guests, "privacy")
    part_of(service, Privacy).leaving.click()
    asked = await dialog(page, "guest.leave")
    guests.lose(1)
    await settle(lambda: not isValid(asked) or not asked.isVisible())
    assert "leave" not in guests.verbs()
