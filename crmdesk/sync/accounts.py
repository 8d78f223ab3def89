"""Checks of what is typed into an account's form, the account's live access, and where its token comes from."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import urlsplit

from crmdesk.core.errors import ForbiddenError, NotFoundError, OfflineError, SettingsError, SignInNeededError
from crmdesk.core.fields import FieldKind, FieldSpec, asked_for
from crmdesk.core.said import said, term
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
            "This name cannot be used.",
            said("Use one line of at most {most} characters.", most=LONGEST_TITLE),
            field="title",
        )
    if any(other.active and other.id != own_id and fold(other.title) == fold(kept) for other in accounts):
        raise SettingsError(
            said("Another account is called “{name}” already.", name=kept), "Choose another name.", field="title"
        )
    return kept


NO_SETTINGS: Mapping[str, str] = {}


def secret_fields(vendor: Vendor, settings: Mapping[str, str] = NO_SETTINGS) -> list[FieldSpec]:
    """The secrets that are asked for with these settings; those that matter without any where none are given."""
    return [spec for spec in asked_for(vendor.credentials, settings) if spec.kind.secret]


def secret_names(vendor: Vendor, settings: Mapping[str, str] = NO_SETTINGS) -> list[str]:
    return [spec.path for spec in secret_fields(vendor, settings)]


def setting_fields(vendor: Vendor) -> list[FieldSpec]:
    """What an account has besides its address and its secrets; kept in `Account.config`."""
    return [spec for spec in vendor.credentials if not spec.kind.secret and spec.path != "base_url"]


def by_browser(vendor: Vendor, settings: Mapping[str, str]) -> bool:
    """Whether an account with these settings is signed in with the browser."""
    way = vendor.browser
    if way is None or not way.when:
        return way is not None
    choice = next(spec for spec in vendor.credentials if spec.path == way.when[0])
    return (settings.get(choice.path, "").strip() or choice.default) in way.when[1:]


def identifying(vendor: Vendor) -> set[str]:
    """The settings that what a sign-in gave is bound to: how the account signs in, and what is asked for only then."""
    conditional = [spec for spec in vendor.credentials if spec.when]
    choices = {spec.when[0] for spec in conditional}
    return choices | {spec.path for spec in conditional if not spec.kind.secret}


def selecting(vendor: Vendor) -> set[str]:
    """The settings that decide whose contacts are listed."""
    return {spec.path for spec in vendor.credentials if spec.selects}


def check_settings(vendor: Vendor, given: Mapping[str, str]) -> dict[str, str]:
    """The vendor's plain settings as they are kept; '' for one that is not asked for with these. SettingsError(field)
    for a missing one, one that is no single line, or none of its choices."""
    asked = asked_for(vendor.credentials, given)
    return {
        spec.path: _setting(spec, given.get(spec.path, "").strip()) if spec in asked else ""
        for spec in setting_fields(vendor)
    }


def _setting(spec: FieldSpec, text: str) -> str:
    name = term(spec.label, _low(spec.label))
    if spec.required and not text:
        raise SettingsError(said("The {field} is missing.", field=name), "Enter it here.", field=spec.path)
    if len(text) > (spec.max_length or LONGEST_SETTING) or _UNPRINTABLE.search(text):
        raise SettingsError(
            said("The {field} cannot be used.", field=name), "Copy it again, as one short line.", field=spec.path
        )
    if text and spec.kind is FieldKind.CHOICE and text not in dict(spec.words):
        choices = ", ".join(code for code, _ in spec.words if code)
        raise SettingsError(
            said("The {field} cannot be “{text}”.", field=name, text=text[:40]),
            said("It is one of: {choices}.", choices=choices),
            field=spec.path,
        )
    return text


def changed_settings(vendor: Vendor, account: Account, settings: Mapping[str, str]) -> set[str]:
    """The settings that mean something else than those of `account`."""
    specs = {spec.path: spec for spec in setting_fields(vendor)}
    return {
        path
        for path, text in settings.items()
        if (account.config.get(path, "") or specs[path].default) != (text or specs[path].default)
    }


def without_empty(given: Mapping[str, str]) -> dict[str, str]:
    """Only what was typed: a form leaves the stored secrets empty."""
    return {name: value for name, value in given.items() if value.strip()}


def check_secrets(
    vendor: Vendor, given: Mapping[str, str], settings: Mapping[str, str], stored: Iterable[str] = ()
) -> dict[str, str]:
    """Of what is given the secrets that are asked for with these settings, as they are kept. SettingsError(field) for
    one that cannot be sent, and for a missing one that is not among the `stored`."""
    return {
        spec.path: _secret(spec, given.get(spec.path, ""))
        for spec in secret_fields(vendor, settings)
        if given.get(spec.path, "").strip() or (spec.required and spec.path not in stored)
    }


def _secret(spec: FieldSpec, text: str) -> str:
    name = term(spec.label, _low(spec.label))
    if not text.strip():
        raise SettingsError(said("The {field} is missing.", field=name), "Paste it here.", field=spec.path)
    if spec.kind is FieldKind.PASSWORD and len(text) <= LONGEST_PASSWORD and not _UNPRINTABLE.search(text):
        return text
    if (found := _SECRET.fullmatch(text.strip())) is None:
        raise SettingsError(
            said("The {field} contains spaces, line breaks or letters that it cannot have.", field=name),
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


async def secrets_for_test(
    shelf: SecretShelf,
    vendor: Vendor,
    account: Account | None,
    address: str,
    credentials: Mapping[str, str],
    settings: Mapping[str, str],
) -> dict[str, str]:
    """What a form's sign-in is tried with: what was typed, and the stored secrets of its `account` where fields were
    left empty, but only for the server they are for. SettingsError(field)."""
    given = without_empty(credentials)
    if account is not None:
        check_same_server(vendor, account, address, given, settings)
        given = await shelf.of(account.id, secret_names(vendor, settings)) | given
    return check_secrets(vendor, given, settings)


class GivenSecrets:
    """Secrets that were just typed. Nobody has signed in with them, and nothing is kept."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self._turn = asyncio.Lock()

    async def get(self, path: str) -> str:
        return self._given.get(path, "")

    async def kept(self) -> Mapping[str, str]:
        return {}

    async def keep(self, values: Mapping[str, str], before: Mapping[str, str]) -> bool:
        return False

    def turn(self) -> AbstractAsyncContextManager[object]:
        return self._turn

    def __repr__(self) -> str:
        return "GivenSecrets(…)"


class StoredSecrets:
    """The account's secrets on the shelf, read anew each time: a changed one counts at once.

    They are given for the server that `account` names, and no longer once the account has moved to another one: a call
    that was begun before must not bring the new secret to the old server."""

    def __init__(self, shelf: SecretShelf, vendor: Vendor, account: Account) -> None:
        self._shelf = shelf
        self._typed = {spec.path for spec in vendor.credentials if spec.kind.secret}
        self._specs = {spec.path: spec for spec in secret_fields(vendor, account.config)}
        self._account = account

    async def get(self, path: str) -> str:
        spec = self._specs[path]
        found = (await self._all()).get(path, "")
        if spec.required and not found:
            raise SignInNeededError(
                said(
                    "There is no {field} for {account} on this computer.",
                    field=term(spec.label, _low(spec.label)),
                    account=self._account.title,
                ),
                "Enter it again on the Accounts page.",
            )
        return found

    async def kept(self) -> Mapping[str, str]:
        return {name: value for name, value in (await self._all()).items() if name not in self._typed}

    async def keep(self, values: Mapping[str, str], before: Mapping[str, str]) -> bool:
        return await self._shelf.swap(self._account.id, before, values, self._is_here)

    def turn(self) -> AbstractAsyncContextManager[object]:
        return self._shelf.turn(self._account.id)

    async def _all(self) -> Mapping[str, str]:
        found = await self._shelf.of(self._account.id, list(self._specs))
        now = await self._shelf.address(self._account.id)  # behind the secret, which changes together with it
        if now and not self._is_here(now):
            raise OfflineError(
                said("The address of {account} was changed meanwhile.", account=self._account.title), "Try it again."
            )
        return found

    def _is_here(self, base_url: str) -> bool:
        return same_origin(base_url, self._account.base_url)


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
            raise NotFoundError(
                said("This version of crmdesk does not know the vendor of {account}.", account=account.title)
            )
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
        raise ForbiddenError(said("The vendor of {account} does not offer a list of contacts.", account=account.title))
    return access.contacts


def _low(label: str) -> str:
    return label[:1].lower() + label[1:]


def check_same_server(
    vendor: Vendor, account: Account, address: str, given: Mapping[str, str], settings: Mapping[str, str]
) -> None:
    """A stored token is sent only to the origin it was entered for: for another one it has to be entered again."""
    missing = [spec for spec in secret_fields(vendor, settings) if spec.required and not given.get(spec.path)]
    if missing and not same_origin(address, account.base_url):
        raise SettingsError(
            said(
                "This address is another server. What is saved as {field} is not sent there.",
                field=term(missing[0].label, _low(missing[0].label)),
            ),
            said("Enter the {field} for the new address.", field=term(missing[0].label, _low(missing[0].label))),
            field=missing[0].path,
        )


def check_unchanged(vendor: Vendor, account: Account, address: str, given: Mapping[str, str]) -> None:
    """A sign-in with the browser is good for what was signed in with. SettingsError where that is not what is given."""
    settings = check_settings(vendor, given)
    other = changed_settings(vendor, account, settings) & identifying(vendor)
    if other or address != account.base_url or any(given.get(name, "").strip() for name in secret_names(vendor, given)):
        raise not_signed_in(vendor, "What you changed can be tested after you have signed in with it.")


def names_to_keep(vendor: Vendor, settings: Mapping[str, str], held: Iterable[str]) -> set[str]:
    """The names of secrets that an account with these settings still needs; `held`: what it has and may go on having,
    also of its sign-in."""
    typed = {spec.path for spec in vendor.credentials if spec.kind.secret}
    return {*secret_names(vendor, settings), *(set(held) - typed)}


def not_signed_in(vendor: Vendor, title: str = "This account is not signed in yet.") -> SettingsError:
    way = vendor.browser
    return SettingsError(title, "Sign in with your browser first.", field=way.when[0] if way and way.when else "")
