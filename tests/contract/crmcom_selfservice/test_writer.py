"""Changing a profile: what is sent in which version, and what the ordinary editor makes of it."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from crmdesk.core.errors import (
    InDoubtError,
    RejectedError,
)
from crmdesk.core.fields import FieldKind, find, forms_in
from crmdesk.core.merge import alike, differences
from crmdesk.core.outbox import FieldChange, OpKind
from crmdesk.sandbox.faults import Kind
from crmdesk.sync.validation import validate
from crmdesk.ui.editor.session import Session
from crmdesk.vendors.crmcom_selfservice import VENDOR
from crmdesk.vendors.crmcom_selfservice.codes import LANGUAGES_2, LANGUAGES_3, language_of_three
from crmdesk.vendors.crmcom_selfservice.sandbox_shape import CATEGORY
from tests.contract.crmcom_selfservice.tools import change

both = pytest.mark.parametrize("version", ["v1", "v2"])


# ── what is sent ─────────────────────────────────────────────────────────────────────────────────────────────────────


@both
async def test_only_what_was_changed_is_sent_and_the_profile_read_again(version: str, open_card) -> None:
    card = await open_card(version=version)
    before = await card.base()
    after = await card.write(first_name="Ümläut", sms_opt_out=False)
    last = {"last_name": card.guest.record["last_name"]}  # mandatory
    assert card.sent == [("PUT", "", {"first_name": "Ümläut", "sms_opt_out": False, **last})]
    changed = {one.path for one in differences(before.raw, after.raw, VENDOR.fields)}
    assert changed <= {"first_name", "sms_opt_out"}
    assert after.raw["first_name"] == "Ümläut"


WORDS: dict[str, dict[str, Any]] = {
    "v1": {
        "email_address": "new@example.org",
        "preferred_language_code": "ELL",
        "statutory_number": "EF-1",
        "title": "Dr",
        "demographics": {
            "gender": "OTHER",
            "date_of_birth": {"year": 1990, "month": 1, "day": 31},
            "name_day": {"month": 3, "day": 1},
            "id_details": {
                "id_number": "K-7", "issue_country_code": "GRC", "expiration_date": 1893456000,
            },
        },
        "company_profile": {"annual_turnover": 1568.1, "established_on": 946684800, "industry_sectors": [CATEGORY]},
        "custom_fields": [{"key": "a", "value": "b"}],
    },
    "v2": {
        "email": "new@example.org",
        "language_code": "EL",
        "demographics": {
            "statutory_number": "EF-1",
            "gender": "OTHER",
            "date_of_birth": {"year": 1990, "month": 1, "day": 31},
            "name_day": {"month": 3, "day": 1},
            "id_details": {"number": "K-7", "issuing_country_code": "GRC", "expiration_date": 1893456000},
        },
        "company_profile": {"annual_turnover": 1568.1, "established_on": 946684800, "sub_industries": [CATEGORY]},
        "custom_fields": [{"key": "a", "value": "b"}],
    },
}  # fmt: skip


@both
async def test_every_field_goes_in_the_words_of_its_version(version: str, open_card) -> None:
    card = await open_card(version=version)
    card.guest.record["demographics"].pop("id_details", None)
    values: dict[str, Any] = {
        "email_address": "new@example.org",
        "preferred_language_code": "el",
        "statutory_number": "EF-1",
        "demographics__gender": "OTHER",
        "demographics__date_of_birth": "1990-01-31",
        "demographics__name_day": "2000-03-01",
        "demographics__id_details__id_number": "K-7",
        "demographics__id_details__issue_country_code": "GR",
        "demographics__id_details__expiration_date": "2030-01-01",
        "company_profile__annual_turnover": Decimal("1568.10"),
        "company_profile__established_on": "2000-01-01",
        "company_profile__industry_sectors": [CATEGORY],
        "custom_fields": [{"key": "a", "value": "b"}],
    }
    await card.write(**values, **({"title": "Dr"} if version == "v1" else {}))
    ((method, path, body),) = card.sent
    names = {name: card.guest.record[name] for name in ("first_name", "last_name")}
    passport = body["demographics"].pop("passport")
    assert passport == (await card.base()).raw["demographics"]["passport"]  # of the same object
    assert (method, path, body) == ("PUT", "", WORDS[version] | names)


@both
async def test_a_document_is_sent_whole_so_that_no_part_of_it_is_lost(version: str, open_card) -> None:
    """Whether a PUT merges objects is in no document; the emulator replaces those inside of one."""
    card = await open_card(version=version)
    passport = dict(card.guest.record["demographics"]["passport"])
    name = "number" if version == "v2" else "passport_number"
    await card.write(**{f"demographics__passport__{name}": "NEW-1"})
    assert card.guest.record["demographics"]["passport"] == passport | {"passport_number": "NEW-1"}
    await card.write(demographics__passport__expiration_date="2031-05-01")
    assert card.guest.record["demographics"]["passport"]["passport_number"] == "NEW-1"
    assert set(card.sent[0][2]) == {"demographics", "first_name", "last_name"}
    whole = (await card.base()).raw["demographics"].keys()
    assert card.sent[0][2]["demographics"].keys() == whole


async def test_a_company_is_written_by_the_name_the_page_spells_it_with(open_card) -> None:
    card = await open_card(position=5)
    assert "company_profle" in (await card.base()).raw
    profile = (await card.base()).raw["company_profle"]
    after = await card.write(company_profle__number_of_employees=77)
    name = {"company_name": card.guest.record["company_name"]}  # mandatory
    assert card.sent == [("PUT", "", {"company_profile": profile | {"number_of_employees": 77}, **name})]
    assert after.raw["company_profle"]["number_of_employees"] == 77


async def test_the_first_address_of_a_list_is_changed(open_card) -> None:
    card = await open_card(contact_form="lists")
    await card.write(emails=[{"email_address": "new@example.org"}])
    names = {name: card.guest.record[name] for name in ("first_name", "last_name")}
    assert card.sent == [("PUT", "", {"email_address": "new@example.org", **names})]
    for now in ([], [{"email_address": "a@b.example"}, {"email_address": "c@d.example"}]):
        with pytest.raises(RejectedError) as caught:
            await card.write(emails=now)
        assert [problem.path for problem in caught.value.problems] == ["emails"]
        assert not card.sent


@both
async def test_what_is_emptied_is_gone(version: str, open_card) -> None:
    card = await open_card(version=version)
    after = await card.write(middle_name="X", demographics__gender="MALE", custom_fields=[{"key": "a", "value": "b"}])
    assert after.raw["custom_fields"]
    after = await card.write(
        middle_name="", demographics__gender=None, custom_fields=[], demographics__date_of_birth=None
    )
    body = card.sent[0][2]
    assert (body["middle_name"], body["custom_fields"]) == ("", [])
    assert (body["demographics"]["gender"], body["demographics"]["date_of_birth"]) == (None, None)
    assert not {"middle_name", "custom_fields"} & after.raw.keys()
    assert not {"gender", "date_of_birth"} & after.raw["demographics"].keys()


async def test_nothing_changed_sends_nothing(open_card) -> None:
    card = await open_card()
    base = await card.base()
    assert (await card.access.writer.update(base, [])).contact == base
    assert not card.sent


# ── consent ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_consent_has_a_call_of_its_own_in_version_1(open_card) -> None:
    card = await open_card()
    after = await card.write(consent_state="REJECTED")
    assert card.sent == [("PUT", "/consents", {"consent_state": "REJECTED"})]
    assert after.raw["consent_state"] == "REJECTED"
    await card.write(consent_state="ACCEPTED", first_name="Ana")
    assert card.sent == [
        ("PUT", "", {"first_name": "Ana", "last_name": card.guest.record["last_name"]}),
        ("PUT", "/consents", {"consent_state": "ACCEPTED"}),
    ]
    for odd in (None, "", "PERHAPS"):
        with pytest.raises(RejectedError) as caught:
            await card.write(consent_state=odd)
        assert [problem.path for problem in caught.value.problems] == ["consent_state"]


async def test_a_consent_that_fails_behind_a_change_that_was_done_is_in_doubt(open_card) -> None:
    """What is tried again looks first: only the consent is left then."""
    card = await open_card()
    for fault in (Kind.SERVER_ERROR, Kind.HTML):
        card.emulator.faults.set(fault, target="/consents", times=1)
        with pytest.raises(InDoubtError):
            await card.write(consent_state="REJECTED", first_name=f"Ana {fault}")
        assert card.guest.record["first_name"] == f"Ana {fault}"


@pytest.mark.parametrize("path", ["title", "consent_state"])
async def test_what_version_2_does_not_have_is_not_sent(path: str, open_card) -> None:
    card = await open_card(version="v2")
    with pytest.raises(RejectedError) as caught:
        await card.write(**{path: "ACCEPTED", "first_name": "Ana"})
    assert [problem.path for problem in caught.value.problems] == [path]
    assert not card.sent


# ── the request that is shown, and what there is no call for ─────────────────────────────────────────────────────────


@both
async def test_the_request_is_what_is_sent(version: str, open_card) -> None:
    card = await open_card(version=version)
    base = await card.base()
    number = "demographics.passport." + ("number" if version == "v2" else "passport_number")
    wanted = [change(base.raw, "first_name", "Ana"), change(base.raw, number, "P-9")]
    shown = card.access.writer.request(OpKind.UPDATE, card.guest.id, base.raw, wanted)
    assert not card.sent
    await card.access.writer.update(base, wanted)
    ((method, path, body),) = card.sent
    assert (shown.method, json.loads(shown.body)) == (method, body)
    assert shown.address.endswith(f"/self-service/{version}/contacts/{card.guest.id}{path}")
    assert "P-9" in shown.body and "demo-publishable-key" not in f"{shown}"


async def test_the_request_of_a_consent(open_card) -> None:
    card = await open_card()
    wanted = [FieldChange("consent_state", None, "ACCEPTED")]
    alone = card.access.writer.request(OpKind.UPDATE, card.guest.id, {}, wanted)
    assert alone.address.endswith("/consents")
    with_name = card.access.writer.request(
        OpKind.UPDATE, card.guest.id, {}, [*wanted, FieldChange("first_name", None, "Ana")]
    )
    assert json.loads(with_name.body) == {"first_name": "Ana", "consent_state": "ACCEPTED"}


async def test_there_is_no_making_and_no_deleting(open_card) -> None:
    card = await open_card()
    writer = card.access.writer
    assert writer.can == {OpKind.UPDATE}
    for call in (writer.create({}), writer.delete(card.guest.id), writer.find_created({}, card.emulator.now())):
        with pytest.raises(RejectedError):
            await call
    for kind in (OpKind.CREATE, OpKind.DELETE):
        with pytest.raises(RejectedError):
            writer.request(kind, card.guest.id, {}, [])
    assert not card.sent


# ── through the ordinary editor ──────────────────────────────────────────────────────────────────────────────────────

TYPED: dict[FieldKind, Any] = {
    FieldKind.TEXT: "Typed",
    FieldKind.EMAIL: "typed@example.org",
    FieldKind.DATE: "1991-02-03",
    FieldKind.NUMBER: "42",
    FieldKind.FLAG: True,
    FieldKind.CHOICES: (CATEGORY,),
    FieldKind.RECORDS: [{"key": "typed", "value": "Typed"}],
    FieldKind.COUNTRY: "ISL",
}


def typed(path: str, kind: FieldKind, words: Any) -> Any:
    if path == "emails":
        return [{"email_address": "typed@example.org"}]
    if path == "category_id":
        return CATEGORY
    if kind is FieldKind.LANGUAGES:
        return ("IS" if path == "language_code" else "ISL",)
    return words[-1][0] if kind is FieldKind.CHOICE else TYPED[kind]


@both
@pytest.mark.parametrize("form", ["plain", "lists"])
@pytest.mark.parametrize("position", [0, 1, 5])
async def test_everything_the_editor_holds_arrives_and_comes_back_alike(position, form, version, open_card) -> None:
    """Each field typed into the editor's own session, checked, sent, and read again as what was wanted."""
    card = await open_card(position=position, version=version, contact_form=form)
    base = await card.base()
    session = Session(VENDOR.fields, base.raw)
    lacking = {"title", "consent_state"} if version == "v2" else set()
    for at, (path, spec) in enumerate(session.specs.items()):
        value = typed(path, spec.kind, spec.words)
        if path not in lacking and session.held(path) != value:
            session.type(path, value, float(at * 10))
    assert len(session.changes) > 15
    found = validate({one.path: one.now for one in session.changes}, VENDOR.fields)
    assert [one for one in found if not one.warning and one.path != "demographics.name_day"] == []
    after = (await card.access.writer.update(base, session.changes)).contact.raw
    fields = {spec.path: spec for spec in forms_in(VENDOR.fields, after)}
    seen = {spec.form_of or spec.path: find(after, spec.path) for spec in fields.values()}
    for one in session.changes:
        spec = session.specs[one.path]
        if one.path == "preferred_language_code":
            assert language_of_three(seen[one.path]) == one.now
        elif one.path != "demographics.name_day":
            assert alike(spec, seen[spec.form_of or spec.path], one.now), one.path


def test_languages_of_both_versions_are_the_same_ones() -> None:
    assert [language_of_three(code) for code in LANGUAGES_2] == list(LANGUAGES_3)
