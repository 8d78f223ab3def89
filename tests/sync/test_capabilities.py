"""One map says what can be done with which vendor's contacts, and in words why not (UX-CAP-01, UX-CAP-02)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from crmdesk.core.types import Account, Summary
from crmdesk.core.vendor import Access, Vendor
from crmdesk.sync.capabilities import (
    NO_ACCOUNT,
    REMOVED,
    UNKNOWN,
    of_account,
    of_many,
    of_several,
    offer,
    somewhere,
)

DELETE = "PrioTicket has no way to delete a contact."
LOCAL = ("copy", "export", "raw")


def vendor(key: str, title: str, **lacks: str) -> Vendor:
    return Vendor(
        key=key,
        title=title,
        letter=title[0],
        fields=(),
        credentials=(),
        default_base_url="https://vendor.example",
        summarise=lambda raw: Summary(),
        open_access=lambda *_: Access(check=_nothing, aclose=_nothing),
        sandbox=lambda **_: None,
        check_base_url=str,
        lacks=lacks,
    )


async def _nothing() -> Any:
    return ()


BOOKING = vendor("booking", "Booking")
PRIO = vendor("prio", "PrioTicket", delete=DELETE, create="PrioTicket makes contacts only inside orders.")
EVENTS = vendor("events", "Events", pull="Events has no list.", refresh="Events has no contact to fetch again.")
MAP: Mapping[str, Vendor] = {known.key: known for known in (BOOKING, PRIO, EVENTS)}


def account(number: int, key: str, **changed: Any) -> Account:
    return replace(Account(number, key, f"Account {number}", "https://vendor.example"), **changed)


DESK = [account(1, "booking"), account(2, "prio"), account(3, "events"), account(4, "prio")]


@pytest.mark.parametrize(
    ("known", "action", "reason"),
    [
        (BOOKING, "refresh", None),
        (BOOKING, "history", None),
        (PRIO, "delete", DELETE),
        (EVENTS, "refresh", "Events has no contact to fetch again."),
        (BOOKING, "edit", None),
        (EVENTS, "create", None),
        (BOOKING, "send", "Nothing can be sent to Booking from here yet."),
        (BOOKING, "teleport", "Booking does not offer this."),
        (None, "refresh", UNKNOWN),
        (None, "copy", None),
    ],
)
def test_a_vendors_own_reason_comes_before_what_is_not_here_yet(
    known: Vendor | None, action: str, reason: str | None
) -> None:
    assert offer(known, action) == reason


@pytest.mark.parametrize("action", LOCAL)
def test_what_is_saved_here_can_be_used_whatever_the_vendor_lacks(action: str) -> None:
    assert offer(replace(PRIO, lacks={action: "PrioTicket objects."}), action) is None
    assert of_account(MAP, account(1, "prio", active=False), action) is None


def test_a_removed_account_can_only_be_read() -> None:
    removed = account(1, "booking", active=False)
    assert of_account(MAP, removed, "refresh") == REMOVED
    assert of_account(MAP, replace(removed, active=True), "refresh") is None
    assert of_account({}, account(1, "gone"), "refresh") == UNKNOWN


def test_one_account_that_can_is_enough_for_something_new() -> None:
    assert somewhere(MAP, DESK, "refresh") is None
    assert somewhere(MAP, [], "create") == NO_ACCOUNT
    assert somewhere(MAP, [account(1, "booking", active=False)], "create") == NO_ACCOUNT


def test_what_is_only_not_here_yet_comes_before_what_will_never_be() -> None:
    able = {**MAP, "prio": replace(PRIO, lacks={"send": "PrioTicket takes no lists."})}
    assert somewhere(able, [*DESK, account(5, "booking")], "send") == (
        "Nothing can be sent to Booking or Events from here yet."
    )
    assert somewhere(able, [DESK[0]], "send") == "Nothing can be sent to Booking from here yet."
    assert somewhere(MAP, [DESK[1], DESK[3]], "create") == "PrioTicket makes contacts only inside orders."


def test_a_batch_says_how_many_cannot_and_why() -> None:
    able = {"booking": BOOKING, "prio": PRIO, "events": replace(EVENTS, lacks={"refresh": "Events cannot."})}
    counts = {1: 12, 3: 3}
    assert of_several(able, counts, DESK, "refresh") == "3 of 15 contacts cannot be checked: Events cannot."
    assert of_several(able, {1: 12, 2: 2}, DESK, "refresh") is None
    assert of_several(able, {3: 1}, DESK, "refresh") == "Events cannot."
    assert of_several(able, {3: 1200}, DESK, "refresh") == "These 1,200 contacts cannot be checked: Events cannot."


def test_a_batch_names_every_reason_once() -> None:
    able = {**MAP, "prio": replace(PRIO, lacks={"send": "PrioTicket takes no lists."})}
    later = "Nothing can be sent to Booking or Events from here yet."
    assert of_several(able, {1: 2, 2: 3, 3: 1, 4: 4}, DESK, "send") == (
        f"These 10 contacts cannot be sent: {later} PrioTicket takes no lists."
    )
    assert of_several(able, {1: 2, 3: 1}, DESK, "send") == later
    assert of_several(MAP, {1: 2, 2: 3}, DESK, "delete") == f"3 of 5 contacts cannot be deleted: {DELETE}"
    assert of_several(MAP, {2: 2, 4: 1}, DESK, "delete") == f"These 3 contacts cannot be deleted: {DELETE}"


def test_more_than_can_be_counted_are_judged_by_their_accounts() -> None:
    assert of_many(MAP, 48_213, DESK[:2], "refresh") is None
    assert of_many(MAP, 48_213, DESK, "refresh") == (
        "Some of these 48,213 contacts perhaps cannot be checked: Events has no contact to fetch again."
    )
    assert of_many(MAP, 48_213, [DESK[1]], "delete") == f"These 48,213 contacts cannot be deleted: {DELETE}"
