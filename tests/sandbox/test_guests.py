"""The same guests at several vendors."""

from __future__ import annotations

from crmdesk.sandbox.guests import SEASIDE, SEASIDE_PEOPLE, guests, twins
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


def test_who_is_known_elsewhere_is_known_by_more_or_less() -> None:
    """Pairs of differing strength: by everything, by e-mail with another spelling, by phone with another address."""
    seaside = {person.email: person for person in people(SEASIDE_PEOPLE, SEASIDE) if person.email}
    phones = {phone.number: person for person in seaside.values() for phone in person.phones}
    kinds: dict[tuple[bool, bool, bool], int] = {}
    for one in guests(150, 21):
        by_phone = next((phones[phone.number] for phone in one.phones if phone.number in phones), None)
        if (twin := seaside.get(one.email) or by_phone) is not None:
            same = (one.email == twin.email, by_phone is twin, (one.given, one.family) == (twin.given, twin.family))
            kinds[same] = kinds.get(same, 0) + 1
    assert kinds[True, True, True] >= 5, "certain"
    assert kinds[True, False, False] >= 3, "the e-mail address alone"
    assert kinds[False, True, False] >= 3, "the phone alone"


def test_some_stand_twice_in_one_account() -> None:
    seaside = list(people(SEASIDE_PEOPLE, SEASIDE))
    emails = {person.email for person in seaside}
    numbers = {phone.number for person in seaside for phone in person.phones}
    twice = twins(3)
    assert len(twice) == 3
    assert all(one.email in emails or {phone.number for phone in one.phones} & numbers for one in twice)
