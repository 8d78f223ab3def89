"""The values between the layers."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.query import CHOICES, SORT_COLUMNS
from crmdesk.core.types import CARD_FLAGS, STATE_FLAGS, Account, AccountState, Cursor, Flag, Sort, State, Summary
from crmdesk.core.vendor import CheckStep


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        (Flag(0), State.CLEAN),
        (Flag.HAS_EMAIL | Flag.HAS_WEBSITE, State.CLEAN),
        (Flag.FORGET | Flag.HAS_EMAIL, State.FORGET),
        (Flag.RESTRICTED | Flag.FORGET, State.RESTRICTED),
        (Flag.CANCELLED | Flag.RESTRICTED | Flag.FORGET, State.CANCELLED),
        (Flag(2 + 8), State.FORGET),
        (Flag.WAITING | Flag.DRAFT, State.WAITING),
        (Flag.WAITING | Flag.RESTRICTED, State.RESTRICTED),
        (Flag.NEEDS_YOU | Flag.WAITING | Flag.CANCELLED, State.NEEDS_YOU),
        (Flag.NEEDS_YOU | Flag.IN_DOUBT, State.IN_DOUBT),
        (Flag.NEEDS_YOU | Flag.CONFLICT | Flag.WAITING, State.CONFLICT),
        (Flag.DRAFT | Flag.HAS_EMAIL, State.DRAFT),
    ],
)
def test_the_worst_state_is_shown(flags: Flag, state: State) -> None:
    assert flags.state is state


def test_severity_is_the_order_of_the_states() -> None:
    assert list(State) == [
        State.CONFLICT,
        State.IN_DOUBT,
        State.NEEDS_YOU,
        State.CANCELLED,
        State.RESTRICTED,
        State.FORGET,
        State.WAITING,
        State.DRAFT,
        State.CLEAN,
    ]
    found = [Flag(1 << bit).state for bit in range(len(Flag))]
    assert set(State) == set(found), "each of them can be shown"


OWN_WORDS = {"needsyou": "NEEDS_YOU", "unknown": "IN_DOUBT"}


def test_every_searchable_choice_has_its_flag() -> None:
    """`is:` and `has:` values are names of flags, so a new one cannot be searched without being kept."""
    asked = {Flag[OWN_WORDS.get(value, value.upper())] for value in CHOICES["is"]}
    assert asked == {flag for flag in Flag if flag & (STATE_FLAGS | CARD_FLAGS)}, "and every state can be searched"
    for value in (*CHOICES["has"], *CHOICES["no"]):
        assert Flag[f"HAS_{value.upper()}"]


def test_flags_do_not_share_bits() -> None:
    assert len({flag.value for flag in Flag}) == len(Flag)
    assert all(flag.value.bit_count() == 1 for flag in Flag)


def test_what_is_not_said_is_empty() -> None:
    summary = Summary()
    assert (summary.name, summary.phones, summary.flags.state, dict(summary.texts)) == ("", (), State.CLEAN, {})
    assert Cursor() == Cursor(since="", page=1, next_since="")
    account = Account(0, "bookingsync", "Rentals", "https://x.example")
    assert (account.state, account.active, dict(account.config)) == (AccountState.NEW, True, {})
    assert Sort().column in SORT_COLUMNS
    assert FieldSpec("email", "E-mail").kind is FieldKind.TEXT
    assert CheckStep("Rights", None, "Not tried.").ok is None


def test_values_do_not_change_under_their_readers() -> None:
    with pytest.raises(FrozenInstanceError):
        Summary().name = "x"  # type: ignore[misc]
    assert Summary().texts is not Summary().texts
