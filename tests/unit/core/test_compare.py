"""Records of one person side by side, and a value brought from one to another in the form its vendor wants."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crmdesk.core.carry import carried
from crmdesk.core.compare import compare
from crmdesk.core.errors import ForbiddenError
from crmdesk.core.fields import FieldKind
from crmdesk.core.meanings import MEANINGS, Content
from crmdesk.core.merge import overlay
from crmdesk.core.survivor import merge_changes, merge_fields
from crmdesk.sync.validation import validate
from crmdesk.vendors import VENDORS
from tests.helpers.acme import VENDOR as ACME
from tests.helpers.any_json import almost_contacts

VENDOR = {vendor.key: vendor for vendor in VENDORS} | {"acme": ACME}
BOOKING: dict[str, Any] = {
    "firstname": "Ana", "lastname": "Ruiz", "email": "ANA@x.es",
    "phones": [{"label": "home", "number": "+34612345678"}],
    "address1": "Calle Mayor 5", "address2": "2º", "zip": "28001", "city": "Madrid", "country_code": "ES",
    "spoken_languages": ["es", "rs"], "gender": "female", "website": "https://ana.example",
    "private_notes": "Late.\nVegan.",
}  # fmt: skip
PRIO: dict[str, Any] = {
    "contact_title": "Dr", "contact_name_first": "Ana", "contact_name_last": "Ruiz Soler", "contact_email": "ana@x.es",
    "contact_phone": "612 345 678", "contact_mobile": "+357 99 123456", "contact_language": "en",
    "contact_gender": "FEMALE", "contact_birth_date": "1980-01-02", "contact_passport": "X1",
    "contact_notes": [{"note_value": "VIP", "note_type": "GUEST"}],
}  # fmt: skip
CRM: dict[str, Any] = {
    "first_name": "Ana", "last_name": "Ruiz", "phones": [{"number": "+34612345678"}],
    "demographics": {"gender": "FEMALE"}, "preferred_language_code": "GRE", "email_address": "ana@x.es",
}  # fmt: skip
SENT = {"sent": {"name_first": "Ana", "country": "Spain", "language": "ES", "full_address": "Calle Mayor 5, Madrid"}}


def content(key: str, raw: Any) -> Content:
    return Content(VENDOR[key], raw)


def test_every_meaning_is_one_that_is_known() -> None:
    for vendor in VENDORS:
        assert {spec.meaning for spec in vendor.fields if spec.meaning} <= MEANINGS.keys()
        assert not any(spec.masked for spec in vendor.fields if spec.meaning)


def test_records_stand_side_by_side_and_say_where_they_differ() -> None:
    rows = {row.field: row for row in compare([content("bookingsync", BOOKING), content("prioticket", PRIO)])}
    assert list(rows) == [key for key in MEANINGS if key in rows], "in their one order"
    assert {key for key, row in rows.items() if not row.differs} == {"first", "email", "gender", "title", "birth"}
    assert [cell.has for cell in rows["title"].cells] == [False, True], "BookingSync has no titles: nothing differs"
    assert [cell.values for cell in rows["phone"].cells] == [("+34612345678",), ("612 345 678", "+357 99 123456")]
    assert rows["lang"].cells[0].values == ("es", "sr")
    assert rows["zip"].cells[1].has and rows["zip"].differs, "nothing is another thing than something"
    assert "X1" not in repr(rows), "no passport in a comparison"


def test_phones_and_emails_are_compared_however_they_are_written() -> None:
    one = content("bookingsync", {"phones": [{"label": "a", "number": "+34 612 345 678"}], "email": " A@X.es"})
    other = content("prioticket", {"contact_phone": "0034612345678", "contact_email": "a@x.es"})
    assert [row.field for row in compare([one, other]) if row.differs] == []


def test_countries_and_languages_are_compared_by_their_codes() -> None:
    rows = compare([content("bookingsync", BOOKING), content("cendyn", SENT)])
    found = {row.field: row for row in rows}
    assert not found["country"].differs and found["lang"].differs  # "es, sr" and "es"


def test_a_vendor_that_says_nothing_of_meanings_is_read_by_its_summary() -> None:
    rows = {
        row.field: row
        for row in compare([content("acme", {"mail": "a@x.es", "town": "Rome"}), content("bookingsync", BOOKING)])
    }
    assert rows["city"].cells[0].values == ("Rome",) and rows["city"].differs
    with pytest.raises(ForbiddenError, match="has no such field"):
        carried(content("bookingsync", BOOKING), content("acme", {}), "city")


KINDS = ["bookingsync", "prioticket", "crmcom_selfservice", "cendyn"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(KINDS), st.sampled_from(KINDS))
def test_anything_is_compared(data: st.DataObject, key: str, other_key: str) -> None:
    one, other = (content(name, data.draw(almost_contacts(VENDOR[name]))) for name in (key, other_key))
    for row in compare([one, other]):
        assert all(isinstance(text, str) and text for cell in row.cells for text in cell.values)
        with suppress(ForbiddenError):
            carried(one, other, row.field)


@pytest.mark.parametrize(
    ("from_key", "to_key", "field", "path", "value"),
    [
        ("bookingsync", "prioticket", "address", "contact_address.street", "Calle Mayor 5"),
        ("bookingsync", "prioticket", "address2", "contact_address.addition", "2º"),
        ("bookingsync", "prioticket", "country", "contact_address.country_code", "ES"),
        ("bookingsync", "prioticket", "lang", "contact_language", "es"),
        ("bookingsync", "prioticket", "website", "contact_website", "https://ana.example"),
        ("prioticket", "bookingsync", "last", "lastname", "Ruiz Soler"),
        ("prioticket", "bookingsync", "lang", "spoken_languages", ["es", "rs", "en"]),
        ("crmcom_selfservice", "bookingsync", "lang", "spoken_languages", ["es", "rs", "el"]),
        ("bookingsync", "crmcom_selfservice", "lang", "preferred_language_code", "SPA"),
        ("prioticket", "crmcom_selfservice", "birth", "demographics.date_of_birth", "1980-01-02"),
        ("prioticket", "crmcom_selfservice", "title", "title", "Dr"),
        (
            "prioticket",
            "bookingsync",
            "phone",
            "phones",
            [{"label": "home", "number": "+34612345678"}, {"label": "phone", "number": "+357 99 123456"}],
        ),
        ("prioticket", "bookingsync", "notes", "private_notes", "VIP"),
    ],
)
def test_a_value_is_copied_in_the_form_the_vendor_wants(
    from_key: str, to_key: str, field: str, path: str, value: Any
) -> None:
    raws = {"bookingsync": BOOKING, "prioticket": PRIO, "crmcom_selfservice": CRM}
    source, target = content(from_key, raws[from_key]), content(to_key, raws[to_key])
    change = carried(source, target, field)
    assert (change.path, change.now) == (path, value)
    assert not [one for one in validate({path: change.now}, target.vendor.fields) if not one.warning]
    after = Content(target.vendor, overlay(target.raw, [change]))
    assert set(source.values(field)) & set(after.values(field)), "and read back as what it was"


def test_a_vacant_line_takes_a_copied_number() -> None:
    source = content("bookingsync", BOOKING)
    assert carried(source, content("prioticket", {"contact_phone": "+357 99 123456"}), "phone").path == "contact_mobile"
    assert carried(source, content("prioticket", {}), "phone").path == "contact_phone"


@pytest.mark.parametrize(
    ("from_key", "to_key", "field", "why"),
    [
        ("prioticket", "bookingsync", "birth", "BookingSync has no such field."),
        ("prioticket", "crmcom_selfservice", "phone", "does not let this field be changed"),
        ("bookingsync", "cendyn", "last", "does not let this field be changed"),
        ("bookingsync", "prioticket", "notes", "keeps this field in another form"),
        ("bookingsync", "prioticket", "email", "have the same"),
        ("bookingsync", "prioticket", "birth", "nothing to copy"),
    ],
)
def test_what_cannot_be_copied_says_why(from_key: str, to_key: str, field: str, why: str) -> None:
    raws: dict[str, Any] = {"bookingsync": BOOKING, "prioticket": PRIO, "crmcom_selfservice": CRM, "cendyn": SENT}
    with pytest.raises(ForbiddenError, match=why):
        carried(content(from_key, raws[from_key]), content(to_key, raws[to_key]), field)


def test_a_language_that_the_vendor_does_not_take_is_not_copied() -> None:
    with pytest.raises(ForbiddenError, match="does not know “xx”"):
        carried(content("prioticket", {"contact_language": "xx"}), content("bookingsync", {}), "lang")


def test_of_two_contacts_every_value_is_kept_or_told() -> None:
    keep = BOOKING | {"website": None}
    drop = BOOKING | {
        "lastname": "Ruiz Soler",
        "phones": [{"label": "work", "number": "+34911111111"}],
        "private_notes": "Cat.",
        "spoken_languages": ["fr"],
        "city": "",
    }
    found = merge_fields(VENDOR["bookingsync"], keep, drop)
    by_path = {field.spec.path: field for field in found}
    assert set(by_path) == {"lastname", "phones", "private_notes", "spoken_languages", "website"}
    assert found[0].spec.path == "lastname" and found[0].loses(found[0].proposed), "what would be lost comes first"
    assert [field.spec.path for field in found if field.loses(field.proposed)] == ["lastname"]
    changes = {change.path: change.now for change in merge_changes(found, {})}
    assert changes["website"] == "https://ana.example"
    assert changes["spoken_languages"] == ["es", "rs", "fr"]
    assert [line["number"] for line in changes["phones"]] == ["+34612345678", "+34911111111"]
    assert changes["private_notes"] == "Late.\nVegan.\nCat."
    assert "lastname" not in changes
    chosen = {change.path: change.now for change in merge_changes(found, {"lastname": "Ruiz Soler", "phones": []})}
    assert chosen["lastname"] == "Ruiz Soler" and by_path["phones"].loses([])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data(), st.sampled_from(["bookingsync", "prioticket"]))
def test_any_two_contacts_can_become_one(data: st.DataObject, key: str) -> None:
    keep, drop = data.draw(almost_contacts(VENDOR[key])), data.draw(almost_contacts(VENDOR[key]))
    for field in merge_fields(VENDOR[key], keep, drop):
        assert field.spec.writable
        if field.both is not None:
            assert not field.loses(field.both)
            assert field.spec.kind in (
                    FieldKind.LINES, FieldKind.PHONES, FieldKind.LANGUAGES, FieldKind.RECORDS, FieldKind.CHOICES,
                )  # fmt: skip
