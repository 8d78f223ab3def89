"""The one map of what may be done with a vendor's contacts: menus, buttons, palette and help all ask here."""

from __future__ import annotations

from crmdesk.core.vendor import Vendor

# action → what is said where the vendor gives no reason of its own; None = every vendor that can be listed can do it
ACTIONS: dict[str, str | None] = {
    "pull": None,
    "refresh": None,
    "copy": None,
    "export": None,
    "raw": None,
    "create": "New contacts cannot be made here yet. Make them at {vendor}; they appear with the next check.",
    "edit": "Contacts cannot be changed here yet. Change them at {vendor}; the change appears with the next check.",
    "delete": "Contacts cannot be deleted here yet. Delete them at {vendor}; they go with the next check.",
}


def offer(vendor: Vendor | None, action: str) -> str | None:
    """None if `action` is available for this vendor's contacts, else the sentence for the tooltip."""
    if vendor is None:
        return "This version of crmdesk does not know this vendor. What is saved can be read."
    if action in vendor.lacks:
        return vendor.lacks[action]
    reason = ACTIONS.get(action, "{vendor} does not offer this.")
    return reason.format(vendor=vendor.title) if reason else None
