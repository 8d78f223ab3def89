"""`crmdesk accounts VERB`: the accounts, what each vendor needs, and its settings."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence

from crmdesk import workspace
from crmdesk.cli import output
from crmdesk.cli.asking import ask_secret, somebody_there
from crmdesk.cli.exits import Exit
from crmdesk.core.errors import SettingsError, SignInNeededError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.types import Account
from crmdesk.core.vendor import Vendor

Verb = Callable[[argparse.Namespace, workspace.Workspace], Awaitable[Exit]]


async def accounts_command(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    """`crmdesk accounts VERB`."""
    return await VERBS[chosen.verb](chosen, opened)


async def list_accounts(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    found = await opened.reader.accounts()
    titles = {name: vendor.title for name, vendor in opened.services.vendors.items()}
    if chosen.format == "json":
        import json

        print(json.dumps([output.account_record(one, titles.get(one.vendor, "")) for one in found], ensure_ascii=False))
    else:
        print("\n".join(output.accounts_table(found, titles)))
    return Exit.OK


def list_vendors() -> Exit:
    """What `accounts add` takes for each vendor; needs no data folder."""
    for key, vendor in workspace.vendors().items():
        print(output.plain(f"{key}: {vendor.title}"))
        for spec in vendor.credentials:
            where = "--base-url" if spec.path == "base_url" else "--set " + spec.path
            where = "CRMDESK_TOKEN" if spec.kind.secret else where
            where += _condition(spec)
            choices = f" One of: {', '.join(code or '(empty)' for code, _ in spec.words)}." if spec.words else ""
            needed = "" if spec.required else " (optional)"
            print(output.plain(f"  {where}{needed}: {spec.label}. {spec.hint}{choices}"))
    return Exit.OK


def _condition(spec: FieldSpec) -> str:
    """When it is asked for at all."""
    return f" (with {spec.when[0]}={' or '.join(spec.when[1:])})" if spec.when else ""


async def add_account(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    settings = _settings(opened, chosen.vendor, chosen.settings)
    given = settings | _typed_secrets(opened, chosen.vendor, settings)
    base_url = chosen.base_url or ""
    if _by_browser(opened, chosen.vendor, settings):
        account_id = await _sign_in(opened, chosen.vendor, chosen.title, base_url, given, None)
        title = chosen.title.strip()
    else:
        account = await opened.services.add_account(chosen.vendor, chosen.title, base_url, given)
        account_id, title = account.id, account.title
    print(output.plain(f"Added {title} as account {account_id}."))
    return Exit.OK


async def sign_in(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    """Again, for an account that is signed in with the browser."""
    account = account_named(chosen.account, await opened.reader.accounts())
    if not _by_browser(opened, account.vendor, account.config):
        raise SettingsError(
            f"{account.title} is not signed in with the browser.", "Replace its token: crmdesk accounts token."
        )
    typed = os.environ.get("CRMDESK_TOKEN", "")
    secret = {_secret_name(opened, account.vendor, account.config): typed} if typed else {}
    given = dict(account.config) | secret
    await _sign_in(opened, account.vendor, account.title, account.base_url, given, account.id)
    print(output.plain(f"{account.title} is signed in."))
    return Exit.OK


def _by_browser(opened: workspace.Workspace, vendor_key: str, settings: Mapping[str, str]) -> bool:
    from crmdesk.sync.accounts import by_browser

    return by_browser(_vendor(opened, vendor_key), settings)


async def _sign_in(
    opened: workspace.Workspace,
    vendor_key: str,
    title: str,
    base_url: str,
    given: Mapping[str, str],
    account_id: int | None,
) -> int:
    """By the code that the vendor's page shows: there may be no browser on this machine. The account's id; the error
    that ended it. A code that is refused may be typed anew by a person, not by a script."""
    from crmdesk.sync.browser import BrowserStep

    session = await opened.services.browser.begin(vendor_key, title, base_url, given, account_id)
    if not session.way.code_redirect:
        raise SettingsError(f"{_vendor(opened, vendor_key).title} shows no code to paste.", "Use the window instead.")
    view = await session.by_code(_print_address)
    while view.step is BrowserStep.CODE:
        asking = somebody_there()
        view = await session.paste(await asyncio.to_thread(_typed_code, asking))
        if view.step is BrowserStep.CODE and asking:
            print(output.plain(f"{view.title} {view.hint}"), file=sys.stderr)
        elif view.step is BrowserStep.CODE:
            break
    if view.step is not BrowserStep.DONE:
        raise SignInNeededError(view.title, view.hint, details=view.details)
    return view.account_id


def _print_address(address: str) -> bool:
    print("Open this address in a browser, allow the access, and copy the code that the page shows:")
    print(output.plain(address), flush=True)
    return True


def _typed_code(asking: bool) -> str:
    """Not echoed: it stands for a sign-in until it is used. A script gives it as one line."""
    if asking:
        return ask_secret("Code (not shown): ")
    return sys.stdin.readline() if sys.stdin is not None else ""


async def test_account(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    account = account_named(chosen.account, await opened.reader.accounts())
    token = os.environ.get("CRMDESK_TOKEN", "")
    secret = {_secret_name(opened, account.vendor, account.config): token} if token else {}
    given = dict(account.config) | secret
    steps = await opened.services.check(account.vendor, account.base_url, given, account.id)
    marks = {True: "ok", False: "FAILED", None: "not tried"}
    for step in steps:
        print(output.plain(f"{step.name}: {marks[step.ok]}. {step.text}"))
    failed = next((step.name for step in steps if step.ok is False), None)
    if failed is None:
        return Exit.OK
    return Exit.OFFLINE if failed == "Reachable" else Exit.SIGN_IN


async def change_settings(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    account = account_named(chosen.account, await opened.reader.accounts())
    settings = _settings(opened, account.vendor, chosen.settings)
    if not settings and not chosen.base_url:
        raise SettingsError("There is nothing to change.", "Give --set NAME=VALUE or --base-url URL.")
    now = {**account.config, **settings}
    changed = _changed_identity(opened, account, now)
    vendor = _vendor(opened, account.vendor)
    other_way = bool(changed & {spec.when[0] for spec in vendor.credentials if spec.when})
    given = settings | (_typed_secrets(opened, vendor.key, now) if other_way else {})
    if changed and _by_browser(opened, vendor.key, now):
        base_url = chosen.base_url or account.base_url
        await _sign_in(opened, vendor.key, account.title, base_url, now | given, account.id)
    else:
        await opened.services.update_account(account.id, base_url=chosen.base_url, credentials=given)
    print(output.plain(f"The settings of {account.title} were changed."))
    return Exit.OK


async def rename_account(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    account = account_named(chosen.account, await opened.reader.accounts())
    await opened.services.update_account(account.id, title=chosen.title)
    print(output.plain(f"Account {account.id} is now called {chosen.title.strip()}."))
    return Exit.OK


async def replace_token(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    account = account_named(chosen.account, await opened.reader.accounts())
    await opened.services.update_account(account.id, credentials=_typed_secrets(opened, account.vendor, account.config))
    print(output.plain(f"The token of {account.title} was replaced."))
    return Exit.OK


async def remove_account(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    account = account_named(chosen.account, await opened.reader.accounts())
    await opened.services.remove_account(account.id, keep_contacts=chosen.keep_contacts)
    rest = (
        "Its cached contacts stay readable here." if chosen.keep_contacts else "Its cached contacts were deleted here."
    )
    print(output.plain(f"Removed {account.title}. {rest}"))
    return Exit.OK


def _vendor(opened: workspace.Workspace, vendor_key: str) -> Vendor:
    vendor = opened.services.vendors.get(vendor_key)
    if vendor is None:
        known = ", ".join(opened.services.vendors)
        raise SettingsError(f"crmdesk does not know the vendor {vendor_key}.", f"Choose one of: {known}.")
    return vendor


def _secret_name(opened: workspace.Workspace, vendor_key: str, settings: Mapping[str, str]) -> str:
    from crmdesk.sync.accounts import secret_names

    return secret_names(_vendor(opened, vendor_key), settings)[0]


def _changed_identity(opened: workspace.Workspace, account: Account, settings: Mapping[str, str]) -> set[str]:
    """The settings that the account's sign-in is bound to and that are others now."""
    from crmdesk.sync.accounts import changed_settings, identifying

    vendor = _vendor(opened, account.vendor)
    known = {path: settings[path] for path in identifying(vendor) if path in settings}
    return changed_settings(vendor, account, known)


def _typed_secrets(opened: workspace.Workspace, vendor_key: str, settings: Mapping[str, str]) -> dict[str, str]:
    """From CRMDESK_TOKEN, or asked for where a person sits at the terminal."""
    name = _secret_name(opened, vendor_key, settings)
    label = next(spec.label for spec in _vendor(opened, vendor_key).credentials if spec.path == name)
    token = os.environ.get("CRMDESK_TOKEN", "")
    if not token and somebody_there():
        token = ask_secret(f"{label} (not shown): ")
    if not token:
        low = label[:1].lower() + label[1:]
        raise SettingsError(f"The {low} is missing.", "Set CRMDESK_TOKEN and run this again.", field=name)
    return {name: token}


def _settings(opened: workspace.Workspace, vendor_key: str, given: Sequence[str]) -> dict[str, str]:
    """`--set NAME=VALUE` as a mapping. SettingsError for a name that the vendor does not know, and for a secret: an
    argument shows in the list of processes."""
    from crmdesk.sync.accounts import setting_fields

    vendor = _vendor(opened, vendor_key)
    known = [spec.path for spec in setting_fields(vendor)]
    secrets = {spec.path for spec in vendor.credentials if spec.kind.secret}
    settings = {}
    for pair in given:
        name, sign, value = pair.partition("=")
        if name in secrets:
            raise SettingsError(f"{name} is a secret.", "Set CRMDESK_TOKEN instead.", field=name)
        if not sign or name not in known:
            names = ", ".join(known) or "none"
            raise SettingsError(f"{vendor.title} has no setting {name}.", f"Write NAME=VALUE; its settings: {names}.")
        settings[name] = value
    return settings


def account_named(wanted: str, accounts: Sequence[Account]) -> Account:
    """The account with this title or id; of one title the account in use, not one that was removed. SettingsError
    naming those there are, or those that may be meant."""
    from crmdesk.core.text import fold

    titled = [account for account in accounts if fold(wanted.strip()) == fold(account.title)]
    titled = [account for account in titled if account.active] or titled
    meant = {account.id: account for account in (*titled, *accounts) if account in titled or wanted == str(account.id)}
    if len(meant) == 1:
        return next(iter(meant.values()))
    if meant:
        several = ", ".join(f"{account.title} ({account.id})" for account in meant.values())
        raise SettingsError(f"{wanted} may be one of: {several}.", "Write the one that no other account has.")
    known = ", ".join(f"{account.title} ({account.id})" for account in accounts) or "none yet"
    raise SettingsError(f"There is no account {wanted}.", f"Accounts: {known}.")


VERBS: dict[str, Verb] = {
    "list": list_accounts,
    "add": add_account,
    "test": test_account,
    "rename": rename_account,
    "set": change_settings,
    "sign-in": sign_in,
    "token": replace_token,
    "remove": remove_account,
}
