"""Backups in a process of their own: killed at a gate, or where no file may grow any more."""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from crmdesk import backups, swap
from crmdesk.core import seams
from crmdesk.core.changes import ChangeFeed
from crmdesk.core.errors import KnownError
from crmdesk.core.seams import SystemClock
from crmdesk.folder import CACHE
from crmdesk.net.key_record import KeyMode
from crmdesk.net.secrets import Key
from crmdesk.store import opening
from crmdesk.store.database import Database
from tests.helpers.desk import KEY

PASSPHRASE = "four words are best"
PIECE = 80  # pages between two looks at whether a copy is still wanted
HERE = Key(KeyMode.KEYRING, KEY, "")


def quiet(_done: int, _total: int) -> None: ...


def write(home: Path, target: Path, tell: backups.Tell = quiet) -> None:
    database = Database.open(home / CACHE, KEY, ChangeFeed(), SystemClock())
    try:
        backups.write(database, HERE, home, target, PASSPHRASE, tell, clock=SystemClock())
    finally:
        database.close()


def stage(source: Path, home: Path, tell: backups.Tell = quiet) -> backups.Staged:
    return backups.stage(source, home, PASSPHRASE, tell, vendors={}, clock=SystemClock())


def killed(work: Callable[[], object], at: int) -> str:
    """Runs `work` in a fork that dies by kill -9 at its gate number `at`, from 1 on; the gate's name, or '' where the
    work ended before."""
    said, saying = os.pipe()
    if (pid := os.fork()) == 0:
        number = itertools.count(1)

        def hook(name: str) -> None:
            if next(number) == at:
                os.write(saying, name.encode())
                os.kill(os.getpid(), signal.SIGKILL)

        seams.set_gate(hook)
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    os.close(saying)
    name = os.read(said, 200).decode()
    os.close(said)
    status = os.waitpid(pid, 0)[1]
    assert os.WIFSIGNALED(status) if name else status == 0, f"status {status} at gate {at} {name}"
    return name


def told(work: Callable[[], Any]) -> str:
    """What a person is told."""
    try:
        work()
    except KnownError as error:
        return f"{type(error).__name__}: {error}"
    return "done"


def cramped(one: Path, other: Path, *most: int) -> None:
    """A backup of the folder `one` at `other`, or (where `one` is a file) `one` unpacked beside the folder `other`,
    while no file of this process may be larger than so many bytes; and what is there then."""
    import resource

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    for limit in most:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        words = told(lambda: (write if one.is_dir() else stage)(one, other))
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        place = other.parent if one.is_dir() else other
        print(json.dumps([words, sorted(item.name for item in place.iterdir())]))


def exchanges(folders: list[list[str]]) -> None:
    """For each [folder, gate, gate]: the exchange is killed at the first gate, then at the second; which they were."""
    for folder, first, second in folders:
        names = [killed(lambda: swap.finish(Path(folder)), int(at)) for at in (first, second)]  # noqa: B023 - at once
        print(json.dumps(names), flush=True)


def copied(home: Path, target: Path) -> None:
    """Killed in the middle of the copy, and at every gate of a backup."""
    for at in itertools.count(1):
        name = killed(lambda: write(home, target, lambda done, _all: seams.gate("copying")), at)
        print(json.dumps([name, sorted(item.name for item in target.parent.iterdir())]), flush=True)
        for item in target.parent.iterdir():
            item.unlink()
        if not name:
            return


def main(what: str, *arguments: str) -> None:
    opening.COPIED = PIECE
    match what:
        case "cramped":
            cramped(Path(arguments[0]), Path(arguments[1]), *map(int, arguments[2:]))
        case "exchanges":
            exchanges(json.loads(arguments[0]))
        case _:
            copied(Path(arguments[0]), Path(arguments[1]))


if __name__ == "__main__":
    main(*sys.argv[1:])
