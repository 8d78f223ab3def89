"""PrioTicket: values in the form that the documents want, and those that are nobody's to change."""

from __future__ import annotations

from typing import Any

import pytest

from crmdesk.core.errors import RejectedError
from crmdesk.core.outbox import FieldChange
from crmdesk.sync.validation import validate
from crmdesk.vendors.prioticket import VENDOR
from crmdesk.vendors.prioticket.sandbox import Quirks
from tests.contract.prioticket.tools import CLIENT

STAMP = "2024-05-01T10:00:00Z"


def change(path: str, now: Any) -> FieldChange:
    return FieldChange(path, None, now)


def found(path: str, value: Any, country: str = "") -> list[tuple[str, bool, Any]]:
    told = validate({path: value}, VENDOR.fields, country=country)
    return [(one.code, one.warning, one.fix) for one in told]


async def test_free_texts_are_no_times_and_go_back_as_they_came(emulator, connect) -> None:
    """A custom field may hold the stamp of another program; only its owner may alter it."""
    access, uid = connect(emulator), emulator.uids(CLIENT)[3]
    custom = [{"custom_field_name": "synced", "custom_field_value": STAMP, "custom_field_type": "USER"}]
    notes = [{"note_value": STAMP, "note_type": "INTERNAL", "note_date": STAMP, "note_creator": "Ana"}]
    address = {"id": "a-1", "street": STAMP, "notes": STAMP}
    emulator.edit(
        CLIENT, uid, contact_custom_fields=custom, contact_notes=notes, contact_address=address, contact_title=STAMP,
        unknown={"at": STAMP, "contact_title": STAMP},
    )  # fmt: skip
    base = await access.contacts.get(uid)
    after = (await access.writer.update(base, [change("contact_name_last", "Vos")])).contact.raw
    assert after["contact_custom_fields"] == custom
    assert (after["contact_address"], after["contact_title"]) == (address, STAMP)
    assert after["contact_notes"] == [notes[0] | {"note_date": "2024-05-01T10:00:00+00:00"}]
    assert after["unknown"]["at"] == "2024-05-01T10:00:00+00:00"


@pytest.mark.parametrize("path", ["contact_phone", "contact_mobile"])
@pytest.mark.parametrize(
    ("typed", "country", "code", "fix"),
    [
        ("+31 20 123 4567", "", "phone_e164", "+31201234567"),
        ("+33 (0)6 12 34 56 78", "", "phone_e164", "+33612345678"),
        ("0033 612345678", "", "phone_e164", "+33612345678"),
        ("020 123 4567", "NL", "phone_prefix", "+31201234567"),
        ("020 123 4567", "", "phone_prefix", None),
        ("+31201234567", "", "", None),
    ],
)
async def test_a_changed_phone_is_offered_as_the_vendor_wants_it(
    path, typed, country, code, fix, make_emulator, connect
) -> None:
    """ "Must be a valid E.164 spec compliant phone number": a doubt, since its own samples are none."""
    assert found(path, typed, country) == ([(code, True, fix)] if code else [])
    emulator = make_emulator(quirks=Quirks(e164=True))
    access, uid = connect(emulator), emulator.uids(CLIENT)[0]
    emulator.edit(CLIENT, uid, contact_phone="", contact_mobile="")
    base = await access.contacts.get(uid)
    if code:
        with pytest.raises(RejectedError) as caught:
            await access.writer.update(base, [change(path, typed)])
        assert [problem.path for problem in caught.value.problems] == [path]
    good = fix or (typed if not code else "")
    if good:
        assert (await access.writer.update(base, [change(path, good)])).contact.raw[path] == good


@pytest.mark.parametrize(
    ("path", "wrong", "right"),
    [
        ("contact_age", 30.5, 30),
        ("contact_birth_date", "0000-05-01", "1990-05-01"),
        ("contact_birth_date", "1990-00-00", "1990-01-31"),
        ("contact_birth_date", "--05-01", "2000-02-29"),
        ("contact_birth_date", "2023-02-29", "2024-02-29"),
        ("contact_website", "hotel", "https://hotel.example"),
        ("contact_address.country_code", "XK", "NL"),
        ("contact_address.country_code", "NLD", "NL"),
    ],
)
async def test_what_the_vendor_cannot_take_is_not_saved(path, wrong, right, emulator, connect) -> None:
    """Our rules and the emulator's, each read from the documents for itself, agree."""
    assert [code for code, warning, _ in found(path, wrong) if not warning]
    assert not [code for code, warning, _ in found(path, right) if not warning]
    access, uid = connect(emulator), emulator.uids(CLIENT)[0]
    base = await access.contacts.get(uid)
    with pytest.raises(RejectedError) as caught:
        await access.writer.update(base, [change(path, wrong)])
    assert [problem.path for problem in caught.value.problems] == [path]
    await access.writer.update(base, [change(path, right)])


@pytest.mark.parametrize("code", ["nl", "nl-BE", "NL_be"])
async def test_a_language_may_have_its_culture(code: str, emulator, connect) -> None:
    access, uid = connect(emulator), emulator.uids(CLIENT)[0]
    base = await access.contacts.get(uid)
    assert (await access.writer.update(base, [change("contact_language", code)])).contact.raw[
        "contact_language"
    ] == code
