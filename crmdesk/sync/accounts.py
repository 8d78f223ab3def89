"""Checks of what is typed into an account's form, the account's live access, and where its token comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from crmdesk.core.errors import ForbiddenError, NotFoundError, OfflineError, SettingsError, SignInNeededError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.text import fold
from crmdesk.core.types import Account
from crmdesk.core.vendor import Access, ContactSource, Vendor
from crmdesk.sync.shelf import SecretShelf

LONGEST_TITLE = 80
LONGEST_SETTING = 300
LONGEST_PASSWORD = 1000
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
    return [spec for spec in vendor.credentials if spec.kind.secret]


def secret_names(vendor: Vendor) -> list[str]:
    return [spec.path for spec in secret_fields(vendor)]


def setting_fields(vendor: Vendor) -> list[FieldSpec]:
    """What an account has besides its address and its secrets; kept in `Account.config`."""
    return [spec for spec in vendor.credentials if not spec.kind.secret and spec.path != "base_url"]


def selecting(vendor: Vendor) -> set[str]:
    """The settings that decide whose contacts are listed."""
    return {spec.path for spec in vendor.credentials if spec.selects}


def check_settings(vendor: Vendor, given: Mapping[str, str]) -> dict[str, str]:
    """The vendor's plain settings as they are kept. SettingsError(field) for a missing one, one that is no single line,
    or none of its choices."""
    return {spec.path: _setting(spec, given.get(spec.path, "").strip()) for spec in setting_fields(vendor)}


def _setting(spec: FieldSpec, text: str) -> str:
    name = _low(spec.label)
    if spec.required and not text:
        raise SettingsError(f"The {name} is missing.", "Enter it here.", field=spec.path)
    if len(text) > (spec.max_length or LONGEST_SETTING) or _UNPRINTABLE.search(text):
        raise SettingsError(f"The {name} cannot be used.", "Copy it again, as one short line.", field=spec.path)
    if text and spec.kind is FieldKind.CHOICE and text not in dict(spec.words):
        choices = ", ".join(code for code, _ in spec.words if code)
        raise SettingsError(f"The {name} cannot be “{text[:40]}”.", f"It is one of: {choices}.", field=spec.path)
    return text


def without_empty(given: Mapping[str, str]) -> dict[str, str]:
    """Only what was typed: a form leaves the stored secrets empty."""
    return {name: value for name, value in given.items() if value.strip()}


def check_secrets(vendor: Vendor, given: Mapping[str, str], *, partly: bool = False) -> dict[str, str]:
    """The vendor's secrets as they are kept. SettingsError(field) for one that cannot be sent and, unless `partly`, for
    a missing one."""
    return {
        spec.path: _secret(spec, given.get(spec.path, ""))
        for spec in secret_fields(vendor)
        if given.get(spec.path, "").strip() or (spec.required and not partly)
    }


def _secret(spec: FieldSpec, text: str) -> str:
    name = _low(spec.label)
    if not text.strip():
        raise SettingsError(f"The {name} is missing.", "Paste it here.", field=spec.path)
    if spec.kind is FieldKind.PASSWORD and len(text) <= LONGEST_PASSWORD and not _UNPRINTABLE.search(text):
        return text
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


class GivenSecrets:
    """Secrets that were just typed."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given

    async def get(self, path: str) -> str:
        return self._given.get(path, "")

    def __repr__(self) -> str:
        return "GivenSecrets(…)"


class StoredSecrets:
    """The account's secrets on the shelf, read anew each time: a changed one counts at once.

    They are given for the server that `account` names, and no longer once the account has moved to another one: a call
    that was begun before must not bring the new secret to the old server."""

    def __init__(self, shelf: SecretShelf, vendor: Vendor, account: Account) -> None:
        self._shelf = shelf
        self._specs = {spec.path: spec for spec in secret_fields(vendor)}
        self._account = account

    async def get(self, path: str) -> str:
        spec = self._specs[path]
        found = (await self._shelf.of(self._account.id, list(self._specs))).get(path, "")
        now = await self._shelf.address(self._account.id)  # behind the secret, which changes together with it
        if now and not same_origin(now, self._account.base_url):
            raise OfflineError(f"The address of {self._account.title} was changed meanwhile.", "Try it again.")
        if spec.required and not found:
            raise SignInNeededError(
                f"There is no {_low(spec.label)} for {self._account.title} on this computer.",
                "Enter it again on the Accounts page.",
            )
        return found


class OpenAccounts:
    """Live accesses, one per account. Used in the network thread only: their clients belong to its loop."""

    def __init__(self, shelf: SecretShelf, vendors: Mapping[str, Vendor], transports: Mapping[str, Any]) -> None:
        self._shelf = shelf
        self._vendors = vendors
        self._transports = transports
        self._open: dict[int, tuple[Account, Access]] = {}

    async def access(self, account: Account) -> Access:
        """The account's access, made when first asked for and again after its address or a setting has changed."""
        known = self._open.get(account.id)
        if known is not None and self._alike(known[0], account):
            return known[1]
        old = self._open.pop(account.id, None)
        try:
            return self._made(account)  # before anything is waited for: others may ask meanwhile
        finally:
            if old is not None:
                await old[1].aclose()

    def _made(self, account: Account) -> Access:
        vendor = self._vendors.get(account.vendor)
        if vendor is None:
            raise NotFoundError(f"This version of crmdesk does not know the vendor of {account.title}.")
        secrets = StoredSecrets(self._shelf, vendor, account)
        access = vendor.open_access(account, secrets, self._transports.get(account.vendor))
        self._open[account.id] = (account, access)
        return access

    def _alike(self, one: Account, other: Account) -> bool:
        """What a connector is made from is the same; what a check notes in the account is not its business."""
        vendor = self._vendors.get(one.vendor)
        paths = [spec.path for spec in setting_fields(vendor)] if vendor else []
        return one.base_url == other.base_url and all(one.config.get(p) == other.config.get(p) for p in paths)

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


def _low(label: str) -> str:
    return label[:1].lower() + label[1:]


def check_same_server(vendor: Vendor, account: Account, address: str, given: Mapping[str, str]) -> None:
    """A stored token is sent only to the origin it was entered for: for another one it has to be entered again."""
    missing = [spec for spec in secret_fields(vendor) if spec.required and not given.get(spec.path)]
    if missing and not same_origin(address, account.base_url):
        raise SettingsError(
            f"This address is another server. What is saved as {_low(missing[0].label)} is not sent there.",
            f"Enter the {_low(missing[0].label)} for the new address.",
            field=missing[0].path,
        )
