"""CRM.COM back office (Web API v2): customer events in bulk, and look-ups for composing them.

Importing this is cheap: HTTP and the emulator come with their first use.
"""

from __future__ import annotations

from typing import Any

from crmdesk.core.said import said
from crmdesk.core.types import Account
from crmdesk.core.vendor import Access, Secrets, Vendor
from crmdesk.vendors.crmcom_events.fields import CREDENTIALS, FIELDS
from crmdesk.vendors.crmcom_events.summary import summarise

API_PATH = "/crmapi/rest/v2"
EXAMPLE_URL = f"https://crm.example.com{API_PATH}"
"""Every customer has an installation of its own, so there is no address to start from: this one leads nowhere."""

TITLE = "CRM.COM back office"
LACKS = {
    "pull": said("{vendor} takes events; it has no list of contacts here.", vendor=TITLE),
    "refresh": said("{vendor} takes events; it has no contact to fetch again.", vendor=TITLE),
    "create": said("{vendor} takes events; contacts are made in the back office itself.", vendor=TITLE),
    "edit": said("{vendor} takes events; contacts are changed in the back office itself.", vendor=TITLE),
    "delete": said("{vendor} takes events; it has no way to delete a contact.", vendor=TITLE),
    "history": said("{vendor} keeps no earlier states that could be read.", vendor=TITLE),
}


def _open_access(account: Account, secrets: Secrets, transport: Any = None) -> Access:
    """See `connector.open_access`."""
    from crmdesk.vendors.crmcom_events import connector

    return connector.open_access(account, secrets, transport)


def _sandbox(*args: Any, **kwargs: Any) -> Any:
    """See `sandbox.sandbox`: the emulator, an ASGI application serving under API_PATH."""
    from crmdesk.vendors.crmcom_events.sandbox import sandbox

    return sandbox(*args, **kwargs)


def _check_base_url(text: str) -> str:
    """Normal form of a typed address; the API's path is added where none was typed. SettingsError with the reason, also
    for EXAMPLE_URL left as it is: a password would be sent to a server that is nobody's."""
    from crmdesk.core.errors import SettingsError
    from crmdesk.net.address import check_base_url

    address = check_base_url(text, default_path=API_PATH)
    if address.split("/")[2] == EXAMPLE_URL.split("/")[2]:
        hint = "Replace crm.example.com by the server of your own installation of CRM.COM."
        raise SettingsError("This address is only an example.", hint, field="base_url")
    return address


def _check_account(account: Account) -> None:
    """SettingsError for what a sign-in needs and nobody typed, and for a time zone nobody knows."""
    from crmdesk.vendors.crmcom_events.settings import check_sign_in, read_settings

    check_sign_in(read_settings(account.config))


VENDOR = Vendor(
    key="crmcom_events",
    title=TITLE,
    letter="E",
    fields=FIELDS,
    credentials=CREDENTIALS,
    default_base_url=EXAMPLE_URL,
    summarise=summarise,
    open_access=_open_access,
    sandbox=_sandbox,
    check_base_url=_check_base_url,
    lacks=LACKS,
    record="CRM.COM event",
    check_account=_check_account,
)
