"""PrioTicket Distributor API v3.8: contacts.

Importing this is cheap: HTTP and the emulator come with their first use.
"""

from __future__ import annotations

from typing import Any

from crmdesk.core.types import Account
from crmdesk.core.vendor import Access, Secrets, Vendor
from crmdesk.vendors.prioticket.fields import API_PATH, CREDENTIALS, ENVIRONMENTS, FIELDS, NO_CREATE, NO_DELETE
from crmdesk.vendors.prioticket.summary import summarise

BASE_URL = ENVIRONMENTS[0][0]


def _open_access(account: Account, secrets: Secrets, transport: Any = None) -> Access:
    """See `connector.open_access`."""
    from crmdesk.vendors.prioticket import connector

    return connector.open_access(account, secrets, transport)


def _sandbox(*args: Any, **kwargs: Any) -> Any:
    """See `sandbox.sandbox`: the emulator, an ASGI application serving under API_PATH."""
    from crmdesk.vendors.prioticket.sandbox import sandbox

    return sandbox(*args, **kwargs)


def _check_base_url(text: str) -> str:
    """Normal form of a typed address; the API's path is added where none was typed. SettingsError with the reason."""
    from crmdesk.net.address import check_base_url

    return check_base_url(text, default_path=API_PATH)


VENDOR = Vendor(
    key="prioticket",
    title="PrioTicket",
    letter="P",
    fields=FIELDS,
    credentials=CREDENTIALS,
    default_base_url=BASE_URL,
    summarise=summarise,
    open_access=_open_access,
    sandbox=_sandbox,
    check_base_url=_check_base_url,
    lacks={
        "create": NO_CREATE,
        "delete": NO_DELETE,
        "send": "PrioTicket has no way to send many rows in one call.",
    },
    record="PrioTicket contact",
    orders="Also change these orders",
    resends=True,
)
