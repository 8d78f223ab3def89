"""The folder of shift packs that are made by themselves. Blocking; for a worker thread.

Only files with a name of this pattern are ever deleted in it, whatever else lies there."""

from __future__ import annotations

import logging
import re
from datetime import datetime
from pathlib import Path

from crmdesk.core.said import said
from crmdesk.sync.whole_file import FileThereError, put_file

log = logging.getLogger(__name__)

_OURS = re.compile(r"shift-pack-(\d{4}-\d\d-\d\d-\d{4})(?:-(\d{1,3}))?\.pdf")
_BROKEN_OFF = re.compile(r"shift-pack-\d{4}-\d\d-\d\d-\d{4}(?:-\d{1,3})?\.unfinished-\w+\.pdf")
_MOST_OF_ONE_TIME = 100


def put(folder: Path, due: datetime, content: bytes, kept: int) -> Path:
    """Writes the pack of `due` (local time) beside what is there and overwrites nothing; then only the newest `kept`
    stay. Where it is. StorageError, and then nothing was deleted."""
    name = f"shift-pack-{due:%Y-%m-%d-%H%M}"
    for number in range(1, _MOST_OF_ONE_TIME):
        place = folder / (f"{name}.pdf" if number == 1 else f"{name}-{number}.pdf")
        try:
            put_file(place, content, replace=False)
        except FileThereError:
            continue
        _clear(folder, kept, place)
        return place
    raise FileThereError(
        said("There are too many files that begin with {name}.", name=name),
        "Choose another folder, or tidy up this one.",
    )


def _clear(folder: Path, kept: int, fresh: Path) -> None:
    """`fresh` stays in any case, whatever the clock says."""
    try:
        files = [item for item in folder.iterdir() if item.is_file() and not item.is_symlink() and item != fresh]
        ours = [(found[1], int(found[2] or 1), item) for item in files if (found := _OURS.fullmatch(item.name))]
        old = [item for _, _, item in sorted(ours, reverse=True)[kept - 1 :]]
        for item in (*old, *(item for item in files if _BROKEN_OFF.fullmatch(item.name))):
            item.unlink(missing_ok=True)
    except OSError as error:  # the pack is there: it is tried again with the next one
        log.warning("old shift packs could not be deleted: %s", type(error).__name__)
