"""Names are turned round for the eye only where it is certain which part is which."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.name_order import NameOrder, arranged, parted
from crmdesk.core.text import sort_key


def key(first: str, last: str) -> str:
    return sort_key(f"{last} {first}" if last else first)


@pytest.mark.parametrize(
    ("first", "last", "name", "family_first"),
    [
        ("Ana", "Ruiz", "Ana Ruiz", "Ruiz, Ana"),
        ("Ana María", "Ruiz", "Ana María Ruiz", "Ruiz, Ana María"),
        ("Ana", "Ruiz", "Ana María Ruiz", "Ruiz, Ana María"),  # a middle name of its own field
        ("Anna", "van der Berg", "Anna van der Berg", "van der Berg, Anna"),
        ("Mary-Ann", "O’Connor", "Mary-Ann O’Connor", "O’Connor, Mary-Ann"),
        ("Łukasz", "Żółć", "Łukasz Żółć", "Żółć, Łukasz"),
        ("太郎", "山田", "太郎 山田", "山田 太郎"),
        ("Anna", "Anna", "Anna Anna", "Anna, Anna"),
        ("3", "Rooms", "3 Rooms", "Rooms, 3"),
        ("Rooms", "42", "Rooms 42", "42, Rooms"),
        ("Cher", "", "Cher", "Cher"),
        ("", "Hotel Astoria", "Hotel Astoria", "Hotel Astoria"),  # nobody knows which part is which
        ("Carla", "Nienow", "Nienow Travel", "Nienow Travel"),  # the company's name, not the person's
        ("", "", "", ""),
        ("", "", "someone@example.com", "someone@example.com"),
    ],
)
def test_the_family_name_leads_where_it_is_known(first: str, last: str, name: str, family_first: str) -> None:
    assert arranged(name, key(first, last), NameOrder.FAMILY) == family_first
    assert arranged(name, key(first, last), NameOrder.GIVEN) == name


def test_by_itself_only_names_in_scripts_that_have_it_so_are_turned() -> None:
    assert arranged("Ana Ruiz", key("Ana", "Ruiz"), NameOrder.AUTO) == "Ana Ruiz"
    assert arranged("Łukasz Żółć", key("Łukasz", "Żółć"), NameOrder.AUTO) == "Łukasz Żółć"
    assert arranged("민준 김", key("민준", "김"), NameOrder.AUTO) == "김 민준"
    assert arranged("小明 王", key("小明", "王"), NameOrder.AUTO) == "王 小明"


@given(first=st.text(max_size=20), last=st.text(max_size=20), name=st.text(max_size=30))
def test_no_letter_is_lost(first: str, last: str, name: str) -> None:
    for shown in (f"{first} {last}", name):
        for order in NameOrder:
            turned = arranged(shown, key(first, last), order)
            assert sorted("".join(turned.replace(",", "").split())) == sorted("".join(shown.replace(",", "").split()))
        given_name, family = parted(shown, key(first, last))
        assert family == "" or shown.strip().startswith(given_name)
