"""The words of the command line. Secrets are never among them: they would show in the list of processes."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence

from crmdesk import __version__
from crmdesk.cli.exits import Exit
from crmdesk.core.call_sizes import PER_CALL

EPILOG = """\
Without a command crmdesk opens its window.

environment:
  CRMDESK_DATA         the data folder (default: the system's place for application data)
  CRMDESK_TOKEN        access token for `accounts add`, `accounts test` and `accounts token`; for `sync` where tokens
                       are not kept. CRMDESK_TOKEN_3 is the token of account 3
  CRMDESK_PASSPHRASE   opens a data folder that is protected by a passphrase
  CRMDESK_KEY_FILE     opens a data folder with a key file (mode 0600)
  HTTPS_PROXY, NO_PROXY  are honoured

exit codes:
""" + "\n".join(f"  {code.value:>3}  {code.meaning}" for code in Exit)

QUERY_HELP = """\
words, "phrases", field:value, digits of a phone; -word excludes, OR between two terms, brackets group.
For example: anna berlin   'city:berlin,hamburg -has:email'   0612312   updated:7d   is:restricted
A query that begins with a dash comes behind --, as in: crmdesk contacts -- -has:email"""


def parse(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """What was asked for. Where that is the window, the parsers of the commands are not made: 7 ms of every start."""
    given = sys.argv[1:] if argv is None else argv
    # what is abbreviated is the whole parser's: of two that are meant Python 3.11 complains past `exit_on_error`
    window = argparse.ArgumentParser(prog="crmdesk", add_help=False, exit_on_error=False, allow_abbrev=False)
    window.set_defaults(command=None)
    _window(window)
    try:
        chosen, more = window.parse_known_args(given)
    except argparse.ArgumentError:
        more = [*given]  # the whole parser says it with its own words
    return build().parse_args(given) if more else chosen


def build() -> argparse.ArgumentParser:
    """The whole parser."""
    parser = argparse.ArgumentParser(
        prog="crmdesk",
        description="Desktop contact manager for hotels and holiday rentals.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"crmdesk {__version__}")
    _window(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _sync(commands)
    _contacts(commands)
    _outbox(commands)
    _duplicates(commands)
    _events(commands)
    _accounts(commands)
    _pins(commands)
    _backups(commands)
    _sandbox(commands)
    _command(commands, "self-test", "Try this installation out, off screen, with made-up guests.")
    return parser


def _window(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", metavar="DIR", help="data folder; wins over CRMDESK_DATA")
    parser.add_argument(
        "--demo", action="store_true", help="practice with made-up guests; nothing leaves this computer"
    )
    parser.add_argument("--search", metavar="TEXT", help="open the window (or the one already open) on this search")
    parser.add_argument("--lang", metavar="CODE", help="language of the window this time, e.g. de")
    parser.add_argument("--debug", action="store_true", help="write more into the log file")


def _from(low: int, high: int = 1_000_000_000) -> Callable[[str], int]:
    """Whole numbers between these."""

    def number(text: str) -> int:
        found = int(text) if text.isdecimal() else -1
        if not low <= found <= high:
            raise argparse.ArgumentTypeError(f"{text} is no number from {low} to {high}")
        return found

    return number


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, epilog: str = ""
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name, help=text, description=text, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )


def _sync(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sync = _command(commands, "sync", "Fetch contacts from the vendors into the cache.")
    sync.add_argument("--account", metavar="TITLE|ID", help="only this account")
    sync.add_argument("--full", action="store_true", help="list everything again, not only what changed")
    sync.add_argument(
        "--accept-removals",
        action="store_true",
        help="let many contacts vanish here because the vendor no longer lists them (asked for with exit code 5)",
    )
    sync.add_argument("--quiet", action="store_true", help="no progress lines")


def _outbox(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    outbox = _command(commands, "outbox", "List changes that are not at their vendor yet, and those sent today.")
    outbox.add_argument("--send", action="store_true", help="send now what waits; nothing doubtful is sent again")


def _duplicates(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    duplicates = _command(
        commands,
        "duplicates",
        "List records that may be the same person, the likeliest first.",
        "Nothing is linked or decided here: the window does that.",
    )
    duplicates.add_argument("--scan", action="store_true", help="look at all records first")
    duplicates.add_argument("--limit", type=_from(0), default=100, metavar="N", help="pairs to list, 100 by default")


def _events(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    events = _command(commands, "events", "Check and send rows of a file: bulk events, or contacts to push.")
    verbs = events.add_subparsers(dest="verb", metavar="VERB", required=True)
    check = _command(verbs, "check", "Check every row of a file; nothing is stored or sent.")
    send = _command(
        verbs,
        "send",
        "Check a file and send its rows; nothing doubtful is ever sent again.",
        "It is shown in the window, too.",
    )
    template = _command(verbs, "template", "Write a file to fill in: headings, an example, and what they mean.")
    for parser, what in (
        (check, "CSV, XLSX, XLS or ODS"),
        (send, "CSV, XLSX, XLS or ODS"),
        (template, ".csv or .xlsx"),
    ):
        parser.add_argument("file", metavar="FILE", help=what)
        parser.add_argument(
            "--account", metavar="TITLE|ID", help="whom to send to (default: the only one that takes rows)"
        )
        parser.add_argument("--kind", metavar="KIND", help="what to send, e.g. achievements (default: the only kind)")
    for parser in (check, send):
        _event_file(parser)
    _event_sending(send)


def _event_file(parser: argparse.ArgumentParser) -> None:
    """How the file is read."""
    parser.add_argument(
        "--map", metavar="NAME", help="a kept mapping of columns (default: one that fits, else by name)"
    )
    parser.add_argument("--guess", action="store_true", help="take columns whose meaning can only be guessed")
    parser.add_argument(
        "--fill", action="append", default=[], metavar="FIELD=VALUE", help="one value for every row; several times"
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="what stands once in a call; several times. A purchase that all rows share: purchase.transaction_code=…"
        " and the like, with purchase_shared=yes",
    )
    parser.add_argument("--dates", choices=("dmy", "mdy", "ymd"), help="order of day and month, where it must be said")
    parser.add_argument("--decimal", choices=(".", ","), help="sign before the cents, where it must be said")
    parser.add_argument("--sheet", metavar="NAME", help="sheet of a workbook (default: the first)")
    parser.add_argument("--encoding", metavar="NAME", help="encoding of a text file (default: found out)")
    parser.add_argument(
        "--separator", metavar="SIGN", help="between its cells; tab is written as tab (default: found out)"
    )
    parser.add_argument("--no-header", action="store_true", help="the first line is a row already")
    parser.add_argument("--all-rows", action="store_true", help="of a result of crmdesk all rows, not only failed ones")
    parser.add_argument("--report", metavar="FILE", help="write what was found, or became of each row (.csv or .xlsx)")


def _event_sending(send: argparse.ArgumentParser) -> None:
    send.add_argument("--name", metavar="TEXT", help="its name in the window (default: the file's)")
    send.add_argument("--operator", metavar="NAME", default="command line", help="who sends it, for the ledger")
    send.add_argument(
        "--per-call", type=int, default=PER_CALL, metavar="N", help=f"rows in one call (default {PER_CALL})"
    )
    send.add_argument(
        "--trial", type=_from(0), default=0, metavar="N", help="first send so many rows; go on only if they all go well"
    )
    send.add_argument("--yes", action="store_true", help="send rows with warnings, too")
    send.add_argument("--leave-out-errors", action="store_true", help="send the rows that have no errors")
    send.add_argument(
        "--find-culprit",
        action="store_true",
        help="halve a call that was refused as a whole until the rows to blame are found",
    )
    send.add_argument("--repeats", action="store_true", help="send again what was sent before")
    send.add_argument(
        "--wait", type=float, default=60.0, metavar="SECONDS", help="for a vendor that queues rows (default 60)"
    )
    send.add_argument(
        "--without-persons", action="store_true", help="leave columns that may name guests out of the report"
    )
    send.add_argument("--quiet", action="store_true", help="no progress lines")


def _contacts(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    contacts = _command(commands, "contacts", "List cached contacts; works without a connection.", QUERY_HELP)
    contacts.add_argument("query", nargs="*", metavar="QUERY", help="what to search for (see below); none lists all")
    contacts.add_argument("--account", metavar="TITLE|ID", help="only this account")
    contacts.add_argument(
        "--format",
        choices=("table", "json", "csv", "xlsx", "vcard"),
        default="table",
        help="json: one full record per line, with the vendor's own record in `raw`; csv: formula-like cells disarmed; "
        "xlsx (needs --output); vcard: cards for address books (4.0)",
    )
    contacts.add_argument(
        "--output",
        metavar="FILE",
        help="write csv, xlsx or vcard there, whole or not at all; guests who asked for restriction or to be forgotten "
        "are left out",
    )
    contacts.add_argument("--sort", default="name", metavar="COLUMN", help="name (default), city, updated, …")
    contacts.add_argument("--descending", action="store_true", help="last or newest first")
    contacts.add_argument("--limit", type=_from(0), metavar="N", help="at most N contacts")


def _accounts(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    accounts = _command(commands, "accounts", "Show, add, test, rename and remove accounts.")
    verbs = accounts.add_subparsers(dest="verb", metavar="VERB", required=True)
    listing = _command(verbs, "list", "The accounts, their state and how many contacts are cached.")
    listing.add_argument("--format", choices=("table", "json"), default="table")
    _command(verbs, "vendors", "The vendors, and the settings that an account of each needs.")
    add = _command(verbs, "add", "Add an account. Its token or password comes from CRMDESK_TOKEN, or is asked for.")
    add.add_argument("title", help="its name on screen, e.g. “Seaside Villas”")
    add.add_argument("--vendor", default="bookingsync", metavar="VENDOR", help="see: crmdesk accounts vendors")
    add.add_argument("--base-url", metavar="URL", help="address of the API (default: the vendor's own)")
    _settings(add)
    test = _command(verbs, "test", "Test the connection: reachable, sign-in, rights.")
    test.add_argument("account", metavar="TITLE|ID")
    rename = _command(verbs, "rename", "Give an account another title.")
    rename.add_argument("account", metavar="TITLE|ID")
    rename.add_argument("title")
    change = _command(verbs, "set", "Change settings of an account, never secrets.")
    change.add_argument("account", metavar="TITLE|ID")
    change.add_argument("--base-url", metavar="URL", help="another address of the API")
    _settings(change)
    sign_in = _command(
        verbs,
        "sign-in",
        "Sign in again with a browser: prints an address and asks for the code that its page shows.",
        "`accounts add` with --set sign_in=browser does the same. A script gives the code as a line of its input.",
    )
    sign_in.add_argument("account", metavar="TITLE|ID")
    token = _command(verbs, "token", "Replace the token or password, from CRMDESK_TOKEN or asked for.")
    token.add_argument("account", metavar="TITLE|ID")
    remove = _command(verbs, "remove", "Remove an account.")
    remove.add_argument("account", metavar="TITLE|ID")
    which = remove.add_mutually_exclusive_group(required=True)
    which.add_argument("--keep-contacts", action="store_true", help="its cached contacts stay readable here")
    which.add_argument(
        "--delete-contacts", action="store_true", help="its cached contacts are deleted here, not at the vendor"
    )


def _pins(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    pins = _command(commands, "pins", "Show who has a PIN for the locked window, and take a forgotten one away.")
    verbs = pins.add_subparsers(dest="verb", metavar="VERB", required=True)
    _command(verbs, "list", "The names that have a PIN.")
    forget = _command(verbs, "forget", "Take somebody's PIN away; close the window first. Nothing else is changed.")
    forget.add_argument("name", help="as it stands on the locked screen")


def _backups(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    backup = _command(
        commands,
        "backup",
        "Write an encrypted backup of the data folder; works beside an open window.",
        "The passphrase of a folder opens its backup, too. Without one, CRMDESK_PASSPHRASE (or what is typed)\n"
        "protects the backup, because a keyring or a key file stays on this computer.",
    )
    backup.add_argument("file", metavar="FILE", help="its name; a file that exists is never overwritten")
    restore = _command(
        commands,
        "restore",
        "Make the data folder from a backup; close the window first.",
        "The backup is verified before anything changes. What is in the folder now is kept in it, in before-restore-…\n"
        "Nothing of what waited in the backup is sent by itself. Its passphrase is CRMDESK_PASSPHRASE, or asked for;\n"
        "the folder has that passphrase from then on.",
    )
    restore.add_argument("file", metavar="FILE", help="written by crmdesk backup, or by the window")


def _settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the vendor; may be given several times; see: crmdesk accounts vendors",
    )


def _sandbox(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    sandbox = _command(
        commands,
        "sandbox",
        "Serve made-up vendors on this computer, so that any client can be tried against them.",
        "It listens on 127.0.0.1 only and prints base addresses and tokens. Faults are switched at /_control/faults.",
    )
    sandbox.add_argument("--port", type=_from(0, 65535), default=8800, help="default 8800; 0 takes a free one")
    sandbox.add_argument(
        "--people", metavar="N[,N…]", default="", help="contacts per account of every vendor (default: a few hundred)"
    )
