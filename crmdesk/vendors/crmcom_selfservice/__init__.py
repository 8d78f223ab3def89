"""CRM.COM Self-Service API: the signed-in contact's own profile, and the calls around it.

Importing this is cheap: HTTP and the emulator come with their first use.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crmdesk.core.types import Account
from crmdesk.core.vendor import Access, Secrets, Vendor
from crmdesk.vendors.crmcom_selfservice.fields import BASE_URL, CREDENTIALS, FIELDS, NO_CREATE, NO_DELETE
from crmdesk.vendors.crmcom_selfservice.summary import summarise

API_PATH = "/self-service/v1"


def _open_access(account: Account, secrets: Secrets, transport: Any = None) -> Access:
    """See `connector.open_access`."""
    from crmdesk.vendors.crmcom_selfservice import connector

    return connector.open_access(account, secrets, transport)


def _sandbox(*args: Any, **kwargs: Any) -> Any:
    """See `sandbox.sandbox`: the emulator, an ASGI application serving under API_PATH."""
    from crmdesk.vendors.crmcom_selfservice.sandbox import sandbox

    return sandbox(*args, **kwargs)


def _check_base_url(text: str) -> str:
    """Normal form of a typed address; the API's path is added where none was typed. SettingsError with the reason."""
    from crmdesk.net.address import check_base_url

    return check_base_url(text, default_path=API_PATH)


def _check_account(account: Account) -> None:
    """SettingsError where the version does not fit the end of the address."""
    from crmdesk.vendors.crmcom_selfservice.api import dialect_of

    dialect_of(account)


def _without(account: Account) -> Mapping[str, str]:
    """See `Vendor.without`."""
    from crmdesk.vendors.crmcom_selfservice.dialect import DIALECTS, V1

    return DIALECTS.get(account.config.get("dialect", ""), V1).without


VENDOR = Vendor(
    key="crmcom_selfservice",
    title="CRM.COM Self-Service",
    letter="M",
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
        "history": "CRM.COM Self-Service keeps no earlier states of a contact.",
        "send": "CRM.COM Self-Service has no way to send many rows in one call.",
    },
    record="CRM.COM profile",
    check_account=_check_account,
    guests=True,
    without=_without,
)
