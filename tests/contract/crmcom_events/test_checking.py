"""Rows checked against what earlier answers taught, refused at sending if they are wrong after all, told in a file, and
erased where their guest asked for it: services and emulator over real sockets."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core import closed_guests
from crmdesk.core.batch import BatchKind
from crmdesk.core.cells import Reading
from crmdesk.core.errors import RejectedError, StorageError
from crmdesk.core.flaw_groups import to_leave_out
from crmdesk.core.mapping import ColumnMapping, Source, apply, from_json, to_json
from crmdesk.core.outbox import Did
from crmdesk.core.row_checks import Severity
from crmdesk.core.sheet import Layout, Table
from crmdesk.core.submission import CONTACT_COLUMN, NewRow, RowStage, Submission
from crmdesk.core.types import Flag
from crmdesk.store import incoming, known
from crmdesk.store.database import driver_of
from crmdesk.sync import report
from crmdesk.sync.importing import read_file
from crmdesk.vendors.crmcom_events.sandbox import CrmComEventsSandbox, sandbox
from tests.contract.crmcom_events.program import Program, some
from tests.contract.crmcom_events.tools import GOOD

WHO = "accounts_receivable_identifier.number"


def mapping_rows(
    kind: BatchKind, columns: tuple[str, ...], cells: list[tuple[str, ...]], mapping: ColumnMapping
) -> list[NewRow]:
    """As the import makes them."""
    return apply(kind, Table("", columns, cells, Layout()), mapping, datetime(2026, 5, 5))


@pytest.fixture
def emulator() -> CrmComEventsSandbox:
    return sandbox()


async def test_the_check_knows_what_was_sent_and_what_was_refused(program: Program) -> None:
    rows = [*some(2), {**GOOD["web"], "website": "bad", WHO: "ACR0"}]
    number = await program.sent(rows)
    assert await program.counts(number) == {RowStage.SENT: 2, RowStage.FAILED: 1}
    new = [NewRow(values) for values in (*rows, {**GOOD["web"], "website": "new", "performed_on": "x"})]
    flaws = await program.verbs.check(program.id, "web", new, {})
    told = {(flaw.row, flaw.code) for flaw in flaws}
    assert {(0, "V-REPEAT"), (1, "V-REPEAT"), (2, "V-KNOWNBAD"), (3, "V-DATE"), (0, "N-KNOWN")} <= told
    assert (2, "V-REPEAT") not in told, "what was refused may be sent again"
    assert to_leave_out(flaws).keys() == {0, 1}
    assert "Event" in to_leave_out(flaws)[0]


async def test_the_vendors_own_code_has_the_last_word(program: Program) -> None:
    new = [NewRow({**GOOD["web"], "website": "\ud800"}), NewRow({**GOOD["web"], "no_such_field": "1"})]
    flaws = [flaw for flaw in await program.verbs.check(program.id, "web", new, {}) if flaw.code == "V-VENDOR"]
    assert [(flaw.row, flaw.path, flaw.severity) for flaw in flaws] == [
        (0, "website", Severity.ERROR),
        (1, "no_such_field", Severity.ERROR),
    ]


async def test_nothing_with_an_error_is_sealed(program: Program, emulator: CrmComEventsSandbox) -> None:
    made = await program.verbs.create(Submission(0, program.id, "web", "May"), [NewRow({"website": "a"})])
    with pytest.raises(RejectedError) as refused:
        await program.verbs.send(made.id, "Maria")
    rows = await program.reader.submissions.rows(made.id)
    assert f"{rows[0].id}/performed_on" in {problem.path for problem in refused.value.problems}
    assert not emulator.ledger.of("web")


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
async def test_the_report_is_inert_and_its_failures_come_back(program: Program, tmp_path: Path, suffix: str) -> None:
    values = {**GOOD["web"], "website": "x", WHO: "ACR0"}
    rows = [NewRow(some(1)[0], ("=1+1", "+33 6", "000123")), NewRow(values, ("-2", "Ünï", "'quoted"))]
    columns = ("Formula", "Phone", "Account")
    made = await program.verbs.create(Submission(0, program.id, "web", "May", columns=columns), rows)
    await program.verbs.send(made.id, "Maria")
    await program.verbs.sending.send_due()
    path = tmp_path / f"report{suffix}"
    assert await program.verbs.report(made.id, path) == 2
    table = read_file(path)
    own = len(report.REPORT_COLUMNS)
    assert (table.columns[:3], table.columns[-own:]) == (columns, report.REPORT_COLUMNS)
    assert all(title.startswith("Sent: ") for title in table.columns[3:-own]), "what the file does not have"
    assert report.is_report(table)
    assert [row[:3] for row in table.rows] == [row.cells for row in rows]
    assert [row[1 - own] for row in table.rows] == ["Sent", "Failed"]
    failed = report.failed_only(table)
    assert (failed.columns[:3], [row[:3] for row in failed.rows]) == (columns, [rows[1].cells])
    if suffix == ".csv":
        raw = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
        assert raw[1][:2] == ["'=1+1", "'+33 6"]
    with pytest.raises(StorageError, match="cannot be written"):
        await program.verbs.report(made.id, tmp_path / "no such folder" / "x.csv")
    assert not list(tmp_path.glob("*unfinished*"))


@pytest.mark.parametrize("kept", [True, False])
async def test_a_report_without_persons_keeps_what_names_nobody(program: Program, tmp_path: Path, kept: bool) -> None:
    columns = ("Account", "Performed on", "Website", "Remark", "Twice")
    mapping = ColumnMapping().with_choice(WHO, Source(0)).with_choice("performed_on", Source(1))
    mapping = mapping.with_choice("website", Source(2))
    settings = {"mapping": to_json(mapping.with_choice("description", Source(4)), columns)} if kept else {}
    new = Submission(0, program.id, "web", "May", columns=columns, settings=settings)
    values = {**some(1)[0], WHO: "ACR0"}
    made = await program.verbs.create(new, [NewRow(values, ("ACR0", "2026-05-01", "www.ana.es", "VIP", "x"))])
    await program.verbs.send(made.id, "Maria")
    await program.verbs.sending.send_due()
    (row,) = await program.reader.submissions.rows(made.id)
    assert "ACR0" in row.text
    await program.verbs.report(made.id, tmp_path / "r.csv", personal=False)
    titles = read_file(tmp_path / "r.csv").columns
    assert titles[0] == "Performed on" and titles[-len(report.REPORT_COLUMNS) :] == report.REPORT_COLUMNS
    assert set(titles[1 : -len(report.REPORT_COLUMNS)]) <= {"Sent: Unit name", "Sent: Performed on"}, "no person"
    text = (tmp_path / "r.csv").read_text("utf-8-sig")
    assert not [word for word in ("ACR0", "VIP", "www.ana.es") if word in text]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
async def test_the_report_has_what_was_sent_beside_what_the_file_had(
    program: Program, tmp_path: Path, suffix: str
) -> None:
    columns = ("Column 1", "Column 2", "Remark")
    mapping = ColumnMapping(reading=Reading("dmy", ",")).with_choice(WHO, Source(0)).with_choice("website", Source(1))
    mapping = mapping.with_choice("performed_on", Source(2))
    cells = [("ACR0000000501", "www.a.es", "01.05.2026"), ("", "www.b.es", "02.05.2026"), ("=1+1", "", "03.05.2026")]
    told = mapping_rows(await program.verbs.kind(program.id, "web"), columns, cells, mapping)
    mended = [{**GOOD["web"], **row.values} for row in told]
    mended[1][WHO] = "ACR0000000502"
    mended[2] |= {WHO: "ACR0000000503", "website": "=www.c.es"}
    rows = [NewRow(values, row.cells) for values, row in zip(mended, told, strict=True)]
    settings = {"mapping": to_json(mapping, columns)}
    made = await program.verbs.create(Submission(0, program.id, "web", "M", columns=columns, settings=settings), rows)
    path = tmp_path / f"r{suffix}"
    await program.verbs.report(made.id, path)
    table = read_file(path)
    added = table.columns[3 : -len(report.REPORT_COLUMNS)]
    assert {"Sent: Account number", "Sent: Website"} <= set(added), "mended, and filled in since"
    assert "Sent: Performed on" not in added, "it was sent as the file had it"
    place = table.columns.index("Sent: Account number")
    assert [row[place] for row in table.rows] == ["ACR0000000501", "ACR0000000502", "ACR0000000503"]
    assert [row[0] for row in table.rows] == ["ACR0000000501", None, "=1+1"], "the file's own stays beside it"
    if suffix == ".csv":
        assert "'=www.c.es" in path.read_text("utf-8-sig"), "no formula"
    again = report.as_new(table)
    assert not [title for title in again.columns if title.startswith("Sent")]
    assert again.rows[1][again.columns.index("Account number")] == "ACR0000000502", "read again, what was mended holds"
    await program.verbs.report(made.id, path, personal=False)
    assert not [title for title in read_file(path).columns if title.endswith(("Account number", "Website"))]


async def test_a_report_of_rows_as_they_were_in_the_file_has_no_more_columns(program: Program, tmp_path: Path) -> None:
    columns = tuple(GOOD["web"])
    mapping = ColumnMapping()
    for place, field in enumerate(columns):
        mapping = mapping.with_choice(field, Source(place))
    cells = [tuple(str(value) for value in GOOD["web"].values())]
    rows = mapping_rows(await program.verbs.kind(program.id, "web"), columns, cells, mapping)
    settings = {"mapping": to_json(mapping, columns)}
    made = await program.verbs.create(Submission(0, program.id, "web", "M", columns=columns, settings=settings), rows)
    await program.verbs.report(made.id, tmp_path / "r.csv")
    assert read_file(tmp_path / "r.csv").columns == (*columns, *report.REPORT_COLUMNS)


async def test_a_row_added_by_hand_stands_in_the_columns_of_the_file(program: Program, tmp_path: Path) -> None:
    columns = ("Account number", "Remark", "Website")
    typed = {**GOOD["web"], WHO: "ACR77", "website": "www.b.es"}
    rows = [NewRow(some(1)[0], ("ACR1", "VIP", "www.a.es")), NewRow(typed)]
    made = await program.verbs.create(Submission(0, program.id, "web", "May", columns=columns), rows)
    assert await program.verbs.report(made.id, tmp_path / "r.csv") == 2
    table = read_file(tmp_path / "r.csv")
    assert [row[:3] for row in table.rows] == [("ACR1", "VIP", "www.a.es"), ("ACR77", None, "www.b.es")]


async def test_a_forgotten_guest_leaves_rows_and_ledger(program: Program) -> None:
    columns = ("Name", CONTACT_COLUMN)
    rows = [NewRow(values, (f"guest {place}", str(place))) for place, values in enumerate(some(3), 7)]
    made = await program.verbs.create(Submission(0, program.id, "web", "May", columns=columns), rows[:2])
    await program.verbs.send(made.id, "Maria")
    await program.verbs.sending.send_due()
    draft = await program.verbs.create(Submission(0, program.id, "web", "June", columns=columns), rows)
    program.database.write_sync(lambda c, t: incoming.forget(c, t, program.id, [7], "2026-05-05"))
    sent, other = await program.reader.submissions.rows(made.id)
    assert (sent.values, sent.cells, sent.stage, bool(sent.number)) == ({}, (), RowStage.SENT, True)
    assert other.values
    assert [(line.who, line.number) for line in await program.reader.submissions.attempts(sent.id)] == [
        ("", sent.number)
    ]
    call = await program.reader.submissions.call(sent.call_id)
    assert call is not None and b"ACR" not in call.body
    stages = [row.stage for row in await program.reader.submissions.rows(draft.id)]
    assert stages == [RowStage.LEFT_OUT, RowStage.READY, RowStage.READY]


async def test_mappings_are_kept_by_name(program: Program) -> None:
    one = ColumnMapping().with_choice("website", Source(1))
    await program.verbs.remember_mapping(" Spa  file ", "web", ["A", "B"], one)
    await program.verbs.remember_mapping("Other", "web", ["C"], ColumnMapping())
    kept = {found.name: found for found in await program.reader.submissions.mappings("web")}
    assert kept.keys() == {"Spa file", "Other"}
    assert from_json(kept["Spa file"].content, ["b"]).source("website") == Source(0)
    await program.verbs.forget_mapping("Other", "web")
    assert len(await program.reader.submissions.mappings("web")) == 1
    assert await program.reader.submissions.mappings("purchases") == []


async def test_a_template_tells_what_its_columns_mean(program: Program, tmp_path: Path) -> None:
    await program.verbs.template(program.id, "purchases", tmp_path / "purchases.xlsx")
    table = read_file(tmp_path / "purchases.xlsx")
    assert {"Account number", "Performed on", "Net amount"} <= set(table.columns)
    assert len(table.rows) == 1
    assert [sheet.name for sheet in table.sheets] == ["Rows", "Notes"]


async def test_nothing_about_a_guest_who_is_restricted_by_now_leaves(
    program: Program, emulator: CrmComEventsSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [NewRow(values, (str(place),)) for place, values in enumerate(some(2), 7)]
    made = await program.verbs.create(Submission(0, program.id, "web", "May", columns=(CONTACT_COLUMN,)), rows)
    monkeypatch.setattr(known, "marks", lambda _driver, ids: {one: Flag.RESTRICTED for one in ids if one == 7})
    flaws = await program.verbs.check(program.id, "web", rows, {}, columns=(CONTACT_COLUMN,))
    assert [flaw.row for flaw in flaws if flaw.code == "V-RESTR"] == [0]
    stored = await program.reader.submissions.rows(made.id)
    with pytest.raises(RejectedError) as refused:
        await program.verbs.send(made.id, "Maria")
    assert [problem.path for problem in refused.value.problems] == [f"{stored[0].id}/"]
    assert not emulator.ledger.of("web")
    await program.verbs.leave_out([stored[0].id], "restricted")
    await program.verbs.send(made.id, "Maria")
    await program.verbs.sending.send_due()
    assert len(emulator.ledger.of("web")) == 1


def put_contact(program: Program, remote_id: str, name: str, email: str, phone: str, flags: int = 0) -> int:
    def put(connection: Any, _touched: Any) -> int:
        driver = driver_of(connection)
        return driver.execute(
            "INSERT INTO contact(account_id, remote_id, name, sort_key, given_key, email, phone, flags, base_hash)"
            " VALUES (?, ?, ?, 'n', 'j', ?, ?, ?, x'00')",
            (program.id, remote_id, name, email, phone, flags),
        ).lastrowid

    return program.database.write_sync(put)


CLOSED_ID = "A4340AC3F973495E81F69A75D2D32BD3"
NAMED: list[tuple[dict[str, Any], tuple[str, ...], bool]] = [
    ({}, ("Somebody", "other@example.com", "+357 99 000000"), False),
    ({}, ("", " Jose@EXAMPLE.com ", ""), True),
    ({}, ("", "", "0035799123456"), True),
    ({"udf_string_1": "jose@example.com"}, ("", "", ""), True),
    ({"description": "his agent is not jose@example.com"}, ("", "", ""), False),  # a part of a text proves nothing
    ({WHO: None, "accounts_receivable_identifier.id": CLOSED_ID}, ("", "", ""), True),
    ({"udf_string_1": f"crmcom_events:{CLOSED_ID}"}, ("", "", ""), False),  # an id of ours of another vendor's contact
    ({}, ("", "desk@agency.example", "22 111 222 333"), False),  # an agency's address and number
    ({"external_system_reference_number": "17"}, ("", "", ""), False),  # a short id may be any number
]


async def test_a_file_sends_no_event_about_a_guest_who_is_restricted_here(program: Program) -> None:
    """Events name accounts of the back office: the file says by its other columns, or by an id, whom it means."""
    put_contact(program, CLOSED_ID, "José Nuñez", "jose@example.com", "+357 99 123456", Flag.RESTRICTED)
    put_contact(program, "17", "Ann Lee", "desk@agency.example", "22111222333", Flag.FORGET)
    put_contact(program, "18", "Bob Lee", "Desk@Agency.example", "22-111-222-333")
    put_contact(program, "19", "Jose Nunez", "jose@example.com", "+35799123456")  # the same guest's other record
    rows = [
        NewRow(
            {name: value for name, value in {**GOOD["web"], "website": f"{place}.com", **more}.items() if value}, cells
        )
        for place, (more, cells, _) in enumerate(NAMED)
    ]
    columns = ("Guest", "E-mail", "Phone")
    flaws = await program.verbs.check(program.id, "web", rows, {}, columns=columns)
    wanted = [place for place, (_, _, closed) in enumerate(NAMED) if closed]
    assert [flaw.row for flaw in flaws if flaw.code == "V-RESTR"] == wanted
    made = await program.verbs.create(Submission(0, program.id, "web", "May", columns=columns), rows)
    with pytest.raises(RejectedError) as refused:
        await program.verbs.send(made.id, "Maria")
    assert len(refused.value.problems) == len(wanted)


async def test_the_list_does_not_wait_while_rows_are_searched_for_closed_guests(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the readers' thread it is only read; what goes through the rows and contacts has a thread of its own."""
    put_contact(program, CLOSED_ID, "José Nuñez", "jose@example.com", "+357 99 123456", Flag.RESTRICTED)
    put_contact(program, "18", "Bob Lee", "bob@example.com", "22-111-222-333")
    used: set[str] = set()

    def watched(what: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any) -> Any:
            used.add(threading.current_thread().name)
            return what(*given)

        return call

    monkeypatch.setattr(closed_guests, "clue_in", watched(closed_guests.clue_in))
    monkeypatch.setattr(closed_guests, "words_of", watched(closed_guests.words_of))
    rows = [NewRow(GOOD["web"], ("jose@example.com", "0035799123456"))]
    flaws = await program.verbs.check(program.id, "web", rows, {}, columns=("Mail", "Phone"))
    assert [flaw.code for flaw in flaws if flaw.row == 0 and flaw.code == "V-RESTR"] == ["V-RESTR"]
    reader = await program.database.read(lambda _: threading.current_thread().name)
    assert used and not used & {reader, threading.current_thread().name}


async def test_an_account_that_belonged_to_a_guest_who_is_restricted_by_now_gets_no_event(program: Program) -> None:
    """An earlier row was made from the contact: from then on it is known whose account that is."""
    contact = put_contact(program, "17", "Ann Lee", "", "")
    made = await program.verbs.create(
        Submission(0, program.id, "web", "May", columns=(CONTACT_COLUMN,)), [NewRow(GOOD["web"], (str(contact),))]
    )
    await program.verbs.send(made.id, "Maria")
    await program.verbs.sending.send_due()
    other = {**GOOD["web"], WHO: "ACR0000000020"}
    typed = [NewRow({**GOOD["web"], "website": "new.com"}), NewRow(other)]

    async def restricted() -> list[int]:
        return [one.row for one in await program.verbs.check(program.id, "web", typed, {}) if one.code == "V-RESTR"]

    assert await restricted() == []
    program.database.write_sync(lambda c, _t: driver_of(c).execute("UPDATE contact SET flags=?", (int(Flag.FORGET),)))
    assert await restricted() == [0]


async def test_what_was_sent_stands_in_the_history_of_its_contact(program: Program) -> None:
    columns = ("Name", CONTACT_COLUMN)
    rows = [NewRow(values, (f"guest {place}", str(place))) for place, values in enumerate(some(2), 7)]
    made = await program.verbs.create(Submission(0, program.id, "web", "May visits", columns=columns), rows)
    assert await program.reader.history(7) == []
    await program.verbs.send(made.id, "Maria")
    await program.verbs.sending.send_due()
    (line,) = await program.reader.history(7)
    assert (line.did, line.operator, line.contact_id) == (Did.EVENT, "Maria", 7)
    assert line.note.startswith("May visits · ") and "sent no. " in line.note


async def test_a_guest_forgotten_while_a_call_waits_leaves_its_body_when_it_has_ended(program: Program) -> None:
    rows = [NewRow(values, (str(place),)) for place, values in enumerate(some(2), 7)]
    made = await program.verbs.create(Submission(0, program.id, "web", "May", columns=(CONTACT_COLUMN,)), rows)
    await program.verbs.send(made.id, "Maria")
    program.database.write_sync(lambda c, t: incoming.forget(c, t, program.id, [7], "2026-05-05"))
    await program.verbs.sending.send_due()
    assert (await program.counts(made.id))[RowStage.SENT] == 2
    (one,) = await program.reader.submissions.calls(made.id)
    await program.verbs.sending.tidy()
    call = await program.reader.submissions.call(one.id)
    assert call is not None and call.body == b""
