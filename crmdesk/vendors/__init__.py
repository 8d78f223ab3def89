"""The vendors, one line each. Nothing heavy is imported before a vendor is used."""

from __future__ import annotations

from crmdesk.core.vendor import Vendor
from crmdesk.vendors.bookingsync import VENDOR as BOOKINGSYNC

VENDORS: tuple[Vendor, ...] = (
    BOOKINGSYNC,
)  # fmt: skip
