"""The same guests at several vendors."""

from __future__ import annotations

from crmdesk.sandbox.guests import SEASIDE, SEASIDE_PEOPLE, guests
from crmdesk.sandbox.people import people


def test_the_same_ones_every_time_and_as_many_as_asked_for() -> None:
    assert list(guests(60, 21)) == list(guests(60, 21))
    assert len(list(guests(60, 21))) == 60


def test_some_are_known_at_the_first_account_by_e_mail_or_phone_and_most_are_not() -> None:
    seaside = list(people(SEASIDE_PEOPLE, SEASIDE))
    emails = {person.email for person in seaside if person.email}
    numbers = {phone.number for person in seaside for phone in person.phones}
    found = list(guests(200, 21))
    known = [one for one in found if one.email in emails or any(phone.number in numbers for phone in one.phones)]
    assert 25 <= len(known) <= 60
    names = {(person.given, person.family) for person in seaside}
    assert any((one.given, one.family) not in names for one in known), "some are spelt differently"
    assert any((one.given, one.family) in names for one in known)


def test_two_vendors_share_some_and_each_has_some_alone() -> None:
    one = {person.email for person in guests(150, 21, offset=0) if person.email}
    other = {person.email for person in guests(150, 31, offset=9) if person.email}
    assert one & other
    assert one - other
