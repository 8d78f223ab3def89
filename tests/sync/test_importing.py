"""Files and pastes become tables: what is in them arrives unchanged, what is wrong with them is told, and a hostile one
costs neither the program nor its memory (reliability 6.4)."""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.sheet import BadCell, Layout, Table, TextForm, as_text
from crmdesk.core.submission import CONTACT_COLUMN, NewRow
from crmdesk.core.tabular import disarm
from crmdesk.sync import text_tables, workbooks
from crmdesk.sync.importing import UnreadableError, read_file, read_text
from crmdesk.sync.letters import eight_bits
from crmdesk.sync.row_checking import contacts_of


def codes(table: Table) -> set[str]:
    return {remark.code for remark in table.remarks}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Table]:
    def run(data: bytes, layout: Layout = Layout(), name: str = "guests.csv") -> Table:  # noqa: B008
        path = tmp_path / name
        path.write_bytes(data)
        return read_file(path, layout)

    return run


def book(fill: Callable[[Any, Any], None]) -> bytes:
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target, {"in_memory": True})
    fill(made, made.add_worksheet("Guests"))
    made.close()
    return target.getvalue()


@pytest.mark.parametrize("title", ["crmdesk contact", "  CRMdesk  contact "])
def test_numbers_of_contacts_in_a_file_tie_no_rows_to_contacts_here(read: Callable[..., Table], title: str) -> None:
    """Only rows that crmdesk itself makes of contacts say whom they are about: in a file, such a number may be of
    another data folder, where it is somebody else."""
    for table in (
        read(f"Name,{title}\nAnn,7\n".encode()),
        read(book(lambda _made, sheet: [sheet.write_row(0, 0, ["Name", title]), sheet.write_row(1, 0, ["Ann", 7])])),
    ):
        assert CONTACT_COLUMN not in [" ".join(one.casefold().split()) for one in table.columns]
        assert as_text(table.rows[0][1]) == "7", "what is in the file stays"
        rows = [NewRow({}, tuple(as_text(cell) for cell in row)) for row in table.rows]
        assert contacts_of(rows, table.columns) == {}
        assert codes(table) == {"contacts"}


# ── text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)) * 9,
        b"\xff\xd8\xff\xe0" + bytes(range(256)) * 9,
        b"%PDF-1.7\n1 0 obj\n",
        b"\x7fELF" + b"\0" * 400 + bytes(range(200)) * 5,
        bytes(range(256)) * 40,
        bytes([9, 0, 255, 255, 1, 216]) * 300,
    ],
)
def test_what_is_no_text_is_refused_whatever_its_name_says(read: Callable[..., Table], data: bytes) -> None:
    with pytest.raises(UnreadableError, match="is not a table"):
        read(data)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_separator_and_encoding_are_found(read: Callable[..., Table], separator: str, encoding: str) -> None:
    lines = [["Account", "Größe", "Preis, netto"], ["000123", "Müller", "1"], ["000124", "", "2"]]
    text = "\r\n".join(separator.join(f'"{cell}"' if "," in cell else cell for cell in line) for line in lines)
    table = read(text.encode(encoding))
    assert table.columns == ("Account", "Größe", "Preis, netto")
    assert table.rows == [("000123", "Müller", "1"), ("000124", None, "2")]
    assert table.layout.form.separator == separator
    assert table.layout.header is True


def test_greek_and_mixed_letters(read: Callable[..., Table]) -> None:
    name = "Όνομα;Πόλη\nΔημήτρης Παπαδόπουλος;Λευκωσία\nΓιώργος Κωνσταντινίδης;Θεσσαλονίκη\n" * 3
    assert read(name.encode("cp1253")).rows[0] == ("Δημήτρης Παπαδόπουλος", "Λευκωσία")
    lines = ("Name,City\n" + "Zoë,Köln\n" * 9).encode() + "Jörg,Ulm\n".encode("cp1252")
    mixed = read(lines)
    assert "mixed" in codes(mixed)
    assert mixed.rows[-1] == ("Jörg", "Ulm")
    chosen = read("Zoë,1\n".encode("cp1252"), Layout(TextForm("cp1253")))
    assert chosen.layout.form.encoding == "cp1253"


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp1252", "Muñoz, Peña, ¿Qué?, 5 m³"),
        ("cp1252", "Hélène Lefèvre, François Prêtre, £5"),
        ("cp1252", "João Conceição"),
        ("cp1252", "Søren Kjær, Åse Ødegård"),
        ("cp1252", "Niccolò, città"),
        ("cp1252", "Müller, Größe, 5 €"),
        ("cp1252", "Þórður Guðmundsson"),
        ("cp1250", "Łukasz Żółć, Święty, Paweł Kowalski"),
        ("cp1250", "Jiří Dvořák, Šárka Černá"),
        ("cp1253", "Δημήτρης, Λευκωσία"),
        ("cp1251", "Иван Петров, Москва"),
        ("cp1252", "Grüße, äöü"),
        ("cp1252", "Grüße vom Fluß, Äußerung"),
        ("cp1252", "déjà vu, Noël"),
        ("cp1252", "Señor Núñez, mañana"),
        ("cp1250", "Gdańsk, Łódź"),
        ("cp1253", "Νίκος"),
        ("cp1253", "ΝΙΚΟΣ ΠΑΠΑΔΟΠΟΥΛΟΣ, Ντίνα"),
        ("cp1251", "Анна, Ялта"),
    ],
)
@pytest.mark.parametrize("often", [1, 30])
def test_names_keep_their_letters(read: Callable[..., Table], encoding: str, names: str, often: int) -> None:
    rows = [("ACR1", name.strip()) for name in names.split(",")] * often
    text = "Account;Name\n" + "".join(";".join(row) + "\n" for row in rows)
    table = read(text.encode(encoding))
    assert table.rows == rows
    assert "guessed" in codes(table)


def test_what_letters_leave_open_is_decided_by_the_language_of_the_computer() -> None:
    hungarian = "Szőke Győző".encode("cp1250")
    assert (eight_bits(hungarian, "hu"), eight_bits(hungarian, "de")) == ("cp1250", "cp1252")
    short = "Ия, Ян".encode("cp1251")
    assert (eight_bits(short, "ru"), eight_bits(short, "de")) == ("cp1251", "cp1252")
    for language in ("el", "ru", "pl"):
        assert eight_bits("Grüße, äöü".encode("cp1252"), language) in ("cp1252", "cp1250"), "no Greek, whoever reads it"


def test_a_guess_is_shown_in_words_of_the_file(read: Callable[..., Table]) -> None:
    (told,) = [one for one in read("A;B\nACR1;Grüße\n".encode("cp1252")).remarks if one.code == "guessed"]
    assert told.warning and "Windows (Western)" in told.text and "“Grüße”" in told.text
    assert str(told.text).isprintable()


def test_the_first_special_letter_may_come_late(read: Callable[..., Table]) -> None:
    plain = b"Account;Name\n" + b"ACR1;Ana\n" * 25_000
    assert read(plain + "ACR2;Muñoz\n".encode("cp1252")).rows[-1] == ("ACR2", "Muñoz")
    late = read(plain + "ACR2;Zoë\n".encode() * 20 + "ACR3;Jörg\n".encode("cp1252"))
    assert ("mixed" in codes(late), late.rows[-2], late.rows[-1]) == (True, ("ACR2", "Zoë"), ("ACR3", "Jörg"))


def test_headings_are_unique_rows_equally_long_and_empty_ones_left_out(read: Callable[..., Table]) -> None:
    table = read(b"A,a,,B\n1,2\n,,,\n1,2,3,4,5\n")
    assert table.columns == ("A", "a (2)", "Column 3", "B", "Column 5")
    assert table.rows == [("1", "2", None, None, None), ("1", "2", "3", "4", "5")]
    assert "titles" in codes(table)
    plain = read(b"12,2026-01-01\n13,2026-01-02\n")
    assert plain.layout.header is False
    assert plain.columns == ("Column 1", "Column 2")
    assert len(read(b"12,2026-01-01\n13,2026-01-02\n", Layout(header=True)).rows) == 1
    assert read(b"sep=;\nA;B,C\n1;2\n").columns == ("A", "B,C")
    for odd in (b"sep=\r\n", b'sep="\n', b"sep='\n"):
        assert read(odd + b"A;B\n1;2\n").layout.form.separator == ";"


def test_a_quote_that_is_never_closed_swallows_nothing(read: Callable[..., Table]) -> None:
    table = read(b'A,B\n1,"x\n2,y\n3,"z, and w"\n4,"line one\nline two"\n')
    assert table.rows[:3] == [("1", '"x'), ("2", "y"), ("3", "z, and w")]
    assert table.rows[3] == ("4", "line one\nline two")
    assert "quote" in codes(table)
    inches = read(b"A,B\n" + b'3" pipe,1\n"a"b,2\n' * 40)
    assert len(inches.rows) == 80


def test_hostile_text_is_bounded(read: Callable[..., Table]) -> None:
    assert read(b"A,B\n" + b"x" * 200_000 + b",2\n").rows[0][1] == "2"
    with pytest.raises(UnreadableError, match="line 2"):
        read(b"A,B\n" + b"x" * 1_100_000 + b",2\n")
    nul = read(b"A,B\n1\0,2\n")
    assert nul.rows == [("1", "2")]
    wide = read(b",".join(b"c%d" % n for n in range(5000)) + b"\n1\n")
    assert len(wide.columns) == text_tables.MOST_COLUMNS
    assert {"nul"} <= codes(nul)
    assert "columns" in codes(wide)
    assert "digits" in codes(read(b"Phone,B\n3.36123E+10,2\n"))
    for empty in (b"", b"\n\n", b"\xef\xbb\xbf", b",,,\n"):
        with pytest.raises(UnreadableError):
            read(empty)


def test_what_cannot_be_opened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreadableError, match="folder"):
        read_file(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")  # nobody writes into it: opening it would wait for ever
        with pytest.raises(UnreadableError, match="no file"):
            read_file(tmp_path / "pipe.csv")
    with pytest.raises(UnreadableError, match="not there"):
        read_file(tmp_path / "gone.csv")
    (tmp_path / "locked.csv").write_bytes(b"A\n1\n")

    def locked(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(UnreadableError, match="cannot be opened") as told:
        read_file(tmp_path / "locked.csv")
    assert "Close it" in told.value.hint


def test_a_growing_file_is_cut_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "grows.csv"
    path.write_bytes(b"Account,B\nACR1,2\n")
    opened = Path.open

    def grows(self: Path, *args: Any, **more: Any) -> Any:
        file = opened(self, *args, **more)
        with opened(self, "ab") as other:
            other.write(b"ACR2,")
        return file

    monkeypatch.setattr(Path, "open", grows)
    assert read_file(path).rows == [("ACR1", "2")]


def test_a_heading_with_an_angle_is_no_web_page(read: Callable[..., Table]) -> None:
    assert read(b"<b>Account</b>,B\nACR1,2\n").columns == ("<b>Account</b>", "B")
    with pytest.raises(UnreadableError, match="web page"):
        read(b"\r\n<HTML><body>sign in</body></HTML>")


def test_reading_can_be_stopped(tmp_path: Path) -> None:
    (tmp_path / "large.csv").write_bytes(b"A,B\n" + b"1,2\n" * 5000)
    many = book(lambda _, sheet: [sheet.write_column(0, column, ["x"] * 30_000) for column in range(5)])
    (tmp_path / "book.xlsx").write_bytes(many)  # reading it takes longer than two looks
    asked = iter([False, False, True, True])
    for name, stopped in (("large.csv", lambda: True), ("book.xlsx", lambda: next(asked, True))):
        with pytest.raises(UnreadableError, match="stopped"):
            read_file(tmp_path / name, stopped=stopped)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        table = text_tables.read_bytes("x", data, Layout())
    except UnreadableError:
        return
    assert all(len(row) == len(table.columns) for row in table.rows)


@given(st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])), min_size=2, max_size=2),
                min_size=1, max_size=5))  # fmt: skip
def test_a_disarmed_export_comes_back_identical(rows: list[list[str]]) -> None:
    import csv

    target = io.StringIO()
    csv.writer(target).writerows([["Title A", "Title B"], *[[disarm(cell) for cell in row] for row in rows]])
    wanted = [tuple(cell or None for cell in row) for row in rows if any(row)]
    if not wanted:
        return
    table = text_tables.read("x", target.getvalue(), Layout(TextForm(separator=","), header=True))
    assert table.rows == wanted


def test_a_paste_of_cells() -> None:
    table = read_text("Account\tTotal\n=1+1\t+33 6\n\u2007\t-2+3\n")
    assert table.columns == ("Account", "Total")
    assert table.rows[0] == ("=1+1", "+33 6")
    assert read_text("ACR1\nACR2").rows == [("ACR1",), ("ACR2",)] or read_text("ACR1\nACR2").columns == ("ACR1",)


# ── workbooks ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_workbook_keeps_its_types(read: Callable[..., Table]) -> None:
    def fill(made: Any, sheet: Any) -> None:
        day = made.add_format({"num_format": "dd.mm.yyyy hh:mm"})
        sheet.write_row(1, 1, ["Account", "When", "Total", "Sum", "Bad"])
        sheet.write_string(2, 1, "000123")
        sheet.write_datetime(2, 2, datetime(2026, 5, 3, 14, 30), day)
        sheet.write_number(2, 3, 12.5)
        sheet.write_formula(2, 4, "=1+1", None, 2)
        sheet.write_formula(2, 5, "=NOW()", None, "")
        sheet.write_formula(3, 5, "=1/0", None, "#DIV/0!")
        sheet.write_number(3, 1, 1234567890123456789)
        sheet.write_datetime(3, 2, date(2026, 5, 3), made.add_format({"num_format": "dd.mm.yyyy"}))
        sheet.merge_range(5, 1, 6, 2, "both")
        made.add_worksheet("Prices").write_row(0, 0, ["X", "Y"])
        made.add_worksheet("Secret").hide()

    data = book(fill)
    table = read(data, name="guests.xlsx")
    assert table.columns == ("Account", "When", "Total", "Sum", "Bad")
    first, second = table.rows[:2]
    assert first[:4] == ("000123", datetime(2026, 5, 3, 14, 30), 12.5, 2)
    assert isinstance(first[4], BadCell)
    assert second[1] == date(2026, 5, 3)
    assert second[4] == BadCell("#DIV/0!", "an error in the file")
    assert {"merged", "formulas", "hidden", "digits"} <= codes(table)
    assert [sheet.name for sheet in table.sheets] == ["Guests", "Prices", "Secret"]
    assert table.layout.sheet == "Guests"
    for gone in ("Gone", "odd\0name"):
        with pytest.raises(UnreadableError, match="no such sheet"):
            read(data, Layout(sheet=gone), "guests.xlsx")


def test_a_workbook_of_1904(read: Callable[..., Table]) -> None:
    target = io.BytesIO()
    made = xlsxwriter.Workbook(target, {"in_memory": True, "date_1904": True})
    sheet = made.add_worksheet()
    sheet.write_row(0, 0, ["When", "B"])
    sheet.write_datetime(1, 0, datetime(2026, 5, 3), made.add_format({"num_format": "yyyy-mm-dd"}))
    made.close()
    assert read(target.getvalue(), name="mac.xlsx").rows[0][0] == date(2026, 5, 3)


ODS = (
    '<?xml version="1.0"?><office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="T"><table:table-row><table:table-cell office:value-type="string"><text:p>Account</text:p>'
    '</table:table-cell></table:table-row><table:table-row{rows}><table:table-cell office:value-type="string"{cells}>'
    "<text:p>000123</text:p></table:table-cell></table:table-row></table:table></office:spreadsheet></office:body>"
    "</office:document-content>"
)

MANIFEST = (
    '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
    "</manifest:manifest>"
)


def ods(rows: str = "", cells: str = "") -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", ODS.format(rows=rows, cells=cells))
    return target.getvalue()


def test_an_ods(read: Callable[..., Table]) -> None:
    table = read(ods(), name="guests.ods")
    assert (table.columns, table.rows) == (("Account",), [("000123",)])


def zip_with(**parts: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return target.getvalue()


def far_apart(_: Any, sheet: Any) -> None:
    sheet.write(0, 0, "x")
    sheet.write(1048575, 16383, "y")


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "_MOST_XML", 1000)
    assert workbooks.parse(book(lambda _, sheet: sheet.write(0, 0, "x")), "").failed == "large"


def test_no_child_can_be_started(read: Callable[..., Table], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/no/such/program")
    with pytest.raises(UnreadableError, match=r"guests.xlsx could not be read just now"):
        read(book(lambda _, sheet: sheet.write(0, 0, "x")), name="guests.xlsx")


def test_a_child_that_takes_too_long_is_ended(read: Callable[..., Table], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "SECONDS", 0.05)
    monkeypatch.setattr(workbooks, "_POLL", 0.01)
    with pytest.raises(UnreadableError, match="more than can be read"):
        read(book(lambda _, sheet: sheet.write(0, 0, "x")), name="guests.xlsx")


def test_text_that_is_named_like_a_workbook(read: Callable[..., Table]) -> None:
    table = read(b"A\tB\n1\t2\n", name="export.xls")
    assert table.rows == [("1", "2")]
    assert "text" in codes(table)


HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "a cell at the far end": ("far.xlsx", lambda: book(far_apart)),
    "a billion rows in ODS": (
        "rows.ods",
        lambda: ods(' table:number-rows-repeated="1048576"', ' table:number-columns-repeated="16384"'),
    ),
    "a web page": ("page.xlsx", lambda: b"<html><table><tr><td>1</td></tr></table></html>"),
    "half a workbook": ("half.xlsx", lambda: book(lambda _, s: s.write(0, 0, "x"))[:900]),
    "another archive": ("other.xlsx", lambda: zip_with(x=b"y")),
    "an encrypted workbook": (
        "locked.xlsx", lambda: bytes.fromhex("D0CF11E0A1B11AE1") + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
    ),
}  # fmt: skip


SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'
ROW = '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>{}</t></is></c></row></sheetData>'


def rebuilt(change: Callable[[str, bytes], bytes], *more: tuple[str, bytes]) -> bytes:
    """A good workbook with its parts changed, and more of them."""
    target = io.BytesIO()
    good = zipfile.ZipFile(io.BytesIO(book(lambda _, sheet: sheet.write(0, 0, "x"))))
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for info in good.infolist():
            archive.writestr(info.filename, change(info.filename, good.read(info)))
        for name, content in more:
            archive.writestr(name, content)
    return target.getvalue()


def with_sheet(text: str, before: str = "") -> bytes:
    made = (before + SHEET.format(text)).encode()
    return rebuilt(lambda name, content: made if name.endswith("sheet1.xml") else content)


LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
DOCTYPE = f'<!DOCTYPE x [<!ENTITY l0 "ha">{LAUGHS}<!ENTITY file SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("entity", ["l11", "file", "amp"])
def test_entities_are_not_expanded(entity: str) -> None:
    found = workbooks.parse(with_sheet(ROW.format(f"x&{entity};y"), DOCTYPE), "")
    assert found.failed or all(len(str(cell)) < 20 for row in found.rows for cell in row)
    assert entity != "amp" or found.rows == [["x&y"]]


def test_other_parts_of_a_workbook_are_left_alone() -> None:
    strange = [("../x", b"1"), ("/etc/x", b"1"), ("xl/vbaProject.bin", b"macro"), ("xl/embeddings/o.bin", b"OLE"),
               *((f"xl/many/{n}", b"") for n in range(3000))]  # fmt: skip
    assert workbooks.parse(rebuilt(lambda _, content: content, *strange), "").rows == [["x"]]
    whole = rebuilt(lambda _, content: content)
    wrong = whole.replace(
        zipfile.ZipFile(io.BytesIO(whole)).getinfo("xl/worksheets/sheet1.xml").CRC.to_bytes(4, "little"), b"\1\2\3\4"
    )
    assert workbooks.parse(wrong, "").failed == "format"


@pytest.mark.parametrize(("cells", "large"), [("A1 XFD2", False), ("A1 XFD1048576", True), ("ZZ1 A200000", True),
                                              ("A1 Z1048576", False)])  # fmt: skip
def test_what_lies_too_far_apart_is_refused_before_it_is_read(cells: str, large: bool) -> None:
    text = "".join(f'<c r="{place}"><v>1</v></c>' for place in cells.split()).encode()
    assert (workbooks.rectangle(text) > workbooks.MOST_CELLS) is large


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_workbook_is_refused_in_words(read: Callable[..., Table], name: str) -> None:
    file, make = HOSTILE[name]
    with pytest.raises(UnreadableError) as told:
        read(make(), name=file)
    assert file in told.value.title
    assert told.value.hint


def test_a_workbook_larger_than_any_pipe_and_its_end(read: Callable[..., Table], tmp_path: Path) -> None:
    def fill(_: Any, sheet: Any) -> None:
        for number in range(4000):
            sheet.write_row(number, 0, [f"ACR{number * 7919 % 10_007:010}", number * 1.1, f"{number * 31 % 997:x}"])

    data = book(fill)
    assert len(data) > 70_000
    table = read(data, Layout(header=False), "guests.xlsx")
    assert (len(table.rows), table.rows[-1][1]) == (4000, 3999 * 1.1)
    asked = iter([False])
    with pytest.raises(UnreadableError, match="stopped"):
        workbooks.read("guests.xlsx", data, "", lambda: next(asked, True))
