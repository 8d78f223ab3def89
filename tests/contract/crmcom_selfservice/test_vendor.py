"""What the program knows of CRM.COM Self-Service without asking: fields, credentials, summary, and what it lacks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crmdesk.core.fields import FieldKind, find, forms_in
from crmdesk.core.types import Consent, Flag, Phone
from crmdesk.vendors.crmcom_selfservice import VENDOR
from crmdesk.vendors.crmcom_selfservice.bodies import contact_body
from crmdesk.vendors.crmcom_selfservice.codes import (
    country_of_three,
    country_of_two,
    language_of_three,
    language_of_two,
)
from crmdesk.vendors.crmcom_selfservice.dialect import V1
from crmdesk.vendors.crmcom_selfservice.sandbox import sandbox
from crmdesk.vendors.crmcom_selfservice.summary import summarise
from tests.contract.crmcom_selfservice.tools import CALLS, CONTACT
from tests.helpers.any_json import assert_clean

# ── what holds for every vendor ──────────────────────────────────────────────────────────────────────────────────────


def test_the_default_address_is_its_own_normal_form_and_one_to_choose() -> None:
    words = next(spec for spec in VENDOR.credentials if spec.path == "base_url").words
    assert VENDOR.default_base_url in dict(words)
    for address, _ in words:
        assert VENDOR.check_base_url(address) == address


def test_the_account_has_one_secret_and_a_hint_for_everything() -> None:
    kinds = {spec.path: spec.kind for spec in VENDOR.credentials}
    assert kinds["base_url"] is FieldKind.URL
    assert [path for path, kind in kinds.items() if kind.secret] == ["password"]
    assert all(spec.hint and spec.source for spec in VENDOR.credentials)
    assert [spec.path for spec in VENDOR.credentials if spec.required] == ["base_url", "api_key"]


def test_what_it_lacks_is_said_in_sentences() -> None:
    assert set(VENDOR.lacks) == {"create", "delete", "history", "send"}
    assert VENDOR.guests
    assert all(text.startswith("CRM.COM Self-Service") and text.endswith(".") for text in VENDOR.lacks.values())
    assert VENDOR.lists


# ── fields ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def paths_of(value: Any, above: str = "") -> list[str]:
    if not isinstance(value, dict) or above.endswith(("date_of_birth", "name_day")):
        return [above]
    return [path for key, inner in value.items() for path in paths_of(inner, f"{above}.{key}".strip("."))]


def test_every_field_of_the_printed_put_is_there() -> None:
    known = {spec.path for spec in VENDOR.fields}
    assert set(paths_of(CALLS["update"]["request"])) <= known


def test_everything_writable_is_a_field_of_version_1() -> None:
    for spec in VENDOR.fields:
        if spec.writable and spec.path != "emails":
            assert contact_body({spec.path: "2024-05-01" if spec.kind is FieldKind.DATE else "x"}, V1), spec.path
    printed = {path.replace("company_profle", "company_profile") for path in paths_of(CALLS["update"]["request"])}
    writable = {spec.path for spec in VENDOR.fields if spec.writable and not spec.form_of}
    assert writable - printed == {"custom_fields"}
    assert printed <= writable


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_contact_is_edited_by_the_names_it_came_with(version: str) -> None:
    """One field for each thing, and the one that holds the value."""
    emulator = sandbox(counts=[60])
    emulator.quirks = type(emulator.quirks)(version=version)
    for contact in emulator.contacts():
        raw = emulator.shown(contact.id)
        chosen = [spec for spec in forms_in(VENDOR.fields, raw) if spec.writable]
        assert len({spec.form_of or spec.path for spec in chosen}) == len(chosen)
        hidden = [spec for spec in VENDOR.fields if spec.writable and spec not in chosen]
        assert not [spec.path for spec in hidden if find(raw, spec.path) not in (None, "", [], {})]


def test_only_the_key_decides_whose_contacts_there_are() -> None:
    """With another e-mail address the guests who are known here stay."""
    assert [spec.path for spec in VENDOR.credentials if spec.selects] == ["api_key"]


def test_everything_the_emulator_shows_is_a_field() -> None:
    for version in ("v1", "v2"):
        emulator = sandbox(counts=[60])
        emulator.quirks = type(emulator.quirks)(version=version)  # only how a record is shown
        known = {spec.path for spec in VENDOR.fields}
        for contact in emulator.contacts():
            assert set(paths_of(emulator.shown(contact.id))) <= known | {
                "custom_fields",
                "phone.type",
                "phone.country_code",
                "phone.number",
            }


def test_identity_documents_are_masked() -> None:
    masked = {spec.path for spec in VENDOR.fields if spec.masked}
    assert masked >= {
        "demographics.passport.passport_number",
        "demographics.passport.number",
        "demographics.id_details.id_number",
        "demographics.id_details.number",
        "statutory_number",
        "demographics.statutory_number",
    }


# ── summary ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_summary_of_the_sample() -> None:
    summary = summarise(json.loads(CONTACT))
    assert (summary.name, summary.first, summary.last) == ("John Alias Doe", "John", "Doe")
    assert summary.phones == (Phone("Mobile, CY", "0022265566"), Phone("", "22265577"))
    assert (summary.email, summary.country, summary.languages) == ("bill@gmail.com", "CY", ("en",))
    assert (summary.kind, summary.flags.consent) == ("Person", Consent.YES)
    assert summary.flags == Flag.HAS_EMAIL | Flag.HAS_PHONE | Flag.CONSENT_YES
    assert summary.texts["id"] == "CAD1E31269B76D7A65ACCE45B2E68DFD C00123"
    assert "0123456" not in str(summary.texts)  # no identity document in the index
    assert_clean(summary)


@pytest.mark.parametrize(
    ("raw", "name", "kind"),
    [
        ({"type": "COMPANY", "company_name": "Alpha", "first_name": "John"}, "Alpha", "Company"),
        ({"type": "PERSON", "company_name": "Alpha", "first_name": "John"}, "John", "Person"),
        ({"type": "PERSON", "company_name": "Alpha"}, "Alpha", "Person"),
        ({"type": "COMPANY", "first_name": "John"}, "John", "Company"),
        ({"type": "ROBOT", "email": "a@b.example", "code": "C1"}, "a@b.example", "ROBOT"),
        ({"code": "C1", "id": "7"}, "C1", ""),
        ({"id": "007"}, "#007", ""),
        ({}, "", ""),
    ],
)
def test_a_contact_is_called_by_the_best_name_it_has(raw: dict[str, Any], name: str, kind: str) -> None:
    assert (summarise(raw).name, summarise(raw).kind) == (name, kind)


EMAILS = [
    {"email_address": "a@b.example"},
    {"email": "a@b.example"},
    {"emails": [{"email_address": "a@b.example"}, {"email_address": "c@d.example"}]},
    {"emails": ["a@b.example"]},
    {"emails": {"email_address": "a@b.example"}},
    {"email_address": "", "email": None, "emails": [None, {}, {"email_address": "a@b.example"}]},
]
PHONES = [
    {"phone_number": "0099"},
    {"phone": {"number": "0099"}},
    {"phones": [{"number": "0099"}, {"number": "0099"}]},
    {"phones": ["0099"]},
    {"phone": "0099", "phones": None},
]


@pytest.mark.parametrize("raw", EMAILS)
def test_an_address_is_read_in_every_form(raw: dict[str, Any]) -> None:
    assert summarise(raw).email == "a@b.example"


@pytest.mark.parametrize("raw", PHONES)
def test_a_number_is_read_in_every_form_and_once(raw: dict[str, Any]) -> None:
    assert summarise(raw).phones == (Phone("", "0099"),)


@pytest.mark.parametrize(
    ("state", "consent"),
    [
        ("ACCEPTED", Consent.YES),
        ("REJECTED", Consent.NO),
        ("PENDING", Consent.NEVER),
        ("", Consent.NEVER),
        (None, Consent.NEVER),
        ("accepted", Consent.YES),
        ("PERHAPS", Consent.UNKNOWN),
    ],
)
def test_consent_is_yes_no_or_never_asked(state: Any, consent: Consent) -> None:
    assert summarise({"consent_state": state}).flags.consent is consent
    assert summarise({}).flags.consent is Consent.NEVER


def test_codes_change_between_two_and_three_letters_or_stay() -> None:
    assert [country_of_two(code) for code in ("CYP", "cyp", "gb", "XXQ", "", "CYPR", "1", "Ä")] == [
        "CY", "CY", "GB", "XXQ", "", "CYPR", "1", "Ä",
    ]  # fmt: skip
    assert [country_of_three(code) for code in ("cy", "CYP", "XQ", "")] == ["CYP", "CYP", "XQ", ""]
    assert [language_of_two(code) for code in ("ENG", "GRE", "ell", "EN", "zzz", "und", "")] == [
        "en", "el", "el", "en", "zzz", "und", "",
    ]  # fmt: skip
    assert [language_of_three(code) for code in ("en", "ENG", "xq", "")] == ["ENG", "ENG", "xq", ""]


def test_every_made_up_contact_has_a_clean_summary() -> None:
    emulator = sandbox(counts=[200])
    kinds = set()
    for contact in emulator.contacts():
        summary = summarise(emulator.shown(contact.id))
        assert_clean(summary)
        kinds.add((summary.kind, summary.flags.consent))
    assert {kind for kind, _ in kinds} == {"Person", "Company"}
    assert {consent for _, consent in kinds} == {Consent.YES, Consent.NO, Consent.NEVER}
