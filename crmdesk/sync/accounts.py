"""Checks of what is typed into an account's form, the account's live access, and where its token comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from crmdesk.core.errors import ForbiddenError, NotFoundError, SettingsError, SignInNeededError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.text import fold
from crmdesk.core.types import Account
from crmdesk.core.vendor import Access, ContactSource, Vendor
from crmdesk.sync.shelf import SecretShelf

LONGEST_TITLE = 80
_SECRET = re.compile(r"(?:[Bb]earer +)?([\x21-\x7e]{1,4096})")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def check_title(title: str, accounts: Iterable[Account], own_id: int = 0) -> str:
    """The title as it is kept. SettingsError("title") if it is empty, too long or taken by another account in use."""
    kept = title.strip()
    if not kept:
        raise SettingsError("The account needs a name.", "Write how you call it, e.g. the hotel's name.", field="title")
    if len(kept) > LONGEST_TITLE or _UNPRINTABLE.search(kept):
        raise SettingsError(
            "This name cannot be used.", f"Use one line of at most {LONGEST_TITLE} characters.", field="title"
        )
    if any(other.active and other.id != own_id and fold(other.title) == fold(kept) for other in accounts):
        raise SettingsError(f"Another account is called “{kept}” already.", "Choose another name.", field="title")
    return kept


def secret_fields(vendor: Vendor) -> list[FieldSpec]:
    return [spec for spec in vendor.credentials if spec.kind is FieldKind.SECRET]


def without_empty(given: Mapping[str, str]) -> dict[str, str]:
    """Only what was typed: a form leaves the stored secrets empty."""
    return {name: value for name, value in given.items() if value.strip()}


def check_secrets(vendor: Vendor, given: Mapping[str, str]) -> dict[str, str]:
    """The vendor's secrets as they are kept. SettingsError(field) for a missing one or one that no header can carry."""
    return {
        spec.path: _secret(spec, given.get(spec.path, ""))
        for spec in secret_fields(vendor)
        if spec.required or given.get(spec.path, "").strip()
    }


def _secret(spec: FieldSpec, text: str) -> str:
    name = spec.label[:1].lower() + spec.label[1:]
    if not text.strip():
        raise SettingsError(f"The {name} is missing.", "Paste it here.", field=spec.path)
    if (found := _SECRET.fullmatch(text.strip())) is None:
        raise SettingsError(
            f"The {name} contains spaces, line breaks or letters that it cannot have.",
            "Copy it again, as one piece.",
            field=spec.path,
        )
    return found[1]


def same_origin(one: str, other: str) -> bool:
    """A token goes only to the origin it was given for."""
    first, second = urlsplit(one), urlsplit(other)
    return (first.scheme, first.netloc.lower()) == (second.scheme, second.netloc.lower())


def is_local(base_url: str) -> bool:
    """True for the simulator on this computer."""
    return urlsplit(base_url).hostname in ("localhost", "127.0.0.1", "::1")


class GivenToken:
    """A token that was just typed."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def current(self) -> str:
        return self._token

    def __repr__(self) -> str:
        return "GivenToken(…)"


class StoredToken:
    """The account's token on the shelf, read anew each time: a changed one counts at once."""

    def __init__(self, shelf: SecretShelf, vendor: Vendor, account: Account) -> None:
        self._shelf = shelf
        self._names = [spec.path for spec in secret_fields(vendor)]
        self._account = account

    async def current(self) -> str:
        found = await self._shelf.of(self._account.id, self._names)
        for name in self._names:
            if found.get(name):
                return found[name]
        raise SignInNeededError(
            f"There is no access token for {self._account.title} on this computer.",
            "Enter it again on the Accounts page.",
        )


class OpenAccounts:
    """Live accesses, one per account. Used in the network thread only: their clients belong to its loop."""

    def __init__(self, shelf: SecretShelf, vendors: Mapping[str, Vendor], transports: Mapping[str, Any]) -> None:
        self._shelf = shelf
        self._vendors = vendors
        self._transports = transports
        self._open: dict[int, tuple[Account, Access]] = {}

    async def access(self, account: Account) -> Access:
        """The account's access, made when first asked for and again after its address has changed."""
        known = self._open.get(account.id)
        if known is not None and known[0].base_url == account.base_url:
            return known[1]
        await self.close(account.id)
        vendor = self._vendors.get(account.vendor)
        if vendor is None:
            raise NotFoundError(f"This version of crmdesk does not know the vendor of {account.title}.")
        tokens = StoredToken(self._shelf, vendor, account)
        access = vendor.open_access(account, tokens, self._transports.get(account.vendor))
        self._open[account.id] = (account, access)
        return access

    async def close(self, account_id: int) -> None:
        known = self._open.pop(account_id, None)
        if known is not None:
            await known[1].aclose()

    async def aclose(self) -> None:
        for account_id in list(self._open):
            await self.close(account_id)


def contacts_of(access: Access, account: Account) -> ContactSource:
    """The account's contacts; ForbiddenError where its vendor has none to list."""
    if access.contacts is None:
        raise ForbiddenError(f"The vendor of {account.title} does not offer a list of contacts.")
    return access.contacts


def check_same_server(vendor: Vendor, account: Account, address: str, given: Mapping[str, str]) -> None:
    """A stored token is sent only to the origin it was entered for: for another one it has to be entered again."""
    missing = [spec for spec in secret_fields(vendor) if spec.required and not given.get(spec.path)]
    if missing and not same_origin(address, account.base_url):
        raise SettingsError(
            "This address is another server. The saved access token is not sent there.",
            "Enter the token for the new address.",
            field=missing[0].path,
        )
