"""The one map of what may be done with a vendor's contacts: menus, buttons, palette and help all ask here (UX-CAP-01).

A vendor's folder says what its API cannot do (`Vendor.lacks`, by the names of ACTIONS); what crmdesk itself cannot do
yet is said here. Every answer is None, for "can be done", or a sentence for the tooltip."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from crmdesk.core.said import said, together

if TYPE_CHECKING:
    from crmdesk.core.types import Account
    from crmdesk.core.vendor import Vendor

    Vendors = Mapping[str, Vendor]

UNKNOWN: Final = "This version of crmdesk does not know this vendor. What is saved can be read."
REMOVED: Final = "This account was removed; its contacts were kept and can only be read."
NO_ACCOUNT: Final = "Connect an account first."


@dataclass(frozen=True, slots=True)
class Action:
    """`some`, `all` and `perhaps` say for how many contacts it cannot be done. `local`: only what is saved here is
    needed, so no vendor can lack it. `later`: crmdesk cannot do it yet; `{vendor}` stands for one title or several."""

    some: str = ""
    all: str = ""
    perhaps: str = ""
    local: bool = False
    later: str = ""


OTHER: Final = Action(
    "{cannot} of {n} contacts cannot be used for this:",
    "These {n} contacts cannot be used for this:",
    "Some of these {n} contacts perhaps cannot be used for this:",
)
ACTIONS: Final[Mapping[str, Action]] = {
    "pull": Action(
        "{cannot} of {n} contacts cannot be fetched:",
        "These {n} contacts cannot be fetched:",
        "Some of these {n} contacts perhaps cannot be fetched:",
    ),
    "refresh": Action(
        "{cannot} of {n} contacts cannot be checked:",
        "These {n} contacts cannot be checked:",
        "Some of these {n} contacts perhaps cannot be checked:",
    ),
    "history": Action(
        "{cannot} of {n} contacts cannot be shown as they were:",
        "These {n} contacts cannot be shown as they were:",
        "Some of these {n} contacts perhaps cannot be shown as they were:",
    ),
    "copy": Action(local=True),
    "export": Action(local=True),
    "raw": Action(local=True),
    "extract": Action(local=True),
    "erase": Action(local=True),
    "create": Action(
        "{cannot} of {n} contacts cannot be made:",
        "These {n} contacts cannot be made:",
        "Some of these {n} contacts perhaps cannot be made:",
    ),
    "edit": Action(
        "{cannot} of {n} contacts cannot be changed:",
        "These {n} contacts cannot be changed:",
        "Some of these {n} contacts perhaps cannot be changed:",
    ),
    "delete": Action(
        "{cannot} of {n} contacts cannot be deleted:",
        "These {n} contacts cannot be deleted:",
        "Some of these {n} contacts perhaps cannot be deleted:",
    ),
    "send": Action(
        "{cannot} of {n} contacts cannot be sent:",
        "These {n} contacts cannot be sent:",
        "Some of these {n} contacts perhaps cannot be sent:",
        later="Nothing can be sent to {vendor} from here yet.",
    ),
}


def offer(vendor: Vendor | None, action: str) -> str | None:
    """None if `action` is available for this vendor's contacts. What the vendor lacks comes before what is not here
    yet: it will not come with the next version."""
    known = ACTIONS.get(action)
    if known is not None and known.local:
        return None
    if vendor is None:
        return UNKNOWN
    if action in vendor.lacks:
        return vendor.lacks[action]
    if known is None:
        return said("{vendor} does not offer this.", vendor=vendor.title)
    return _later(known, [vendor]) if known.later else None


def of_account(vendors: Vendors, account: Account, action: str) -> str | None:
    """As `offer`, for the contacts of one account."""
    local = action in ACTIONS and ACTIONS[action].local
    if not account.active and not local:
        return REMOVED
    vendor = vendors.get(account.vendor)
    return offer(vendor, action) or barred(vendor, account, action)


def barred(vendor: Vendor | None, account: Account, action: str) -> str | None:
    """Why this account's way to sign in does not allow what its vendor offers; None where it does."""
    return vendor.barred(account).get(action) if vendor is not None else None


def somewhere(vendors: Vendors, accounts: Iterable[Account], action: str) -> str | None:
    """As `offer`, where any one account will do. Where none does: the reasons of all, what is just not here yet
    first."""
    active = [account for account in accounts if account.active]
    if not active:
        return NO_ACCOUNT
    if any(of_account(vendors, account, action) is None for account in active):
        return None
    return _not_yet(vendors, active, action) or _reasons(vendors, active, action)


def of_several(vendors: Vendors, counts: Mapping[int, int], accounts: Sequence[Account], action: str) -> str | None:
    """As `offer`, for several contacts at once: `counts` says how many of each account, by its id. All must allow it
    (UX-LST-08)."""
    concerned = [account for account in accounts if counts.get(account.id)]
    barred = [account for account in concerned if of_account(vendors, account, action) is not None]
    if not barred:
        return None
    total, cannot = sum(counts.values()), sum(counts[account.id] for account in barred)
    why = _reasons(vendors, barred, action)
    if total == 1 or (cannot == total and why == _not_yet(vendors, barred, action)):
        return why
    known = ACTIONS.get(action, OTHER)
    if cannot == total:
        return together(said(known.all, n=total), why)
    return together(said(known.some, cannot=cannot, n=total), why)


def of_many(vendors: Vendors, total: int, accounts: Sequence[Account], action: str) -> str | None:
    """As `of_several`, for more contacts than can be counted at once: they belong to some of these accounts."""
    barred = [account for account in accounts if of_account(vendors, account, action) is not None]
    if not barred:
        return None
    all_of_them = len(barred) == len(accounts)
    known = ACTIONS.get(action, OTHER)
    return together(said(known.all if all_of_them else known.perhaps, n=total), _reasons(vendors, barred, action))


def _reasons(vendors: Vendors, accounts: Sequence[Account], action: str) -> str:
    """Every reason once, what is just not here yet first."""
    lacking = [of_account(vendors, account, action) for account in accounts if not _is_later(vendors, account, action)]
    return together(*dict.fromkeys(filter(None, [_not_yet(vendors, accounts, action), *lacking])))


def _not_yet(vendors: Vendors, accounts: Sequence[Account], action: str) -> str:
    """One sentence for all vendors that could do it if crmdesk could; '' if there is none."""
    able = {account.vendor: vendors[account.vendor] for account in accounts if _is_later(vendors, account, action)}
    return _later(ACTIONS[action], list(able.values())) if able else ""


def _is_later(vendors: Vendors, account: Account, action: str) -> bool:
    """Whether only crmdesk stands in the way."""
    vendor, known = vendors.get(account.vendor), ACTIONS.get(action)
    return bool(account.active and vendor and action not in vendor.lacks and known and known.later)


def _later(action: Action, vendors: Sequence[Vendor]) -> str:
    titles = list(dict.fromkeys(vendor.title for vendor in vendors))
    named = titles[0] if len(titles) == 1 else said("{first} or {last}", first=", ".join(titles[:-1]), last=titles[-1])
    return said(action.later, vendor=named)
