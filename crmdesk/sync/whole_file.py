"""Files that appear whole or not at all, and what to do where one cannot be written. Blocking; for a worker thread."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from crmdesk.core.errors import StorageError
from crmdesk.core.said import said

_OPEN_ELSEWHERE = 32  # of Windows: another program holds the file
_FULL = (errno.ENOSPC, errno.EDQUOT) if hasattr(errno, "EDQUOT") else (errno.ENOSPC,)
_BARRED = (errno.EACCES, errno.EPERM, errno.EROFS)
_GONE = (errno.ENOENT, errno.ENOTDIR)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A file beside `path` to be written, readable by its user alone, which takes the name when all went well. After
    any error nothing of it is there, and what stood under the name is as it was. StorageError with the remedy."""
    made = ""
    try:
        handle, made = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=path.suffix)
        os.close(handle)
        yield Path(made)
        with open(made, "rb+") as file:
            os.fsync(file.fileno())  # else a power cut may leave the name without the rows
        os.replace(made, path)
        made = ""
    except OSError as error:
        raise StorageError(said("{file} cannot be written.", file=path.name), remedy(error)) from error
    finally:
        if made:
            with suppress(OSError):  # what is left is hidden, and the error before is the one to tell
                os.unlink(made)


def remedy(error: OSError) -> str:
    """What a person can do about it."""
    if error.errno in _FULL:
        return "The disk is full. Free some space, or choose another disk."
    if getattr(error, "winerror", 0) == _OPEN_ELSEWHERE or error.errno == errno.EBUSY:
        return "It is open in another program. Close it there, or choose another name."
    if error.errno in _BARRED:
        return "You may not write there, or the file is open in another program. Choose another folder or name."
    if error.errno in _GONE:
        return "The folder is no longer there. Choose another one."
    if error.errno == errno.ENAMETOOLONG:
        return "The name is too long. Choose a shorter one."
    return "Close it in other programs, free some space, or choose another folder."
