"""Files of the desk, for a worker thread: read whole up to a limit, written whole or not at all."""

from __future__ import annotations

import mimetypes
import os
from contextlib import suppress
from pathlib import Path

from crmdesk.core.errors import KnownError, Recovery
from crmdesk.core.said import said
from crmdesk.core.seams import new_id

MOST_BYTES = 20 * 1024 * 1024


class FileError(KnownError):
    """A file of this computer cannot be used as it is; title and hint are to be translated already."""

    recovery = Recovery.EDIT


class FileThereError(FileError):
    """There is such a file, and nobody said that it may go."""


def read_file(path: str, most: int = MOST_BYTES) -> tuple[str, bytes, str]:
    """Name, content and media type. FileError: not there, not readable, empty, too large."""
    place = Path(path)
    try:
        with place.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise FileError(
            said("“{file}” cannot be read: {why}.", file=place.name, why=_reason(error)), "Choose another file."
        ) from error
    if not content:
        raise FileError(said("“{file}” is empty.", file=place.name), "Choose another file.")
    if len(content) > most:
        raise FileError(
            said("“{file}” is larger than {most} MB.", file=place.name, most=most // 1024 // 1024),
            "Choose a smaller file.",
        )
    mime = mimetypes.guess_type(place.name)[0] or "application/octet-stream"
    return place.name, content, mime


def write_file(path: str, content: bytes, *, replace: bool = False) -> None:
    """Under its name only once it is whole. FileThereError without `replace` where the name is taken, also by somebody
    who was faster; FileError where it cannot be written."""
    place = Path(path)
    beside = place.with_name(f".{place.name[:80]}.{new_id()[:8]}.part")
    claimed = False
    try:
        if not replace:
            place.open("xb").close()  # the name is ours from here on
            claimed = True
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(place)
    except FileExistsError as error:
        _away(beside)
        raise FileThereError(
            said("There is a “{file}” already.", file=place.name), "Choose another name, or replace it."
        ) from error
    except OSError as error:
        _away(beside)
        if claimed:
            _away(place)
        raise FileError(
            said("“{file}” could not be written: {why}.", file=place.name, why=_reason(error)), "Choose another place."
        ) from error


def _away(path: Path) -> None:
    with suppress(OSError):  # what is left over is in nobody's way, and the error before is the one to tell
        path.unlink()


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").rstrip(".").lower()
