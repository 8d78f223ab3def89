"""Workbooks (xlsx, xls, ods), read in a process of their own.

The reader is fast native code, which ends its whole process where a hostile file makes it ask for more memory than
there is: a cell at XFD1048576 is enough. So it runs in a child with limits of memory and time. In: the file's bytes.
Out: one msgpack document, which holds nothing but plain values (`_pack`)."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from crmdesk.core.seams import own_program
from crmdesk.core.sheet import BadCell, Cell, Sheet
from crmdesk.sync.unreadable import UnreadableError, cancelled

ARGUMENT = "--read-workbook"
SECONDS = 60.0
_MEMORY = 2 << 30  # bytes the child may use
_MOST_ROWS, _MOST_COLUMNS = 200_002, 501  # one more than is taken, so that the cut is told
_MOST_XML = 400 << 20  # bytes of one sheet, unpacked
MOST_CELLS = 75_000_000  # of the rectangle around all cells: the reader asks for memory for each
_MOST_PACKED = 512 << 20  # bytes that come back
_CHUNK = 500  # rows
_POLL = 0.05
_FORMULA = re.compile(rb"<c\b([^>]*)>\s*<f\b[^>]*?(?:/>|>.*?</f>)\s*(?:<v\s*/>|<v>([^<]*)</v>)?", re.DOTALL)
_ERROR = re.compile(rb'<c\b([^>]*\bt="e"[^>]*)>(?:\s*<f\b[^>]*?(?:/>|>.*?</f>))?\s*<v>([^<]*)</v>', re.DOTALL)
_PLACE = re.compile(rb'\br="([A-Z]{1,3})([0-9]{1,7})"')
_WIDE = re.compile(rb'\br="([A-Z]{2,3})[0-9]')
_DEEP = re.compile(rb'\br="[A-Z]{0,3}([0-9]{6,7})"')
_ROWS = msgspec.msgpack.Decoder(list[list[Any]])


class Workbook(msgspec.Struct):
    """What the child found. `rows` are packed cells of the chosen sheet, from its first used cell on. `failed`: why
    nothing could be read, one of _WORDS. `chunks` are the rows on their way: one large document would be
    unpacked in one go, while the window stands still."""

    sheets: list[tuple[str, bool]] = []
    sheet: str = ""
    rows: list[list[Any]] = []
    merged: int = 0
    formulas: int = 0
    failed: str = ""
    chunks: list[bytes] = []


_WORDS = {
    "password": ("{name} is protected by a password.", "Open it in your spreadsheet program and save it without one."),
    "html": ("{name} is a web page, not a workbook.", "Open it in your spreadsheet program and save it as .xlsx."),
    "format": ("{name} is not a workbook that can be read.", "Save it as .xlsx, .ods or .csv and try again."),
    "sheet": ("There is no such sheet in {name}.", "Choose another one."),
    "start": ("{name} could not be read just now.", "Close other programs and try again."),
    "large": ("{name} unpacks to more than can be read.", "Is it the right file? Save only the rows you need."),
}


def read(
    name: str, data: bytes, sheet: str, stopped: Callable[[], bool]
) -> tuple[Workbook, list[tuple[Cell, ...]], tuple[Sheet, ...]]:
    """The workbook, the chosen sheet's rows, and all sheets. '' = the first visible sheet. UnreadableError."""
    try:
        found = msgspec.msgpack.decode(_in_child(name, data, sheet, stopped), type=Workbook)
    except msgspec.MsgspecError as error:
        raise UnreadableError(*_told("format", name)) from error
    except (OSError, ValueError) as error:  # no child could be started, or no program takes such a name of a sheet
        raise UnreadableError(*_told("sheet" if "\0" in sheet else "start", name)) from error
    if found.failed:
        raise UnreadableError(*_told(found.failed, name))
    rows = [tuple(map(unpack, row)) for chunk in found.chunks for row in _ROWS.decode(chunk)]
    return found, rows, tuple(Sheet(title, hidden) for title, hidden in found.sheets)


def _told(code: str, name: str) -> tuple[str, str]:
    title, hint = _WORDS.get(code, _WORDS["format"])
    return title.format(name=name), hint


def _in_child(name: str, data: bytes, sheet: str, stopped: Callable[[], bool]) -> bytes:
    """Through pipes: guests' data is not written to a disk."""
    arguments = own_program(ARGUMENT, sheet)  # our own program; the sheet's name is only looked up
    pipe, hidden = subprocess.PIPE, getattr(subprocess, "CREATE_NO_WINDOW", 0)  # no black window on Windows
    with (
        subprocess.Popen(  # noqa: S603
            arguments, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, creationflags=hidden
        ) as child,
        ThreadPoolExecutor(1, "workbook") as feeder,
    ):
        answer = feeder.submit(child.communicate, data)
        try:
            for _ in range(round(SECONDS / _POLL)):
                if wait([answer], _POLL).done:
                    break
                if stopped():
                    raise cancelled()
            else:
                raise UnreadableError(*_told("large", name))
        finally:
            if child.poll() is None:
                child.kill()  # which ends the feeder too
        made, _ = answer.result()
    if child.returncode != 0:
        raise UnreadableError(*_told("large", name))
    return made


def unpack(cell: Any) -> Cell:
    match cell:
        case ["t", str(text)]:
            return datetime.fromisoformat(text)
        case ["d", str(text)]:
            return date.fromisoformat(text)
        case ["h", str(text)]:
            return time.fromisoformat(text)
        case ["e", str(text), str(why)]:
            return BadCell(text, why)
        case str() | int() | float() | bool():
            return cell
    return None


# ── the child ────────────────────────────────────────────────────────────────────────────────────────────────────────


def main(sheet: str) -> int:
    """The child: bytes from stdin, msgpack to stdout. By number: a program without a console has no `sys.stdout`."""
    _limit_memory()
    with open(0, "rb", closefd=False) as given:
        book = parse(given.read(), sheet)
    for start in range(0, len(book.rows), _CHUNK):
        book.chunks.append(msgspec.msgpack.encode(book.rows[start : start + _CHUNK]))
    book.rows = []
    made = msgspec.msgpack.encode(book)
    if len(made) > _MOST_PACKED:
        made = msgspec.msgpack.encode(Workbook(failed="large"))
    with open(1, "wb", closefd=False) as answer:
        answer.write(made)
    return 0


def _limit_memory() -> None:
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def parse(data: bytes, sheet: str) -> Workbook:
    """In the child only: a hostile file may end the process."""
    import python_calamine as calamine

    if not data.startswith((b"PK", b"\xd0\xcf")):
        return Workbook(failed="html")
    try:
        book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        metadata = [one for one in book.sheets_metadata if one.typ == calamine.SheetTypeEnum.WorkSheet]
        sheets = [(one.name, one.visible != calamine.SheetVisibleEnum.Visible) for one in metadata]
        shown = [name for name, hidden in sheets if not hidden] or [name for name, _ in sheets]
        chosen = sheet or (shown[0] if shown else "")
        if chosen not in [name for name, _ in sheets]:
            return Workbook(sheets, failed="sheet")
        marks = _Marks(data, chosen)
        if marks.too_large:
            return Workbook(sheets, failed="large")
        found = book.get_sheet_by_name(chosen)
        return Workbook(sheets, chosen, _packed(found, marks), len(found.merged_cell_ranges or ()), marks.formulas)
    except calamine.PasswordError:
        return Workbook(failed="password")
    except (calamine.CalamineError, OSError, ValueError):
        return Workbook(
            failed="password" if data[:4] == b"\xd0\xcf\x11\xe0" and b"E\0n\0c\0r\0y\0p" in data else "format"
        )


def _packed(sheet: Any, marks: _Marks) -> list[list[Any]]:
    """Rows as far as anything is taken of them. `marks` stand where the reader itself shows nothing."""
    top, left = sheet.start or (0, 0)
    rows = [[_pack(cell) for cell in row[:_MOST_COLUMNS]] for row in sheet.to_python(nrows=_MOST_ROWS)]
    for (down, right), mark in marks.cells.items():
        y, x = down - top, right - left
        if 0 <= y < len(rows) and 0 <= x < _MOST_COLUMNS:
            rows[y] += [None] * (x + 1 - len(rows[y]))
            if rows[y][x] is None:
                rows[y][x] = mark
    return rows


def _pack(cell: Any) -> Any:
    match cell:
        case "":
            return None
        case datetime():
            return ["t", cell.isoformat()]
        case date():
            return ["d", cell.isoformat()]
        case time():
            return ["h", cell.isoformat()]
        case timedelta():
            return str(cell)
        case float() if cell.is_integer() and abs(cell) < 1e15:
            return int(cell)
    return cell


class _Marks:
    """Errors and formulas of an xlsx sheet, by row and column from 0: the reader tells neither. Other formats have
    none."""

    def __init__(self, data: bytes, sheet: str) -> None:
        self.cells: dict[tuple[int, int], list[str]] = {}
        self.formulas = 0
        self.too_large = False
        if data[:2] == b"PK":
            with suppress(zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError, EOFError):
                self._look(zipfile.ZipFile(io.BytesIO(data)), sheet)

    def _look(self, archive: zipfile.ZipFile, sheet: str) -> None:
        if sum(info.file_size for info in archive.infolist()) > _MOST_XML:
            self.too_large = True
            return
        if (path := _part_of(archive, sheet)) is None:
            return
        with archive.open(path) as part:
            xml = part.read(_MOST_XML)
        self.too_large = rectangle(xml) > MOST_CELLS
        for attributes, value in _FORMULA.findall(xml):
            self.formulas += 1
            if not value and b't="str"' not in attributes:
                self._mark(attributes, "", "a formula whose result is not stored in the file")
        for attributes, text in _ERROR.findall(xml):
            self._mark(attributes, text.decode(errors="replace"), "an error in the file")

    def _mark(self, attributes: bytes, text: str, why: str) -> None:
        if place := _PLACE.search(attributes):
            self.cells[int(place[2]) - 1, _number_of(place[1]) - 1] = ["e", text, why]


def rectangle(xml: bytes) -> int:
    """About how many cells lie between A1 and the farthest one; exact only where that matters."""
    wide = max((len(letters) for letters in _WIDE.findall(xml)), default=1)
    if wide == 3:
        places = [(_number_of(letters), int(row)) for letters, row in _PLACE.findall(xml)]
        return max(column for column, _ in places) * max(row for _, row in places)
    rows = max(map(int, _DEEP.findall(xml)), default=99_999)
    return rows * (702 if wide == 2 else 26)


def _number_of(letters: bytes) -> int:
    """A column's, from 1."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """The part of an xlsx that holds the sheet."""
    from xml.sax.saxutils import unescape

    def attributes(tag: bytes) -> dict[str, str]:
        pairs = re.findall(rb'([\w:]+)="([^"]*)"', tag)
        return {name.decode(): unescape(value.decode(errors="replace"), {"&quot;": '"'}) for name, value in pairs}

    def tags(path: str, name: bytes) -> Iterator[dict[str, str]]:
        with archive.open(path) as part:
            found: Sequence[bytes] = re.findall(rb"<(?:\w+:)?" + name + rb"\b[^>]*>", part.read(4 << 20))
        yield from map(attributes, found)

    ids = [one.get("r:id", "") for one in tags("xl/workbook.xml", b"sheet") if one.get("name") == sheet]
    for one in tags("xl/_rels/workbook.xml.rels", b"Relationship"):
        if ids and one.get("Id") == ids[0]:
            target = one.get("Target", "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return None
