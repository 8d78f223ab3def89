"""What holds for every vendor, asked of PrioTicket."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.sandbox.people import people
from crmdesk.vendors.prioticket import VENDOR
from crmdesk.vendors.prioticket.fields import CREDENTIALS, ENVIRONMENTS, FIELDS
from crmdesk.vendors.prioticket.sandbox_shape import contact
from tests.helpers.any_json import ANY_JSON, almost_contacts, assert_clean


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_json_gives_a_clean_summary(data: st.DataObject) -> None:
    summary = VENDOR.summarise(data.draw(almost_contacts(VENDOR) | ANY_JSON))
    assert_clean(summary)
    assert summary.kind == summary.texts.get("type", "")
    assert len(summary.company) <= 300


@pytest.mark.parametrize(("address", "title"), ENVIRONMENTS)
def test_every_environment_is_its_own_normal_form(address: str, title: str) -> None:
    assert title
    assert VENDOR.check_base_url(address) == address
    assert VENDOR.check_base_url(address.split("/v3.8")[0]) == address


def test_every_key_the_emulator_knows_is_documented() -> None:
    """Both were written from the same documents, by themselves."""
    documented = {spec.path.split(".")[0] for spec in FIELDS}
    shown = {key for position, person in enumerate(people(300, 3)) for key in contact(person, position + 1, position)}
    assert shown <= documented
    assert documented - shown <= {"contact_age", "contact_birth_place"}


def test_parts_of_records_are_documented_too() -> None:
    def leaves(specs: tuple[FieldSpec, ...]) -> list[FieldSpec]:
        return [leaf for spec in specs for leaf in (spec, *leaves(spec.parts))]

    assert all(spec.source and spec.label for spec in leaves(FIELDS))
    assert {spec.path for spec in FIELDS if spec.masked} == {"contact_passport"}


def test_one_secret_and_plain_settings() -> None:
    kinds = {spec.path: spec.kind for spec in CREDENTIALS}
    assert [path for path, kind in kinds.items() if kind.secret] == ["client_secret"]
    assert [spec.path for spec in CREDENTIALS if spec.required] == ["base_url", "client_id", "client_secret"]
    assert kinds["contact_type"] is FieldKind.CHOICE


def test_what_it_cannot_do_is_said_in_sentences() -> None:
    assert VENDOR.lacks.keys() == {"create", "delete", "send"}
    assert all(sentence.endswith(".") and "PrioTicket" in sentence for sentence in VENDOR.lacks.values())
