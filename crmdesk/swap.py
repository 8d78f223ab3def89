"""A restored copy takes the place of a data folder's files, which are kept under a dated name.

A marker says that it is to happen; it is done by whoever next has the folder's lock, before anything in it is opened,
and may be killed at any step: the next one goes on. Cheap to import: every start asks."""

from __future__ import annotations

import json
import os
from pathlib import Path

from crmdesk.core.errors import StorageError
from crmdesk.core.seams import gate
from crmdesk.net.key_record import FILE as KEY_FILE
from crmdesk.net.key_record import sync_folder, write_durably

MARKER = "restore.json"
KEPT = "before-restore-"
_DATABASE = "contacts.db"
_SIDES = (f"{_DATABASE}-wal", f"{_DATABASE}-shm", f"{_DATABASE}-journal")
_FILES = (KEY_FILE, "settings.json", _DATABASE)  # the data last: with it the restored folder is whole
_MOST = 10_000  # bytes of a file of ours


def mark(folder: Path, staged: Path, stamp: str) -> str:
    """From now on the next start puts `staged` (a folder below `folder`) in place. The name that the old files get;
    '' where there are none. StorageError."""
    kept = _free_name(folder, KEPT + stamp) if any((folder / name).exists() for name in _FILES) else ""
    try:
        write_durably(folder / MARKER, json.dumps({"staged": staged.name, "kept": kept}))
    except OSError as error:
        raise _fault(error) from error
    return kept


def unmark(folder: Path, staged: Path) -> None:
    """Takes `mark` back; harmless where there is none, or one of another copy. StorageError."""
    try:
        if json.loads((folder / MARKER).read_text("utf-8"))["staged"] == staged.name:
            (folder / MARKER).unlink()
    except FileNotFoundError:
        return
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise _fault(error) from error


def finish(folder: Path) -> bool:
    """Does what a marker asks for; False where there is none. Needs the folder's lock. StorageError, and nothing is
    lost: what is not in its new place yet is still in its old one."""
    try:
        with (folder / MARKER).open("rb") as file:
            asked = json.loads(file.read(_MOST))
        staged, kept = _inside(folder, asked["staged"]), asked["kept"] and _inside(folder, asked["kept"])
    except FileNotFoundError:
        return False
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise _fault(error) from error
    try:
        _swap(folder, staged, kept or None)
    except OSError as error:
        raise _fault(error) from error
    return True


def _swap(folder: Path, staged: Path, kept: Path | None) -> None:
    fresh = [name for name in _FILES if (staged / name).exists()]
    if kept is not None and fresh:
        kept.mkdir(mode=0o700, exist_ok=True)
        gate("restore: folder for the old")
        aside = [*_SIDES, *fresh] if _DATABASE in fresh else fresh
        for name in aside:  # what is fresh is not there yet, so what is there is old; the log goes before its data
            if (folder / name).exists():
                os.replace(folder / name, kept / name)
                gate(f"restore.kept.{name}")
        sync_folder(kept)
    for name in fresh:
        os.replace(staged / name, folder / name)
        gate(f"restore.placed.{name}")
    sync_folder(folder)
    gate("restore: before the marker goes")
    (folder / MARKER).unlink()
    gate("restore: after the marker went")
    import shutil  # a start without anything to swap does without

    shutil.rmtree(staged, ignore_errors=True)


def _inside(folder: Path, name: str) -> Path:
    if not name or name == ".." or Path(name).name != name:
        raise ValueError("a name that leads elsewhere")
    return folder / name


def _free_name(folder: Path, wanted: str) -> str:
    name, number = wanted, 2
    while (folder / name).exists():
        name, number = f"{wanted}-{number}", number + 1
    return name


def _fault(error: Exception) -> StorageError:
    return StorageError(
        "The restored copy could not be put in place.",
        "Check the rights of the data folder and the free space, then start crmdesk again. Nothing is lost.",
        details={"cause": type(error).__name__},
    )
