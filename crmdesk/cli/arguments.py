"""The words of the command line. Secrets are never among them: they would show in the list of processes."""

from __future__ import annotations

import argparse

from crmdesk import __version__
from crmdesk.cli.exits import Exit

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


def build() -> argparse.ArgumentParser:
    """The whole parser."""
    parser = argparse.ArgumentParser(
        prog="crmdesk",
        description="Desktop contact manager for hotels and holiday rentals.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"crmdesk {__version__}")
    parser.add_argument("--data", metavar="DIR", help="data folder; wins over CRMDESK_DATA")
    parser.add_argument(
        "--demo", action="store_true", help="practice with made-up guests; nothing leaves this computer"
    )
    parser.add_argument("--search", metavar="TEXT", help="open the window (or the one already open) on this search")
    parser.add_argument("--debug", action="store_true", help="write more into the log file")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _sync(commands)
    _contacts(commands)
    _outbox(commands)
    _accounts(commands)
    _pins(commands)
    _sandbox(commands)
    return parser


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


def _contacts(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    contacts = _command(commands, "contacts", "List cached contacts; works without a connection.", QUERY_HELP)
    contacts.add_argument("query", nargs="*", metavar="QUERY", help="what to search for (see below); none lists all")
    contacts.add_argument("--account", metavar="TITLE|ID", help="only this account")
    contacts.add_argument(
        "--format",
        choices=("table", "json", "csv"),
        default="table",
        help="json: one full record per line, with the vendor's own record in `raw`; csv: formula-like cells disarmed",
    )
    contacts.add_argument("--sort", default="name", metavar="COLUMN", help="name (default), city, updated, …")
    contacts.add_argument("--descending", action="store_true", help="last or newest first")
    contacts.add_argument("--limit", type=int, metavar="N", help="at most N contacts")


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
    sandbox.add_argument("--port", type=int, default=8800, help="default 8800; 0 takes a free one")
    sandbox.add_argument(
        "--people", metavar="N[,N…]", default="", help="contacts per account of every vendor (default: a few hundred)"
    )
