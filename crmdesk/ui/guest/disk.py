"""A file of the desk that goes to the vendor, for a worker thread: read whole, up to a limit."""

from __future__ import annotations

import mimetypes
from pathlib import Path

from crmdesk.core.errors import KnownError, Recovery
from crmdesk.core.said import said

MOST_BYTES = 20 * 1024 * 1024


class FileError(KnownError):
    """A file of this computer cannot be used as it is; title and hint are to be translated already."""

    recovery = Recovery.EDIT


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


def _reason(error: OSError) -> str:
    return (error.strerror or "unknown reason").rstrip(".").lower()
