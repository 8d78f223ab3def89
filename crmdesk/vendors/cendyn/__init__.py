"""Cendyn CRM (formerly PUSHTech): contacts are sent with sync_data and cannot be read back.

Importing this is cheap: HTTP and the emulator come with their first use.
"""

from __future__ import annotations

from typing import Any

from crmdesk.core.types import Account
from crmdesk.core.vendor import Access, Secrets, Vendor
from crmdesk.vendors.cendyn.credentials import CREDENTIALS, EUROPE
from crmdesk.vendors.cendyn.fields import FIELDS
from crmdesk.vendors.cendyn.summary import summarise

BASE_URL = EUROPE


def _open_access(account: Account, secrets: Secrets, transport: Any = None) -> Access:
    """See `connector.open_access`."""
    from crmdesk.vendors.cendyn import connector

    return connector.open_access(account, secrets, transport)


def _sandbox(*args: Any, **kwargs: Any) -> Any:
    """See `sandbox.sandbox`: the emulator, an ASGI application."""
    from crmdesk.vendors.cendyn.sandbox import sandbox

    return sandbox(*args, **kwargs)


def _check_base_url(text: str) -> str:
    """Normal form of a typed address, without the `/v2` that belongs to the paths. SettingsError with the reason."""
    from crmdesk.net.address import check_base_url

    return check_base_url(text).removesuffix("/v2")


def _check_account(account: Account) -> None:
    """SettingsError for custom fields that cannot be some."""
    from crmdesk.vendors.cendyn.codec import Defaults

    Defaults.of(account.config)


VENDOR = Vendor(
    key="cendyn",
    title="Cendyn CRM",
    letter="C",
    fields=FIELDS,
    credentials=CREDENTIALS,
    default_base_url=BASE_URL,
    summarise=summarise,
    open_access=_open_access,
    sandbox=_sandbox,
    check_base_url=_check_base_url,
    lacks={
        "refresh": "Cendyn has no way to read a contact back here; crmdesk shows what was sent.",
        "edit": "Cendyn has no way to change a contact in place here; what is sent again replaces it.",
        "create": "Cendyn takes contacts by sending them only; one appears here once it was sent.",
        "delete": "Cendyn has no way to delete a contact here. Delete it at Cendyn.",
        "history": "Cendyn has no way to read earlier states of a contact here.",
    },
    record="What we sent to Cendyn",
    check_account=_check_account,
)
