"""The vendors, one line each. Nothing heavy is imported before a vendor is used."""

from __future__ import annotations

from crmdesk.core.vendor import Vendor
from crmdesk.vendors.bookingsync import VENDOR as BOOKINGSYNC
from crmdesk.vendors.cendyn import VENDOR as CENDYN
from crmdesk.vendors.crmcom_events import VENDOR as CRMCOM_EVENTS
from crmdesk.vendors.crmcom_selfservice import VENDOR as CRMCOM_SELFSERVICE
from crmdesk.vendors.prioticket import VENDOR as PRIOTICKET

VENDORS: tuple[Vendor, ...] = (
    BOOKINGSYNC,
    PRIOTICKET,
    CENDYN,
    CRMCOM_SELFSERVICE,
    CRMCOM_EVENTS,
)
