"""A file or a paste to a table, in any thread; nothing is written. Text goes through `text_tables`, workbooks through a
child process (`workbooks`)."""

from __future__ import annotations

import hashlib
import re
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from crmdesk.core.said import said, said_of
from crmdesk.core.sheet import Layout, Remark, Table
from crmdesk.sync import text_tables, workbooks
from crmdesk.sync.unreadable import UnreadableError, cancelled, is_binary, no_table

__all__ = ["SUFFIXES", "UnreadableError", "no_table", "read_file", "read_text"]

TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".tab")
BOOK_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
SUFFIXES = (*TEXT_SUFFIXES, *BOOK_SUFFIXES)
MOST_BYTES = 100 << 20
_CHUNK = 1 << 20
_BOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_PAGE = re.compile(rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype|html|head|body|table|meta|\?xml)\b", re.IGNORECASE)


def read_file(path: Path, layout: Layout = Layout(), *, stopped: Callable[[], bool] = lambda: False) -> Table:  # noqa: B008
    """`stopped` is asked now and then. UnreadableError, naming the file, the place and the remedy."""
    data = _bytes_of(path, stopped)
    digest = hashlib.sha256(data).hexdigest()
    if not data:
        raise UnreadableError(said("{file} is empty.", file=path.name), "Choose another file.")
    if data.startswith(_BOOKS) or _PAGE.match(data[:1024]):
        return replace(_book(path.name, data, layout, stopped), hash=digest)
    if is_binary(data):
        raise no_table(path.name)
    table = text_tables.read_bytes(path.name, data, layout, stopped)
    if path.suffix.lower() in BOOK_SUFFIXES:  # what many programs call an Excel file
        remark = Remark("text", "This is no workbook but text with separators; it was read as such.", warning=False)
        table = replace(table, remarks=(remark, *table.remarks))
    return replace(table, hash=digest)


def read_text(text: str, layout: Layout = Layout(), name: str = "Pasted rows") -> Table:  # noqa: B008
    """What was pasted: tabs between the cells as spreadsheets copy them, else as a text file. UnreadableError."""
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) > MOST_BYTES:
        raise UnreadableError("This is too much to paste.", "Save it as a file and import that.")
    form = layout.form
    if not form.separator and "\t" in text:
        form = replace(form, separator="\t")
    found = text_tables.read(name, text, replace(layout, form=replace(form, encoding="utf-8-sig")))
    return replace(found, hash=hashlib.sha256(raw).hexdigest())


def _bytes_of(path: Path, stopped: Callable[[], bool]) -> bytes:
    """The file as it was when it was opened: one that grows is cut there."""
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):  # opening a pipe would wait for ever
            folder = stat.S_ISDIR(about.st_mode)
            text = said("{file} is a folder.", file=path.name) if folder else said("{file} is no file.", file=path.name)
            raise UnreadableError(text, "Choose a file.")
        with path.open("rb") as file:
            size = about.st_size
            if size > MOST_BYTES:
                raise UnreadableError(
                    said("{file} is larger than {most} MB.", file=path.name, most=MOST_BYTES >> 20),
                    "Save only the rows and columns you need.",
                )
            parts, read = [], 0
            while read < size and (part := file.read(min(_CHUNK, size - read))):
                if stopped():
                    raise cancelled()
                parts.append(part)
                read += len(part)
            return b"".join(parts)
    except PermissionError as error:
        hint = "Close it in the other program, or check that you may read it."
        raise UnreadableError(said("{file} cannot be opened.", file=path.name), hint) from error
    except FileNotFoundError as error:
        raise UnreadableError(
            said("{file} is not there any more.", file=path.name), "Choose the file again."
        ) from error
    except (OSError, ValueError) as error:
        raise UnreadableError(
            said("{file} cannot be read.", file=path.name), "Copy it to this computer and try again."
        ) from error


def _book(name: str, data: bytes, layout: Layout, stopped: Callable[[], bool]) -> Table:
    book, rows, sheets = workbooks.read(name, data, layout.sheet, stopped)
    remarks = []
    if book.merged:
        remarks.append(
            Remark(
                "merged",
                said_of(
                    book.merged,
                    "1 merged cell: only its first cell has the value.",
                    "{n} merged cells: only the first cell of each has the value.",
                ),
            )
        )
    if book.formulas:
        text = said_of(
            book.formulas,
            "1 formula: the result stored in the file is taken.",
            "{n} formulas: the results stored in the file are taken.",
        )
        remarks.append(Remark("formulas", text, warning=False))
    hidden = [sheet.name for sheet in sheets if sheet.hidden]
    if hidden:
        remarks.append(Remark("hidden", said("Hidden sheets: {names}.", names=", ".join(hidden[:5])), warning=False))
    chosen = replace(layout, sheet=book.sheet)
    place = f"{name}, sheet {book.sheet}" if len(sheets) > 1 else name
    return replace(text_tables.tabulated(place, rows, chosen, remarks), name=name, sheets=sheets)
