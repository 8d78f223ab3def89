"""`crmdesk backup` and `crmdesk restore`."""

from __future__ import annotations

import argparse
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from crmdesk import backups, swap, workspace
from crmdesk import folder as folders
from crmdesk.cli import output
from crmdesk.cli.asking import ask_secret, somebody_there
from crmdesk.cli.exits import Exit
from crmdesk.core.errors import KnownError, SettingsError
from crmdesk.core.seams import SystemClock

if TYPE_CHECKING:
    from crmdesk.store.kept_away import KeptAway


async def backup(chosen: argparse.Namespace, opened: workspace.Workspace) -> Exit:
    """Exit code OK once the whole file is on the disk."""
    folder = opened.database.path.parent
    key = folders.known_key(folder)
    target = _place(chosen.file)
    passphrase = ""
    if backups.needs_passphrase(key):
        passphrase = os.environ.get("CRMDESK_PASSPHRASE") or _asked("Passphrase for the backup: ", twice=True)
    record = backups.write(opened.database, key, folder, target, passphrase, _progress(), clock=SystemClock())
    print(output.plain(f"{target}: {record.size / 1e6:.1f} MB, encrypted. Its passphrase opens it on any computer."))
    return Exit.OK


def restore(chosen: argparse.Namespace, folder: Path) -> Exit:
    """Exit code OK once the folder is the backup's. Errors are raised, and then nothing was changed."""
    source = _place(chosen.file)
    with folders.claim(folder):
        swap.finish(folder)
        folders.sweep_sessions(folder)  # what a restore that was killed had unpacked
        backups.look(source)
        passphrase = os.environ.get("CRMDESK_PASSPHRASE") or _asked("Passphrase of the backup: ")
        clock, away = SystemClock(), partial(_kept_away, folder)
        staged = backups.stage(
            source, folder, passphrase, _progress(), vendors=workspace.vendors(), clock=clock, away=away
        )
        kept = staged.put_in_place(clock)
        swap.finish(folder)
    print(output.plain(f"{folder} is as it was in the backup of {staged.record.made_at}."))
    if kept:
        print(output.plain(f"What was there before is kept in {folder / kept}."))
    print(
        "Changes and events that waited then are on hold or unknown: decide in the window. Nothing is sent by itself."
    )
    return Exit.OK


def _kept_away(folder: Path) -> KeptAway | None:
    """Whom the data that is replaced keeps away. None, and it is said, where it cannot be opened: that may be why
    somebody restores."""
    from crmdesk.store.kept_away import of_file

    path = folder / folders.CACHE
    if not path.exists():
        return None
    try:
        return of_file(path, folders.known_key(folder).value)
    except KnownError as error:
        told = f"What is here now cannot be read ({error.title}) Guests erased in it may come back with the backup."
        print(output.plain(told), file=sys.stderr)
        return None


def _place(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _asked(words: str, *, twice: bool = False) -> str:
    if not somebody_there():
        raise SettingsError("The backup needs a passphrase.", "Set CRMDESK_PASSPHRASE and run this again.")
    typed = ask_secret(words)
    if twice and ask_secret("The same again: ") != typed:
        raise SettingsError("The two passphrases differ.", "Run this again.")
    return typed


def _progress() -> backups.Tell:
    """A line that counts, for people who watch."""
    if sys.stderr is None or not sys.stderr.isatty():
        return lambda _done, _total: None

    def tell(done: int, total: int) -> None:
        print(f"\r{100 * done // max(1, total)} %", end="\n" if done >= total else "", file=sys.stderr, flush=True)

    return tell
