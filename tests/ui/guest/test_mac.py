"""The address of a device, in any way people write it."""

from __future__ import annotations

import pytest

from crmdesk.ui.guest.mac import read_mac


@pytest.mark.parametrize(
    "typed",
    ["3c:22:fb:6a:89:ab", "3C-22-FB-6A-89-AB", "3c22.fb6a.89ab", "3c22fb6a89ab", " 3C 22 FB 6A 89 AB ",
     "MAC: 3c:22:fb:6a:89:ab", "３C22FB6A89AB", "3c–22–fb–6a–89–ab"],
)  # fmt: skip
def test_every_way_of_writing_gives_the_same_address(typed: str) -> None:
    found = read_mac(typed)
    assert (found.address, found.problem, found.remark) == ("3C-22-FB-6A-89-AB", "", "")


@pytest.mark.parametrize(
    ("typed", "word"),
    [("", "Type"), ("3c22fb6a89a", "11"), ("3c22fb6a89abc", "13"), ("3c22fb6a89ag", "A to F"),
     ("3c22fb6a89ao", "letter O"),
     ("00:00:00:00:00:00", "single"), ("ff:ff:ff:ff:ff:ff", "single"), ("01:00:5e:00:00:01", "single")],
)  # fmt: skip
def test_what_is_no_device_is_refused_with_the_reason(typed: str, word: str) -> None:
    found = read_mac(typed)
    assert not found.address
    assert word in found.problem


def test_a_private_address_is_taken_and_remarked() -> None:
    found = read_mac("3a:22:fb:6a:89:ab")
    assert found.address == "3A-22-FB-6A-89-AB"
    assert "tomorrow" in found.remark
