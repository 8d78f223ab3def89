"""Accounts whose records are at one place: an account that was removed and added anew is another one here, and the same
to its vendor. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from crmdesk.core.types import Account
from crmdesk.core.vendor import Vendor

_USUAL_PORT = re.compile(r"^(https://[^/]*?):443(?=/|$)|^(http://[^/]*?):80(?=/|$)")


def same_place(vendor: Vendor | None, one: Account, accounts: Iterable[Account]) -> frozenset[int]:
    """Ids of the accounts that are at the place of `one`, its own among them: the vendor's address, and what says whose
    records those are there (`FieldSpec.place`). Where one of two does not say it, they may be the same. Titles,
    users and whatever else may be set say nothing."""
    places = [spec.path for spec in vendor.credentials if spec.place] if vendor else []

    def fits(other: Account) -> bool:
        if other.vendor != one.vendor or _address(other.base_url) != _address(one.base_url):
            return False
        pairs = ((_plain(one.config.get(path)), _plain(other.config.get(path))) for path in places)
        return all(mine == theirs or not mine or not theirs for mine, theirs in pairs)

    return frozenset({one.id} | {other.id for other in accounts if fits(other)})


def _address(base_url: str) -> str:
    return _USUAL_PORT.sub(lambda found: found[1] or found[2], base_url.strip().casefold()).rstrip("/")


def _plain(text: str | None) -> str:
    return " ".join((text or "").split()).casefold()
