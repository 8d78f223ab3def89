"""The commands: each opens the data folder, does one thing through the same services as the window, and ends."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from crmdesk import folder as folders
from crmdesk import logs, settings, workspace
from crmdesk.cli import output
from crmdesk.cli.accounts import account_named, accounts_command, list_vendors
from crmdesk.cli.events import events
from crmdesk.cli.exits import Exit, exit_for
from crmdesk.cli.key import folder_key
from crmdesk.cli.outbox import outbox
from crmdesk.cli.pins import pins
from crmdesk.core.errors import CrmDeskError, SettingsError
from crmdesk.core.query import SORT_COLUMNS, Lexicon, parse
from crmdesk.core.seams import SystemClock
from crmdesk.core.types import Account, Sort
from crmdesk.swap import MARKER, finish
from crmdesk.sync.outcome import PullResult
from crmdesk.sync.progress import Phase, StatusBoard, counted

ENDS = {
    Phase.DONE: Exit.OK,
    Phase.READY: Exit.OK,
    Phase.OFFLINE: Exit.OFFLINE,
    Phase.WAITING: Exit.OFFLINE,
    Phase.SIGN_IN: Exit.SIGN_IN,
    Phase.BRAKED: Exit.DECIDE,
    Phase.STOPPED: Exit.STOPPED,
}
STOPPED_EVENTS = "Stopped. What had not left was not sent; whether the last call arrived, the window shows."
Verb = Callable[[argparse.Namespace, workspace.Workspace], Awaitable[Exit]]


def run(chosen: argparse.Namespace) -> int:
    """Does the chosen command; the exit code. Messages go to stderr, results to stdout."""
    try:
        return _run(chosen)
    except CrmDeskError as error:
        say(str(error))
        return Exit.BUSY if isinstance(error, folders.BusyError) else exit_for(error)
    except KeyboardInterrupt:
        say(STOPPED_EVENTS if chosen.command == "events" else "Stopped. The next run goes on where this one stopped.")
        return Exit.STOPPED
    except BrokenPipeError:
        # The reader of a pipe (head, less) has gone; Python would complain again while closing stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK


def _run(chosen: argparse.Namespace) -> int:
    if chosen.command == "sandbox":
        return serve_sandbox(chosen)
    if chosen.command == "accounts" and chosen.verb == "vendors":
        return list_vendors()
    if chosen.demo:
        raise SettingsError("--demo opens the window; it has no commands.", "Try: crmdesk sandbox")
    folder = Path(chosen.data).expanduser().absolute() if chosen.data else settings.data_folder()
    folders.make_folder(folder)
    if chosen.command == "restore":
        from crmdesk.cli.backup import restore

        return restore(chosen, folder)
    reads_only = _only_reads(chosen) and not (folder / MARKER).exists()
    with _claimed(folder, reads_only):
        if not reads_only:
            finish(folder)
        _keep_log(folder, chosen.debug, reads_only)
        return asyncio.run(_in_workspace(folder, chosen, VERBS[chosen.command]))


def _only_reads(chosen: argparse.Namespace) -> bool:
    listing = chosen.command in ("accounts", "pins") and chosen.verb == "list"
    return listing or chosen.command in ("contacts", "backup") or _looks(chosen)


def _looks(chosen: argparse.Namespace) -> bool:
    """Commands that change something only when they are told to."""
    return (chosen.command == "outbox" and not chosen.send) or (chosen.command == "duplicates" and not chosen.scan)


def _keep_log(folder: Path, debug: bool, reads_only: bool) -> None:
    """The same log as the window's, which only the holder of the lock may write; secrets of the environment never
    reach it."""
    for name in os.environ:
        if name.startswith("CRMDESK_TOKEN") or name == "CRMDESK_PASSPHRASE":
            logs.register_secret(os.environ[name])
    if not reads_only:
        logs.set_up(folder / "log", logging.DEBUG if debug else logging.INFO)


def _claimed(folder: Path, reads_only: bool) -> AbstractContextManager[object]:
    """The folder's lock. Reading works beside an open window: SQLite keeps readers and the writer apart."""
    return nullcontext() if reads_only else folders.claim(folder)


async def _in_workspace(folder: Path, chosen: argparse.Namespace, verb: Verb) -> Exit:
    key = folder_key(folder)
    board = StatusBoard()
    opened = workspace.open_workspace(folder / folders.CACHE, key, clock=SystemClock(), board=board)
    try:
        return await verb(chosen, opened)
    finally:
        await opened.aclose()


def say(text: str) -> None:
    """A message for people, on stderr."""
    print(output.plain(text), file=sys.stderr, flush=True)


# -- sync --------------------------------------------------------------------------------------------------------


async def sync(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    """`crmdesk sync`: exit code of the worst account."""
    wanted = await _wanted_accounts(chosen.account, opened)
    accounts = [account for account in wanted if chosen.account or not account.paused]
    if not wanted:
        say("There is no account yet. Add one: crmdesk accounts add TITLE")
        return Exit.USAGE
    for account in wanted:
        if account not in accounts:
            say(f"{account.title}: paused in the window, left out. To check it: crmdesk sync --account")
    if not chosen.quiet:
        _follow(opened.board, accounts)
    results = await asyncio.gather(*(_pull(chosen, opened, account) for account in accounts))
    _report(opened.board, accounts, results)
    await _tell_waiting(opened)
    return max((_exit_of(result) for result in results), default=Exit.OK)


async def _tell_waiting(opened: workspace.Workspace) -> None:
    """A check sends nothing; whoever runs it by schedule should know that something waits."""
    counts = await opened.reader.outbox_counts()
    if counts.waiting or counts.needs_you:
        waiting = counted(counts.waiting, "change waits", "changes wait")
        say(f"{waiting} to be sent, {counts.needs_you} of all need a decision. See: crmdesk outbox")


def _exit_of(result: PullResult) -> Exit:
    if result.phase is Phase.FAILED and result.error is not None:
        return exit_for(result.error)
    return ENDS.get(result.phase, Exit.FAILED)


async def _pull(chosen: argparse.Namespace, opened: workspace.Workspace, account: Account) -> PullResult:
    result = await opened.services.pull(account.id, full=chosen.full)
    if result.phase is Phase.BRAKED and chosen.accept_removals and not result.would_alter:
        return await opened.services.decide_removals(account.id, accept=True)
    return result


def _follow(board: StatusBoard, accounts: Sequence[Account]) -> None:
    """A line for every new text of the board."""
    titles = {account.id: account.title for account in accounts}
    told: dict[int, str] = {}

    def look() -> None:
        for account_id, progress in board.all().items():
            if account_id in titles and progress.phase.running and told.get(account_id) != progress.text:
                told[account_id] = progress.text
                say(f"{titles[account_id]}: {progress.text}")

    board.subscribe(look)


def _report(board: StatusBoard, accounts: Sequence[Account], results: Sequence[PullResult]) -> None:
    for account, result in zip(accounts, results, strict=True):
        words = f"{result.new} new, {result.changed} changed, {result.removed} removed"
        if result.phase is Phase.BRAKED and result.would_alter:
            words = f"{result.would_alter} or more contacts would get other values; decide in the window"
        elif result.phase is Phase.BRAKED:
            words = (
                f"{result.would_remove} contacts would vanish; nothing was removed. Run again with --accept-removals"
            )
        elif result.error is not None:
            words = str(result.error)
        elif result.phase is Phase.READY:
            words = board.of(account.id).text
        print(output.plain(f"{account.title}: {result.phase.value}: {words}"))


# -- contacts ----------------------------------------------------------------------------------------------------


async def contacts(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    """`crmdesk contacts`."""
    found_accounts = await opened.reader.accounts()
    accounts = {account.id: account for account in found_accounts}
    only = account_named(chosen.account, found_accounts).id if chosen.account else None
    query = parse(" ".join(chosen.query), now=SystemClock().now().astimezone(), lexicon=_lexicon())
    for hint in query.hints:
        say(hint.text)
    hits = await opened.reader.search(query, sort=(_sort(chosen.sort, chosen.descending),), account_id=only, first=0)
    ids = hits.ids[: chosen.limit].tolist()  # a limit of None takes all
    if chosen.output or chosen.format in ("xlsx", "vcard"):
        from crmdesk.cli.contact_files import contacts_file  # brings SQLAlchemy along: 300 ms that others need not wait

        return await contacts_file(chosen.format, chosen.output, opened, ids, accounts)
    await _print_contacts(chosen.format, opened, ids, accounts)
    if chosen.format == "table":
        say(f"{len(ids)} of {hits.total} contacts")
    return Exit.OK


async def _print_contacts(
    form: str, opened: workspace.Workspace, ids: Sequence[int], accounts: dict[int, Account]
) -> None:
    if form == "csv":
        print(output.csv_header())
    async for chunk in opened.reader.each(ids):
        if form == "table":
            lines = list(output.contacts_table(chunk, accounts))
        else:
            lines = [(output.contact_json if form == "json" else output.contact_csv)(item, accounts) for item in chunk]
        print("\n".join(lines))


def _sort(column: str, descending: bool) -> Sort:
    if column not in SORT_COLUMNS:
        raise SettingsError(f"There is no column {column} to sort by.", f"Choose one of {', '.join(SORT_COLUMNS)}.")
    return Sort(column, descending)


def _lexicon() -> Lexicon:
    """English names of countries and languages, for `country:germany`."""
    import pycountry

    from crmdesk.core.text import fold

    return Lexicon(
        countries={fold(country.name): country.alpha_2 for country in pycountry.countries},
        languages={fold(one.name): one.alpha_2 for one in pycountry.languages if hasattr(one, "alpha_2")},
    )


async def _wanted_accounts(wanted: str | None, opened: workspace.Workspace) -> list[Account]:
    found = [account for account in await opened.reader.accounts() if account.active]
    return [account_named(wanted, found)] if wanted else found


# -- sandbox -----------------------------------------------------------------------------------------------------


def serve_sandbox(chosen: argparse.Namespace) -> int:
    """`crmdesk sandbox`: until Ctrl-C."""
    from crmdesk.sandbox.app import mount
    from crmdesk.sandbox.server import run as serve

    counts = _people(chosen.people) if chosen.people else None
    emulators = {name: vendor.sandbox(counts=counts) for name, vendor in workspace.vendors().items()}

    def ready(address: str) -> None:
        print(f"Made-up vendors at {address} (Ctrl-C stops them). Nothing leaves this computer.")
        for name, emulator in emulators.items():
            described = emulator.describe(f"{address}/{name}")
            print(f"  {name}: {described['base_url']}")
            for one in described["accounts"]:
                given = ", ".join(f"{path} {value}" for path, value in one["credentials"].items())
                print(f"    {one['title']}: {one['contacts']} contacts, {given}")
        print(f"  faults: POST {address}/_control/faults", flush=True)

    try:
        serve(mount(emulators), chosen.port, ready=ready)
    except OSError as error:
        raise SettingsError(f"Port {chosen.port} cannot be used.", "Choose another with --port.") from error
    return Exit.OK


def _people(text: str) -> list[int]:
    try:
        counts = [int(part) for part in text.split(",")]
    except ValueError:
        counts = []
    if not counts or not all(0 <= count <= 1_000_000 for count in counts):
        raise SettingsError(
            f"--people {text} makes no sense.", "Write numbers up to 1000000, e.g. --people 30000,18000"
        )
    return counts


async def duplicates(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    from crmdesk.cli.duplicates import duplicates as listed

    return await listed(chosen, opened)


async def backup(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    from crmdesk.cli.backup import backup as written

    return await written(chosen, opened)


VERBS: dict[str, Verb] = {
    "sync": sync,
    "contacts": contacts,
    "accounts": accounts_command,
    "outbox": outbox,
    "duplicates": duplicates,
    "events": events,
    "pins": pins,
    "backup": backup,
}
