"""Which fields tell about a person, and what is left of a value over the counter."""

from __future__ import annotations

import pytest

from crmdesk.core.fields import FieldKind
from crmdesk.core.masking import DOTS, masked_year
from crmdesk.core.personal import Personal, is_street, personal_of
from crmdesk.vendors import VENDORS

SPECS = [(vendor.key, spec) for vendor in VENDORS for spec in vendor.fields]
IDS = [f"{key}: {spec.path}" for key, spec in SPECS]


@pytest.mark.parametrize(("key", "spec"), SPECS, ids=IDS)
def test_what_is_surely_personal_is_never_taken_for_harmless(key: str, spec: object) -> None:
    """By kind, by being masked, or by a word in its label: independent of how the paths are read."""
    label = spec.label.casefold()  # type: ignore[attr-defined]
    kind, found = spec.kind, personal_of(spec)  # type: ignore[attr-defined,arg-type]
    if kind is FieldKind.EMAIL:
        assert found is Personal.EMAIL
    if kind is FieldKind.PHONES:
        assert found is Personal.PHONE
    if kind.secret:
        return
    words = ("passport", "birth", "street", "postal", "zip", "first name", "last name", "identity", "licence")
    if spec.masked or any(word in label for word in words):  # type: ignore[attr-defined]
        assert found is not None, f"{key}: {label}"


def test_cities_are_no_streets() -> None:
    paths = {spec.path: spec for key, spec in SPECS if key == "bookingsync"}
    assert is_street(paths["address1"]) and is_street(paths["zip"])
    assert not is_street(paths["city"]) and not is_street(paths["country_code"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [("", ""), ("14 March 1985", f"{DOTS} 1985"), ("1985-03-14", f"{DOTS} 1985"), ("14/03", DOTS), ("x19850314", DOTS)],
)
def test_of_a_birth_date_the_year_is_left(text: str, shown: str) -> None:
    assert masked_year(text) == shown
