"""Which lines the Outbox shows, and what can be done with each."""

from __future__ import annotations

import json

import pytest

from crmdesk.core.fields import FieldSpec
from crmdesk.core.outbox import OpKind, OpState, Request
from crmdesk.ui.outbox import listing
from crmdesk.ui.outbox.listing import Filter, Group
from crmdesk.ui.outbox.offers import AFTER, LEAVING, LOOK_FIRST, OFFLINE, Offer, Situation, offers
from crmdesk.ui.outbox.request_box import request_text
from tests.ui.outbox_fakes import at, drafts, every_state, op


def keys(shown: Filter) -> list[str]:
    return [line.key for line in listing.arrange(every_state(), drafts(), {}, shown)]


def test_what_needs_a_person_comes_first_then_waiting_done_and_unsaved() -> None:
    assert keys(Filter.ALL) == [
        "head:NEEDS_YOU", "op:1", "op:2", "op:3", "op:4", "op:5", "op:6",
        "head:WAITING", "op:7", "op:8", "op:9", "op:10", "op:11",
        "head:SENT", "op:12", "op:13",
        "head:DRAFTS", "draft:contact:3", "draft:new:7",
    ]  # fmt: skip


def test_edits_of_one_contact_stand_together_in_their_order() -> None:
    """Also where the first was made long before, or the later one is the one in trouble."""
    ops = [op(5, OpState.REJECTED, contact_id=9), op(2, contact_id=9), op(3, contact_id=8)]
    lines = listing.arrange(ops, [], {})
    assert [(line.key, line.after) for line in lines if not line.heading] == [("op:2", 0), ("op:5", 2), ("op:3", 0)]
    assert [line.group for line in lines if line.op and line.op.contact_id == 9] == [Group.NEEDS_YOU] * 2
    assert lines[0].count == 1  # one of the two needs somebody


def test_what_was_sent_does_not_hold_up_what_comes_after() -> None:
    sent = op(1, OpState.CONFIRMED, contact_id=9, closed_at=at(5))
    assert [line.after for line in listing.arrange([sent, op(2, contact_id=9)], [], {}) if line.op] == [0, 0]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (Filter.NEEDS_YOU, ["op:1", "op:2", "op:3", "op:4", "op:5", "op:6"]),
        (Filter.WAITING, ["op:3", "op:7", "op:8", "op:9", "op:10", "op:11"]),
        (Filter.SENT, ["op:12", "op:13"]),
        (Filter.DRAFTS, ["draft:contact:3", "draft:new:7"]),
    ],
)
def test_filters_show_one_kind_without_headings(shown: Filter, expected: list[str]) -> None:
    assert keys(shown) == expected


def test_the_chips_count_what_they_show() -> None:
    assert listing.counts(every_state(), drafts()) == {
        Filter.ALL: 15, Filter.NEEDS_YOU: 5, Filter.WAITING: 6, Filter.SENT: 2, Filter.DRAFTS: 2,
    }  # fmt: skip


def test_the_time_of_the_last_send() -> None:
    assert listing.last_sent(every_state()) == at(6)
    assert listing.last_sent([op(1)]) == ""


# what can be done


def offered(state: OpState, kind: OpKind = OpKind.UPDATE, **situation: object) -> dict[str, Offer]:
    return {offer.key: offer for offer in offers(kind, state, Situation(**situation))}  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (OpState.PENDING, ["try", "hold", "edit", "contact", "discard"]),
        (OpState.HELD, ["release", "edit", "contact", "discard"]),
        (OpState.REJECTED, ["edit", "try", "contact", "discard"]),
        (OpState.PARKED, ["try", "edit", "hold", "contact", "discard"]),
        (OpState.CONFLICT, ["resolve", "contact", "discard"]),
        (OpState.GONE, ["create", "draft", "drop", "contact"]),
        (OpState.IN_DOUBT, ["look", "sent", "again", "contact", "discard"]),
        (OpState.CONFIRMED, ["contact"]),
        (OpState.DROPPED, ["contact"]),
    ],
)
def test_buttons_of_each_state(state: OpState, expected: list[str]) -> None:
    assert list(offered(state)) == expected


@pytest.mark.parametrize("state", list(OpState))
@pytest.mark.parametrize("kind", list(OpKind))
def test_at_most_one_main_button_and_no_contact_of_a_deletion(state: OpState, kind: OpKind) -> None:
    made = offered(state, kind)
    assert sum(offer.main for offer in made.values()) <= 1
    assert ("contact" in made) is (kind is not OpKind.DELETE)
    if kind is OpKind.DELETE:
        assert "edit" not in made


def test_reasons_why_not() -> None:
    assert offered(OpState.PENDING)["try"].why is None
    assert offered(OpState.PENDING, after=True)["try"].why == AFTER
    assert offered(OpState.PENDING, offline=True)["try"].why == OFFLINE
    assert offered(OpState.SENDING)["discard"].why == LEAVING
    assert offered(OpState.GONE, no_create="It cannot make contacts.")["create"].why == "It cannot make contacts."
    assert offered(OpState.GONE, no_create="It cannot make contacts.")["drop"].why is None


def test_a_lost_create_is_sent_again_only_after_a_look() -> None:
    assert offered(OpState.IN_DOUBT)["again"].why == LOOK_FIRST
    assert offered(OpState.IN_DOUBT, looked=True)["again"].why is None


# the request


def test_the_request_as_it_goes_out() -> None:
    text = request_text(Request("PUT", "https://vendor.example/contacts/9", '{"contacts":[{"city":"Nantes"}]}'))
    assert text.startswith("PUT https://vendor.example/contacts/9\n\n{")
    assert '"city": "Nantes"' in text
    assert request_text(Request("DELETE", "https://vendor.example/contacts/9")) == (
        "DELETE https://vendor.example/contacts/9"
    )


def test_document_numbers_in_a_request_are_dots() -> None:
    specs = (FieldSpec("papers.passport", "Passport", masked=True), FieldSpec("city", "City"))
    body = json.dumps({"data": [{"papers": {"passport": "AB123456"}, "city": "Nantes"}]})
    text = request_text(Request("PUT", "https://vendor.example", body), specs)
    assert "AB123456" not in text
    assert "Nantes" in text
