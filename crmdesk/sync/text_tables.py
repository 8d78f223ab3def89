"""Text with separators (CSV, TSV, pasted rows) to a table: encoding, separator, quotes and heading found out or chosen.

Everything is bounded; what had to be guessed, cut or mended is told as a remark."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any

from crmdesk.core.said import said, said_of, term, together
from crmdesk.core.sheet import Cell, Layout, Remark, Table, TextForm, unique
from crmdesk.core.submission import CONTACT_COLUMN
from crmdesk.core.tabular import rearm
from crmdesk.sync.letters import EIGHT_BITS, ENCODING_WORDS, eight_bits, sample_of
from crmdesk.sync.unreadable import UnreadableError, cancelled

SEPARATORS = (",", ";", "\t", "|")
NO_SEPARATORS = frozenset("\r\n\"'")  # they end a line, or stand around a text
MOST_ROWS, MOST_COLUMNS, LONGEST_CELL = 200_000, 500, 1_000_000
_SAMPLE_LINES = 60
_TELLING = 2000  # lines with letters beyond ASCII that are looked at
_PIECE = 1 << 18  # characters
_SNIFFED = 200_000  # bytes looked at to find the encoding
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SCIENTIFIC = re.compile(r"[0-9][.,][0-9]{2,}E\+?[0-9]{2}")
_NO_TITLE = re.compile(r"[+-]?[0-9][0-9.,:/ -]*|.*@.*\..*")
Stopped = Callable[[], bool]


def read_bytes(name: str, data: bytes, layout: Layout, stopped: Stopped = lambda: False) -> Table:
    """A text file. UnreadableError."""
    remarks: list[Remark] = []
    encoding = layout.form.encoding or _encoding_of(data)
    text = _decoded(name, data, encoding, remarks)
    if not layout.form.encoding and encoding in EIGHT_BITS:
        shown = said(
            "Letters are read as {encoding}: “{sample}”. If that is wrong, choose other letters.",
            encoding=term(ENCODING_WORDS[encoding]),
            sample=sample_of(text),
        )
        remarks.append(Remark("guessed", shown))
    return read(name, text, replace(layout, form=replace(layout.form, encoding=encoding)), stopped, remarks)


def read(
    name: str, text: str, layout: Layout, stopped: Stopped = lambda: False, remarks: Sequence[Remark] = ()
) -> Table:
    """Text that is decoded already. UnreadableError where nothing is in it."""
    found = list(remarks)
    if "\0" in text:
        text = text.replace("\0", "")
        found.append(Remark("nul", "The file holds NUL characters; they were left out."))
    lines = _lines_of(text)
    form = layout.form
    if lines and (told := re.fullmatch(r"sep=([^\s\"']|\t)\s*", lines[0])):
        lines, form = lines[1:], replace(form, separator=form.separator or told[1])
    if not form.separator:
        form = replace(form, separator=_separator_of(lines[:_SAMPLE_LINES], form.quote))
    rows = _rows(name, lines, form, found, stopped)
    return tabulated(name, rows, replace(layout, form=form), found)


def tabulated(name: str, rows: Sequence[Sequence[Cell]], layout: Layout, remarks: list[Remark]) -> Table:
    """Heading, equal lengths, no empty rows. UnreadableError."""
    full = [row for row in rows if any(cell is not None and cell != "" for cell in row)]
    if not full:
        raise UnreadableError(said("There is nothing in {name}.", name=name), "Choose another file or sheet.")
    width = max(len(row) for row in full)
    if width > MOST_COLUMNS:
        remarks.append(
            Remark(
                "columns",
                said_of(
                    width,
                    "1 column: the first {most} are taken.",
                    "{n} columns: the first {most} are taken.",
                    most=MOST_COLUMNS,
                ),
            )
        )
        width = MOST_COLUMNS
    if len(full) > MOST_ROWS + 1:
        remarks.append(Remark("rows", said("Only the first {most} rows are taken. Split the file.", most=MOST_ROWS)))
        full = full[: MOST_ROWS + 1]
    header = _is_header(full) if layout.header is None else layout.header
    titles = [str(cell) if cell is not None else "" for cell in full[0][:width]] if header else []
    body = full[1:] if header else full
    if header and len({title.casefold().strip() for title in titles if title}) < sum(1 for title in titles if title):
        remarks.append(Remark("titles", "Two columns have the same heading; the later one has a number behind it."))
    if any(_plain(title) == CONTACT_COLUMN for title in titles):
        text = said(
            "The numbers under “{column}” are not used: on another computer they stand for other people.",
            column=CONTACT_COLUMN,
        )
        remarks.append(Remark("contacts", text, warning=False))
    columns = unique([*titles, *[""] * (width - len(titles))], reserved=CONTACT_COLUMN)
    cut = [tuple(row[:width]) + (None,) * (width - len(row)) for row in body]
    _look_at(cut, remarks)
    return Table(name, columns, cut, replace(layout, header=header), remarks=tuple(remarks))


def _plain(title: str) -> str:
    return " ".join(title.casefold().split())


# ── letters ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _encoding_of(data: bytes) -> str:
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    sample = data[:_SNIFFED]
    if sample.count(0) > len(sample) // 5:
        return "utf-16-le" if sample[1::2].count(0) >= sample[::2].count(0) else "utf-16-be"
    try:
        data.decode()
    except UnicodeDecodeError:
        telling = b"\n".join(islice((line for line in data.splitlines() if not line.isascii()), _TELLING))[:_SNIFFED]
        return "mixed" if _mostly_utf8(telling) else eight_bits(telling)
    return "utf-8-sig"


def _mostly_utf8(sample: bytes) -> bool:
    """Some lines of another program in a file in UTF-8."""
    high = sum(byte >= 0x80 for byte in sample)
    bad = sample.decode(errors="replace").count("\ufffd")
    return high > 8 * bad


def _decoded(name: str, data: bytes, encoding: str, remarks: list[Remark]) -> str:
    if encoding == "mixed":
        remarks.append(Remark("mixed", "The file mixes UTF-8 and Windows-1252. Look at the special letters."))
        return "".join(_line(part) for part in data.removeprefix(codecs.BOM_UTF8).splitlines(keepends=True))
    try:
        text = data.decode(encoding)
        return text.removeprefix("\ufeff")
    except (UnicodeError, ValueError, LookupError) as error:
        return _as_far_as_it_goes(name, data, encoding, remarks, error)


def _as_far_as_it_goes(name: str, data: bytes, encoding: str, remarks: list[Remark], error: Exception) -> str:
    """Some encodings of Python are for other things than texts, and have no sign for what they cannot read."""
    if isinstance(error, UnicodeDecodeError):
        with suppress(UnicodeError):
            text = data.decode(encoding, errors="replace")
            told = "Some letters are not of this encoding; they show as �. Choose another one."
            remarks.append(Remark("encoding", told))
            return text.removeprefix("\ufeff")
    raise UnreadableError(
        said("{name} cannot be read as {encoding}.", name=name, encoding=encoding), "Choose another encoding."
    ) from error


def _line(part: bytes) -> str:
    try:
        return part.decode()
    except UnicodeDecodeError:
        return part.decode("cp1252", errors="replace")


# ── rows ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _lines_of(text: str) -> list[str]:
    """With their ends. `splitlines` would also cut at U+2028 and others inside a cell; piece by piece, because the
    window stands still meanwhile."""
    source = io.StringIO(text, newline="")
    lines: list[str] = []
    while piece := source.readlines(_PIECE):
        lines += piece
    return lines


def _separator_of(lines: Sequence[str], quote: str) -> str:
    """The one that cuts most lines into the same number of cells, more than one."""

    def worth(sign: str) -> tuple[float, int]:
        counts = Counter(len(row) for row in _parsed(lines, TextForm("", sign, quote)) if row)
        if not counts:
            return 0.0, 0
        width, often = counts.most_common(1)[0]
        return (often / sum(counts.values()) if width > 1 else 0.0), width

    best = max(SEPARATORS, key=worth)
    return best if worth(best)[0] > 0 else ","


def _parsed(lines: Sequence[str], form: TextForm) -> Iterator[list[str]]:
    csv.field_size_limit(LONGEST_CELL)
    try:
        yield from _reader(lines, form)
    except csv.Error:
        return


def _reader(lines: Sequence[str], form: TextForm, *, strict: bool = False) -> Any:
    if not form.quote:
        return csv.reader(lines, delimiter=form.separator, quoting=csv.QUOTE_NONE, strict=strict)
    return csv.reader(lines, delimiter=form.separator, quotechar=form.quote, strict=strict)


def _rows(
    name: str, lines: Sequence[str], form: TextForm, remarks: list[Remark], stopped: Stopped
) -> list[tuple[str | None, ...]]:
    """A quote that is never closed would swallow the rest of the file: from its line on quotes are plain letters."""
    found: list[tuple[str | None, ...]] = []
    start = 0
    while start < len(lines):
        done, start = _strictly(name, lines, start, form, found, stopped)
        if done or len(found) > MOST_ROWS + 1:
            break
        remarks.append(
            Remark(
                "quote", said("The quotes in line {line} do not fit; this line was taken as it stands.", line=start + 1)
            )
        )
        found.append(tuple(_cell(text) for text in lines[start].rstrip("\r\n").split(form.separator)))
        start += 1
        if len([one for one in remarks if one.code == "quote"]) >= 20:  # no quotes are meant at all
            plain = replace(form, quote="")
            found += [tuple(map(_cell, row)) for row in _parsed(lines[start:], plain)]
            break
    return found


def _strictly(
    name: str,
    lines: Sequence[str],
    start: int,
    form: TextForm,
    found: list[tuple[str | None, ...]],
    stopped: Stopped,
) -> tuple[bool, int]:
    """Adds the rows from line `start` on; whether it came to the end, and the line that is wrong."""
    csv.field_size_limit(LONGEST_CELL)
    reader = _reader(lines[start:], form, strict=True)
    read = 0
    try:
        for row in reader:
            found.append(tuple(map(_cell, row)))
            read = reader.line_num
            if len(found) > MOST_ROWS + 1:
                return True, start + read
            if not len(found) % 1000 and stopped():
                raise cancelled()
    except csv.Error as error:
        if "field larger" in str(error):
            raise UnreadableError(
                said(
                    "A cell of {name}, in line {line}, is longer than a million characters.",
                    name=name,
                    line=start + read + 1,
                ),
                "Is it the right file, and the right separator?",
            ) from error
        return False, start + read
    return True, len(lines)


def _cell(text: str) -> str | None:
    return rearm(text) if text else None


def _is_header(rows: Sequence[Sequence[Cell]]) -> bool:
    """Titles are different texts, and no numbers, dates or addresses."""
    first = [cell for cell in rows[0] if cell is not None and cell != ""]
    texts = [cell for cell in first if isinstance(cell, str) and not _NO_TITLE.fullmatch(cell.strip())]
    return len(texts) == len(first) and len({text.casefold() for text in texts}) * 2 > len(texts)


def _look_at(rows: Sequence[Sequence[Cell]], remarks: list[Remark]) -> None:
    """Numbers that have lost digits in the program that wrote the file (UX-CMP-04)."""
    lost = sum(
        (isinstance(cell, float) and abs(cell) >= 1e15) or (isinstance(cell, str) and bool(_SCIENTIFIC.fullmatch(cell)))
        for row in rows
        for cell in row
        if isinstance(cell, float) or (isinstance(cell, str) and len(cell) < 16 and "E" in cell)
    )
    if lost:
        text = said_of(
            lost,
            "1 cell holds a long number such as 3.36E+10: its last digits may be lost in the file.",
            "{n} cells hold long numbers such as 3.36E+10: their last digits may be lost in the file.",
        )
        remarks.append(Remark("digits", together(text, "Format the column as text where it was made.")))
