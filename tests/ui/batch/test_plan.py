"""What a wish makes of each contact, for vendors whose fields are not alike."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from crmdesk.core.fields import FieldKind
from crmdesk.core.outbox import FieldChange, Op, OpKind
from crmdesk.core.types import ContactDetail
from crmdesk.core.vendor import Vendor
from crmdesk.ui.batch.actions import LIMIT as COMMAND_LIMIT
from crmdesk.ui.batch.plan import LIMIT, Candidate, Common, Selection, Way, Wish, common, in_order, result_of, sort_out
from crmdesk.vendors import VENDORS
from tests.ui import fakes

BY_KEY = {vendor.key: vendor for vendor in VENDORS}
BOOKING, PRIO = BY_KEY["bookingsync"], BY_KEY["prioticket"]
BOTH = {"bookingsync": BOOKING.fields, "prioticket": PRIO.fields}


def candidate(values: dict[str, Any], vendor: str = "bookingsync", number: int = 0) -> Candidate:
    return Candidate(fakes.contact(number), vendor, values)


def field(label: str, vendors: dict[str, Any] | None = None) -> Common:
    return next(shared for shared in common(vendors or {"bookingsync": BOOKING.fields}) if shared.label == label)


def made(wish: Wish, values: dict[str, Any], vendor: str = "bookingsync") -> Any:
    return result_of(wish, candidate(values, vendor)).now


def test_the_limit_is_said_once() -> None:
    assert COMMAND_LIMIT == LIMIT


def test_only_what_all_vendors_let_write_is_offered() -> None:
    alone = [shared.label for shared in common({"bookingsync": BOOKING.fields})]
    both = [shared.label for shared in common(BOTH)]
    assert "Languages" in alone and "Gender" in alone
    assert not {"Phones", "Name", "Created"} & set(alone), "nobody shares a phone; the vendor writes the others"
    assert {"First name", "E-mail", "City", "Country"} <= set(both) < set(alone)
    assert "Gender" not in both, "male here is MALE there"
    assert field("City", BOTH).specs["prioticket"].path == "contact_address.city"
    assert common({}) == []


def test_identity_documents_are_no_batch() -> None:
    masked = {spec.label for spec in PRIO.fields if spec.masked}
    assert masked
    assert not masked & {shared.label for shared in common({"prioticket": PRIO.fields})}


def test_each_kind_has_its_ways() -> None:
    assert field("City").ways == (Way.SET, Way.REPLACE), "BookingSync needs a city: it cannot be cleared"
    assert field("State or region").ways == (Way.SET, Way.REPLACE, Way.CLEAR)
    assert field("Languages").ways == (Way.SET, Way.ADD, Way.REMOVE)
    assert field("Country").ways == (Way.SET,)
    assert field("Language", {"prioticket": PRIO.fields}).ways == (Way.SET, Way.CLEAR), "one value is no list"
    needed = {spec.label: spec.required for spec in PRIO.fields}
    assert not needed["City"]
    assert Way.CLEAR not in field("City", BOTH).ways, "one vendor that needs it is enough"


def test_a_value_goes_where_each_vendor_keeps_it() -> None:
    wish = Wish(field("City", BOTH), Way.SET, "Nantes")
    one = result_of(wish, candidate({"city": "Nevers"}))
    other = result_of(wish, candidate({"contact_address": {"city": "Nice"}}, "prioticket"))
    assert one.change == FieldChange("city", "Nevers", "Nantes")
    assert other.change == FieldChange("contact_address.city", "Nice", "Nantes")


def test_lists_are_added_to_and_taken_from() -> None:
    languages = field("Languages")
    assert made(Wish(languages, Way.ADD, ("fr", "de")), {"spoken_languages": ["en", "fr"]}) == ["en", "fr", "de"]
    assert made(Wish(languages, Way.ADD, ("fr",)), {}) == ["fr"]
    assert made(Wish(languages, Way.REMOVE, ("fr",)), {"spoken_languages": ["en", "fr"]}) == ["en"]
    assert made(Wish(languages, Way.SET, ("el",)), {"spoken_languages": ["en", "fr"]}) == ["el"]
    last = result_of(Wish(languages, Way.REMOVE, ("en",)), candidate({"spoken_languages": ["en"]}))
    assert last.problem, "at least one is needed"


def test_text_is_replaced_as_it_was_typed() -> None:
    wish = Wish(field("City"), Way.REPLACE, find="St.", put="Saint ")
    assert made(wish, {"city": "St.Gallen, St.Jakob"}) == "Saint Gallen, Saint Jakob"
    assert not result_of(wish, candidate({"city": "Bern"})).changes
    assert not result_of(wish, candidate({"city": "st.gallen"})).changes
    assert result_of(Wish(field("City"), Way.REPLACE, find="Bern"), candidate({"city": "Bern"})).problem


def test_a_broken_value_is_a_problem_and_the_same_value_is_no_change() -> None:
    email = field("E-mail")
    assert result_of(Wish(email, Way.SET, "nobody"), candidate({"email": "a@example.org"})).problem
    assert not result_of(Wish(email, Way.SET, "a@example.org"), candidate({"email": "a@example.org"})).changes
    broken = result_of(Wish(field("City"), Way.SET, "Bern"), candidate({"email": "broken", "city": "Rom"}))
    assert not broken.problem, "only what is touched is checked"


@pytest.mark.parametrize(
    ("way", "value", "find", "complete"),
    [
        (Way.SET, "", "", False),
        (Way.SET, "x", "", True),
        (Way.ADD, (), "", False),
        (Way.REPLACE, "", "", False),
        (Way.REPLACE, None, "a", True),
        (Way.CLEAR, None, "", True),
    ],
)
def test_half_a_wish_is_none(way: Way, value: Any, find: str, complete: bool) -> None:
    assert Wish(field("City"), way, value, find).complete is complete


def detail(number: int, body: Any, *ops: Op) -> ContactDetail:
    row = fakes.contact(number)
    return ContactDetail(row, json.dumps(body), row.fetched_at, ops)


def test_every_contact_is_a_candidate_or_counted_under_its_reason() -> None:
    def vendor_of(account_id: int) -> Vendor | None:
        return BOOKING if account_id == 1 else None

    waiting = Op(1, "u", 1, 1, OpKind.UPDATE, (FieldChange("city", "Nevers", "Nantes"),))
    found = Selection()
    people = [detail(0, {"city": "Nevers"}, waiting), detail(1, {}), detail(2, {"city": "Rom"}), detail(4, "odd")]
    reasons = {3: "Restricted."}
    sort_out(people, vendor_of, lambda row, _action: reasons.get(row.id), found)
    found.bar("Gone.", 0)
    assert [one.row.id for one in found.candidates] == [1, 5]
    assert found.candidates[0].values["city"] == "Nantes", "on top of what waits"
    assert found.barred == {"It is no longer here.": 1, "Restricted.": 1}
    assert found.left_out == 2


def test_problems_come_first_and_what_stays_last() -> None:
    wish = Wish(field("City"), Way.REPLACE, find="a", put="")
    people = [candidate({"city": name}, number=at) for at, name in enumerate(("Bonn", "Paris", "a", "Graz"))]
    ordered = in_order(result_of(wish, person) for person in people)
    assert [result.was for result in ordered] == ["a", "Paris", "Graz", "Bonn"]


def test_odd_json_is_survived() -> None:
    for spec in BOOKING.fields:
        shared = Common(spec.label, {"bookingsync": spec})
        for odd in (None, 5, [], {}, [[1]], {"a": 1}, "text", True):
            for way in shared.ways:
                value: Any = ("fr",) if spec.kind is FieldKind.LANGUAGES else "x"
                if spec.writable and spec.kind not in (FieldKind.PHONES, FieldKind.RECORDS):
                    result_of(Wish(shared, way, value, "x", "y"), candidate({spec.path: odd}))


def test_specs_that_differ_only_in_their_rules_are_the_same_field() -> None:
    longer = tuple(replace(spec, max_length=5) for spec in BOOKING.fields)
    shared = field("City", {"bookingsync": BOOKING.fields, "other": longer})
    wish = Wish(shared, Way.SET, "Nantes sur Loire")
    assert not result_of(wish, candidate({})).problem
    assert result_of(wish, candidate({}, "other")).problem, "each by its own rules"
