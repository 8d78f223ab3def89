"""BookingSync (now Smily) API v3: contacts.

Importing this is cheap: HTTP and the emulator come with their first use.
"""

from __future__ import annotations

from typing import Any

from crmdesk.core.types import Account
from crmdesk.core.vendor import Access, BrowserSignIn, BrowserWay, Secrets, Vendor
from crmdesk.vendors.bookingsync.fields import API_PATH, BROWSER, CODE_REDIRECT, CREDENTIALS, EXPLAINED, FIELDS, barred
from crmdesk.vendors.bookingsync.summary import derive, summarise

BASE_URL = f"https://www.bookingsync.com{API_PATH}"


def _open_access(account: Account, secrets: Secrets, transport: Any = None) -> Access:
    """See `connector.open_access`."""
    from crmdesk.vendors.bookingsync import connector

    return connector.open_access(account, secrets, transport)


def _open_browser(account: Account, secrets: Secrets, transport: Any = None) -> BrowserSignIn:
    """See `signin.Browser`."""
    from crmdesk.vendors.bookingsync.signin import Browser

    return Browser(account, secrets, transport)


def _sandbox(*args: Any, **kwargs: Any) -> Any:
    """See `sandbox.sandbox`: the emulator, an ASGI application serving under API_PATH."""
    from crmdesk.vendors.bookingsync.sandbox import sandbox

    return sandbox(*args, **kwargs)


def _check_base_url(text: str) -> str:
    """Normal form of a typed address; the API's path is added where none was typed. SettingsError with the reason."""
    from crmdesk.net.address import check_base_url

    return check_base_url(text, default_path=API_PATH)


VENDOR = Vendor(
    key="bookingsync",
    title="BookingSync",
    letter="B",
    fields=FIELDS,
    credentials=CREDENTIALS,
    default_base_url=BASE_URL,
    summarise=summarise,
    open_access=_open_access,
    sandbox=_sandbox,
    check_base_url=_check_base_url,
    lacks={
        "history": "BookingSync keeps no earlier states of a contact.",
        "send": "BookingSync has no way to send many rows in one call.",
    },
    derive=derive,
    browser=BrowserWay(_open_browser, ("sign_in", BROWSER), EXPLAINED, code_redirect=CODE_REDIRECT),
    barred=barred,
)
