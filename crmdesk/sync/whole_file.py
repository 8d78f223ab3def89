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
_LONGEST = 40  # letters of the name that the unfinished file's begins with


class FileThereError(StorageError):
    """There is such a file, and nobody said that it may go."""


@contextmanager
def whole_file(path: Path, *, replace: bool = True) -> Iterator[Path]:
    """A file beside `path` to be written, readable by its user alone, which takes the name when all went well. After
    any error nothing of it is there, and what stood under the name is as it was. Its own name says that it is not
    finished, for whoever finds it after a crash. StorageError with the remedy; FileThereError where the name is taken
    and `replace` is False, also by somebody who was faster."""
    made = ""
    try:
        if not replace and path.exists():
            raise _there(path)
        handle, made = tempfile.mkstemp(
            dir=path.parent, prefix=f"{path.stem[:_LONGEST]}.unfinished-", suffix=path.suffix
        )
        os.close(handle)
        yield Path(made)
        with open(made, "rb+") as file:
            os.fsync(file.fileno())  # else a power cut may leave the name without the rows
        if replace:
            os.replace(made, path)
        else:
            _take_name(Path(made), path)
        made = ""
    except OSError as error:
        raise StorageError(said("{file} cannot be written.", file=path.name), remedy(error)) from error
    finally:
        if made:
            with suppress(OSError):  # the error before is the one to tell
                os.unlink(made)


def put_file(path: Path, content: bytes, *, replace: bool = True) -> None:
    """As `whole_file`, with this content."""
    with whole_file(path, replace=replace) as made:
        made.write_bytes(content)


def _take_name(made: Path, path: Path) -> None:
    """A second name for a file fails where the name is taken. Not every disk has second names (a stick does not)."""
    try:
        os.link(made, path)
    except FileExistsError:
        raise _there(path) from None
    except OSError:
        if path.exists():
            raise _there(path) from None
        os.replace(made, path)
        return
    os.unlink(made)


def _there(path: Path) -> FileThereError:
    return FileThereError(
        said("There is a file {file} already.", file=path.name), "Choose another name. Nothing is overwritten."
    )


def remedy(error: OSError) -> str:
    """What a person can do about it."""
    if error.errno in _FULL:
        return "The disk is full. Free some space, or choose another disk."
    if error.errno == errno.EFBIG:  # 4 GB on many a stick
        return "It is larger than a file may be on that disk. Choose another disk."
    if getattr(error, "winerror", 0) == _OPEN_ELSEWHERE or error.errno == errno.EBUSY:
        return "It is open in another program. Close it there, or choose another name."
    if error.errno in _BARRED:
        return "You may not write there, or the file is open in another program. Choose another folder or name."
    if error.errno in _GONE:
        return "The folder is no longer there. Choose another one."
    if error.errno == errno.ENAMETOOLONG:
        return "The name is too long. Choose a shorter one."
    return "Close it in other programs, free some space, or choose another folder."
