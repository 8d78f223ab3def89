"""A rule of ours that the vendor does not share says so from then on; a document that has run out is warned of."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.errors import Problem, RejectedError
from crmdesk.sync.accepted import Accepted, Rules, mark_of
from crmdesk.sync.validation import Finding, validate
from crmdesk.vendors.crmcom_selfservice.fields import FIELDS as CRMCOM
from crmdesk.vendors.prioticket.fields import FIELDS as PRIOTICKET
from tests.helpers.front_desk import FrontDesk
from tests.helpers.memory_vendor import FIELDS

TODAY = date(2026, 11, 28)
UNTIL = "demographics.passport.expiration_date"
DOUBTFUL = "ana@guest.local"  # a warning: the standards reserve that name


@pytest.mark.parametrize(
    ("value", "warned"),
    [
        ("2026-11-27", True),
        ("2026-11-28", False),
        ("2031-05-01", False),
        ({"year": 2020, "month": 2, "day": 3}, True),
        ({"month": 2, "day": 3}, False),
        (1893456000, False),
        (1577836800, True),
        ("1577836800", True),
    ],
)
def test_a_document_that_has_run_out_is_warned_of(value: Any, warned: bool) -> None:
    found = validate({UNTIL: value}, CRMCOM, today=TODAY)
    assert [(one.code, one.warning) for one in found] == ([("expired", True)] if warned else [])
    assert not any(one.code == "expired" for one in validate({UNTIL: value}, CRMCOM))


def test_days_of_other_fields_may_have_passed() -> None:
    dates = {spec.path: "1990-01-31" for spec in CRMCOM if spec.kind.name == "DATE" and not spec.ends}
    assert dates
    assert not [one for one in validate(dates, CRMCOM, today=TODAY) if one.code == "expired"]


def test_only_what_a_vendor_may_refuse_is_remembered_and_no_value_of_a_guest() -> None:
    values = {"phones.3.number": "06 12 34", "contact_type": "MANAGER"}
    assert (
        mark_of(Finding("phones.3.number", "phone_prefix", "", warning=True), values) == "phones.*.number phone_prefix"
    )
    assert mark_of(Finding("contact_type", "upcoming", "", warning=True), values) == "contact_type upcoming MANAGER"
    assert mark_of(Finding("email", "email_domain", "", warning=True), values) == ""
    assert mark_of(Finding("email", "email_form", ""), values) == "", "an error is never sent"


def test_the_warning_says_that_the_vendor_took_such_a_value() -> None:
    plain, told = (Rules("PrioTicket", taken, TODAY) for taken in (frozenset(), {"contact_type upcoming MANAGER"}))
    (before,), (after,) = (rules.validate({"contact_type": "MANAGER"}, PRIOTICKET) for rules in (plain, told))
    assert before.text == "The vendor has announced this value and may refuse it yet."
    assert after.text == f"{before.text} PrioTicket has accepted such a value before."
    assert (after.code, after.warning, after.fix) == (before.code, True, before.fix)
    assert told.validate({"contact_type": "SUPPORT"}, PRIOTICKET)[0].text == before.text, "another value of the list"


async def test_it_is_learned_from_the_vendors_answer_and_outlives_the_program(tmp_path: Path) -> None:
    async with FrontDesk(tmp_path / "desk.db") as desk:
        await desk.pull()
        accepted = desk.services.sending.accepted
        await desk.change("2", email=DOUBTFUL)
        assert accepted.known("memory") == frozenset(), "nobody has taken it yet"
        await desk.push()
        assert desk.memory.contacts["2"]["email"] == DOUBTFUL
        assert accepted.known("memory") == {"email email_form"}
        await desk.change("1", city="Nantes")
        await desk.push()
        assert accepted.known("memory") == {"email email_form"}
        again = Accepted(desk.database)
        again.load()
        assert again.known("memory") == {"email email_form"}
        (found,) = Rules("Memory", again.known("memory"), TODAY).validate({"email": "bob@guest.local"}, FIELDS)
        assert found.text.endswith("Memory has accepted such a value before.")


async def test_a_refusal_teaches_nothing(tmp_path: Path) -> None:
    async with FrontDesk(tmp_path / "desk.db") as desk:
        await desk.pull()

        def refuse(_values: Any) -> None:
            raise RejectedError("No.", "", problems=(Problem("email", "bad", "No such address."),))

        desk.memory.refuse = refuse
        await desk.change("2", email=DOUBTFUL)
        await desk.push()
        assert desk.services.sending.accepted.known("memory") == frozenset()
