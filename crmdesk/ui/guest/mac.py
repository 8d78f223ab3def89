"""The address of a device’s network card, as people read it from a screen, checked and brought into one form."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crmdesk.core.said import said, said_of
from crmdesk.core.text import fold

_ASIDE = re.compile(r"[\s:.\-–—_]+")
_HEX = re.compile(r"[0-9a-f]+")
_DIGITS = 12
_GROUP = 1  # the first byte's lowest bit: no single device
_RANDOM = 2  # and the next one: made up by the device itself


@dataclass(frozen=True, slots=True)
class Mac:
    """`address` is `01-23-45-67-89-AB`, '' where it is none: then `problem` says why. `remark`: good, but doubtful."""

    address: str = ""
    problem: str = ""
    remark: str = ""


def read_mac(typed: str) -> Mac:
    """Colons, hyphens, dots, blanks or nothing between the digits, full-width ones too. Texts are to be translated."""
    digits = _ASIDE.sub("", fold(typed).strip()).removeprefix("mac")
    if not digits:
        return Mac(problem="Type the device’s Wi-Fi address (MAC).")
    odd = _HEX.sub("", digits)
    if odd:
        if "o" in odd:
            return Mac(problem="There is a letter O in it; this address has the digit 0 only.")
        return Mac(problem="Only the digits 0 to 9 and the letters A to F are in such an address.")
    if len(digits) != _DIGITS:
        if len(digits) < _DIGITS:
            few = said_of(len(digits), "It has 12 digits; here is only 1.", "It has 12 digits; here are only {n}.")
            return Mac(problem=few)
        return Mac(problem=said("It has 12 digits; here are {count}.", count=len(digits)))
    first = int(digits[:2], 16)
    if digits in ("0" * _DIGITS, "f" * _DIGITS) or first & _GROUP:
        return Mac(problem="This is no address of a single device. Look at it again.")
    address = "-".join(digits[at : at + 2] for at in range(0, _DIGITS, 2)).upper()
    remark = "A private address: the device may have another one tomorrow." if first & _RANDOM else ""
    return Mac(address, remark=remark)
