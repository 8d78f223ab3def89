"""What the desk owes its guests: an extract of all that is kept, erasing it for good, a log that tells no values."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crmdesk.core.errors import NotFoundError, OfflineError
from crmdesk.core.outbox import Draft, FieldChange, draft_key
from crmdesk.core.privacy import OF_ERASED, Handled
from crmdesk.core.seams import iso
from crmdesk.core.submission import CONTACT_COLUMN
from crmdesk.store import guest_erasure, personal, schema
from crmdesk.store.connect import connect
from crmdesk.store.database import driver_of
from crmdesk.store.personal import clues_of
from crmdesk.sync import extracting
from tests.helpers.desk import KEY
from tests.helpers.front_desk import FrontDesk
from tests.helpers.memory_vendor import MemoryVendor

NAME, EMAIL, CITY = "Zyxomma Petiolatum", "zyxomma@petiolatum.example", "Qwirkleheim"
WORDS = ("yxomma", "etiolat", "wirkleheim", "oldname", "Draftville", "rashtown")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


def run(desk: FrontDesk, *statements: tuple[str, tuple[Any, ...]]) -> None:
    def write(connection: Any, _touched: Any) -> None:
        for asked, bound in statements:
            driver_of(connection).execute(asked, bound)

    desk.database.write_sync(write)


def rows(desk: FrontDesk, asked: str) -> list[Any]:
    return list(desk.database.read_sync(lambda c: driver_of(c).execute(asked).fetchall()))


async def with_guest(desk: FrontDesk, **more: Any) -> int:
    """Guest 2 with something in every place: edits, a draft, history, searches, rows of files, what was sent."""
    desk.memory.edit("2", name=NAME, email=EMAIL, city="oldname-city", **more)
    await desk.pull()
    number = desk.number("2")
    if not more:
        await desk.change("2", city=CITY)
        typed = Draft(draft_key(number), desk.id, number, (FieldChange("city", CITY, "Draftville"),))
        await desk.edits.keep_draft(typed)
    await desk.services.remember_search(f"{NAME.lower()}")
    await desk.services.remember_search("somebody else")
    titles, cells = json.dumps(["Who", CONTACT_COLUMN]), json.dumps([NAME, str(number)])
    run(
        desk,
        ("INSERT INTO submission(id, account_id, kind, title, columns) VALUES (1,?,'k','May',?)", (desk.id, titles)),
        ("INSERT INTO call(id, submission_id, account_id, stage, hash, body, answer) VALUES (1,1,?,'settled',x'',?,?)",
         (desk.id, EMAIL.encode(), NAME.encode())),
        *_row(desk.id, 1, "sent", {"email": "other@example.com"}, cells),
        *_row(desk.id, 2, "sent", {"email": EMAIL.upper(), "name": NAME}, "[]"),
        *_row(desk.id, 3, "sent", {"email": "not" + EMAIL, "name": "Somebody"}, "[]"),
    )  # fmt: skip
    return number


def _row(account: int, number: int, stage: str, values: dict[str, str], cells: str) -> tuple[Any, ...]:
    who = f"email={values['email'].casefold()}"
    return (
        ("INSERT INTO submission_row(id, submission_id, position, stage, call_id, uid, who, fingerprint, content,cells)"
         " VALUES (?, 1, ?, ?, 1, ?, ?, x'', ?, ?)",
         (number, number, stage, f"u{number}", who, json.dumps(values), cells)),
        ("INSERT INTO ledger(submission_id, row_id, call_id, account_id, kind, uid, at, stage, who, text, number,"
         " fingerprint) VALUES (1, ?, 1, ?, 'k', ?, '2026-11-20T10:00:00Z', 'sent', ?, 'Thank you', '45', x'')",
         (number, account, f"u{number}", who)),
    )  # fmt: skip


# ── every table has a rule


def test_every_table_says_what_becomes_of_the_guests_in_it() -> None:
    tables = {*schema.metadata.tables, "contact_fts", "contact_code"}
    assert set(personal.RULES) == tables, "a new table needs a rule in store/personal.py"
    assert all(rule.read is not None or rule.why for rule in personal.RULES.values())


async def test_what_the_rules_read_reaches_the_extract(path: Path) -> None:
    """A table whose rule reads, and whose rows the extract then loses, would be kept from the guest."""
    async with FrontDesk(path, MemoryVendor(3)) as desk:
        number = await with_guest(desk)
        kept = desk.database.read_sync(
            lambda c: personal.whole(driver_of(c), personal.Guest(number, desk.id, "2", clues_of(NAME, [])))
        )
        assert kept is not None
        full = {name: [{"marker": f"marker-{name}"}] for name, rule in personal.RULES.items() if rule.read is not None}
        record = extracting.Record(
            replace(kept, tables=full, body='{"marker": "marker-contact_raw"}'), None, desk.vendor, extracting.Reading()
        )
        text = extracting.as_json(extracting.document([record], made_at="", made_by="", program=""))
        assert [name for name in full if f"marker-{name}" not in text] == []


# ── the extract


async def test_the_extract_holds_everything_about_the_guest_and_nobody_else(path: Path) -> None:
    async with FrontDesk(path, MemoryVendor(3)) as desk:
        number = await with_guest(desk)
        desk.services.edits.operator = "Mia"
        found = await desk.services.privacy.extract([number])
        (record,) = found["records"]
        assert (found["made_by"], record["vendor"], record["vendor_id"]) == ("Mia", desk.vendor.title, "2")
        assert record["read_for_this_extract"] is True and record["why_not_read"] == ""
        assert {one["path"]: one["value"] for one in record["fields"]}["email"] == EMAIL
        assert record["answer"]["name"] == NAME
        assert [change[2] for op in record["waiting_and_sent_edits"] for change in op["changes"]] == [CITY]
        assert [one["changes"][0][2] for one in record["drafts"]] == ["Draftville"]
        assert record["history"] and record["searches"] == [{"text": NAME.lower()}]
        assert [one["row_id"] for one in record["sent"]] == [1, 2]
        assert [one["content"]["email"] for one in record["bulk_rows"]] == ["other@example.com", EMAIL.upper()]
        text = extracting.as_json(found)
        assert (
            "Somebody" not in text
            and "Guest 3" not in text
            and json.loads(text) == json.loads(extracting.as_json(found))
        )
        (line,) = (await desk.services.privacy.log()).lines
        assert (line.did, line.operator, line.contacts) == (Handled.EXTRACTED, "Mia", 1)
        assert not [word for word in WORDS if word in str(line)]


@pytest.mark.parametrize("end", ["offline", "no answer", "gone"])
async def test_an_extract_without_the_vendor_says_how_old_it_is(path: Path, end: str) -> None:
    async with FrontDesk(path, MemoryVendor(3)) as desk:
        number = await with_guest(desk, restricted_at="2026-01-01T00:00:00Z")
        if end == "offline":
            desk.services.set_working_offline(True)
        elif end == "no answer":
            desk.memory.faults.append(OfflineError("There is no connection."))
        else:
            desk.memory.remove("2")
        (record,) = (await desk.services.privacy.extract([number]))["records"]
        assert record["answer"]["name"] == NAME and record["marks"] == ["processing restricted"]
        assert record["read_for_this_extract"] is False and record["why_not_read"]
        assert record["as_of"] and record["gone_at_vendor"] is (end == "gone")


# ── erasing


async def purged(desk: FrontDesk) -> None:
    for _ in range(300):
        if not rows(desk, "SELECT 1 FROM meta WHERE name='purge_due'"):
            return
        await asyncio.sleep(0.01)


def decrypted(path: Path, target: Path) -> bytes:
    connection = connect(path, KEY)
    connection.execute("ATTACH DATABASE ? AS plain KEY ''", (str(target),))
    connection.execute("SELECT sqlcipher_export('plain')")
    connection.execute("DETACH DATABASE plain")
    connection.close()
    return target.read_bytes()


async def test_an_erased_guest_is_gone_from_every_page_of_the_file(path: Path, tmp_path: Path) -> None:
    async with FrontDesk(path, MemoryVendor(3)) as desk:
        number = await with_guest(desk)
        other = await desk.reader.detail(desk.number("3"))
        held = await desk.services.privacy.held([number])
        assert (held.waiting, held.drafts, held.rows, held.ledger, held.searches) == (1, 1, 2, 2, 1)
        (token,) = await desk.services.privacy.erase([number])
        assert "2" not in desk.ids() and await desk.ops() == [] and await desk.found(NAME) == []
        assert await desk.reader.recent_searches() == ["somebody else"]
        assert rows(desk, "SELECT row_id, stage, number, who FROM ledger ORDER BY id") == [
            (1, "sent", "45", f"{OF_ERASED}{token}"),
            (2, "sent", "45", f"{OF_ERASED}{token}"),
            (3, "sent", "45", f"email=not{EMAIL}"),
        ]
        assert [line.row_id for line in await desk.reader.submissions.search(token)] == [2, 1]
        assert await desk.reader.detail(desk.number("3")) == other
        await purged(desk)
        run(desk, ("DELETE FROM submission_row WHERE id=3", ()), ("DELETE FROM ledger WHERE row_id=3", ()))
    plain = decrypted(path, tmp_path / "plain.db")
    assert b"somebody else" in plain
    assert [word for word in WORDS if word.encode().lower() in plain.lower()] == []


async def test_the_next_checks_do_not_bring_an_erased_guest_back(path: Path) -> None:
    async with FrontDesk(path, MemoryVendor(3)) as desk:
        number = await with_guest(desk)
        (token,) = await desk.services.privacy.erase([number])
        (kept_away,) = await desk.services.privacy.erased()
        assert (kept_away.token, kept_away.seen_at) == (token, "")
        desk.memory.edit("2", city="Crashtown")
        assert (await desk.pull()).error is None and (await desk.pull(full=True)).error is None
        assert "2" not in desk.ids() and "rashtown" not in desk.dump()
        assert (await desk.services.privacy.erased())[0].seen_at, "that the vendor still has the guest is told"
        with pytest.raises(NotFoundError):
            await desk.services.privacy.let_back("nobody")
        await desk.services.privacy.let_back(token)
        await desk.pull()
        assert "2" in desk.ids() and await desk.services.privacy.erased() == []
        said = [line.did for line in (await desk.services.privacy.log()).lines]
        assert said == [Handled.BACK, Handled.ERASED]


async def test_a_shared_address_does_not_erase_another_guests_rows(path: Path) -> None:
    async with FrontDesk(path, MemoryVendor(3)) as desk:
        number = await with_guest(desk)
        desk.memory.edit("3", email=EMAIL)
        await desk.pull()
        held = await desk.services.privacy.held([number])
        assert (held.rows, held.shared) == (1, 1)
        await desk.services.privacy.erase([number])
        assert rows(desk, "SELECT id FROM submission_row WHERE content<>'{}' ORDER BY id") == [(2,), (3,)]


async def test_an_edit_that_is_on_its_way_brings_nothing_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The vendor is just answering when somebody erases the guest."""
    async with FrontDesk(path, MemoryVendor(3)) as desk:
        number = await with_guest(desk)
        guest, update, held = personal.Guest(number, desk.id, "2"), MemoryVendor.update, []

        async def slow(memory: MemoryVendor, *given: Any) -> Any:
            answer = await update(memory, *given)
            held.append(desk.database.read_sync(lambda c: personal.held(driver_of(c), [guest])))
            desk.database.write_sync(
                lambda c, t: guest_erasure.erase(driver_of(c), t, [guest], iso(desk.clock.now()), "Mia")
            )
            return answer

        monkeypatch.setattr(MemoryVendor, "update", slow)
        await desk.push()
        assert [one.sending for one in held] == [True]
        await desk.pull()
        assert "2" not in desk.ids() and await desk.ops() == []
        assert not [word for word in WORDS if word in desk.dump()]


async def test_a_deleted_contact_can_be_erased_from_the_trash(path: Path) -> None:
    async with FrontDesk(path, MemoryVendor(3)) as desk:
        number = await with_guest(desk)
        await desk.edits.delete([number])
        assert (await desk.services.privacy.held([number])).trashed == 1
        await desk.services.privacy.erase([number])
        assert await desk.reader.trash() == [] and not [word for word in WORDS if word in desk.dump()]
        with pytest.raises(NotFoundError):
            await desk.services.privacy.erase([number])


async def test_what_is_left_to_do_comes_from_the_capability_map(path: Path) -> None:
    async with FrontDesk(path, MemoryVendor(3), lacks={"delete": "Memory cannot delete."}) as desk:
        await desk.pull()
        (todo,) = await desk.services.privacy.todo([desk.number("2")])
        assert (todo.remote_id, todo.account, todo.why_not) == (
            "2",
            "Seaside",
            "Memory cannot delete.",
        )
    async with FrontDesk(path, MemoryVendor(3)) as desk:
        assert [one.why_not for one in await desk.services.privacy.todo([desk.number("2")])] == [""]


# ── the log


def _alter(what: str) -> str:
    return {
        "a word": "UPDATE desk_log SET operator='Eve' WHERE id=2",
        "a line gone": "DELETE FROM desk_log WHERE id=2",
        "the end gone": "DELETE FROM desk_log WHERE id=3",
        "a line more": "INSERT INTO desk_log(at, did, seal) VALUES ('2026', 'shown', 'x')",
    }[what]


@pytest.mark.parametrize("what", ["a word", "a line gone", "the end gone", "a line more"])
async def test_a_log_that_was_tampered_with_says_so(path: Path, what: str) -> None:
    async with FrontDesk(path, MemoryVendor(3)) as desk:
        await desk.pull()
        for field in ("Phone", "E-mail", "Address"):
            await desk.services.privacy.note(Handled.REVEALED, contact_ids=[desk.number("2")], fields=[field])
        log = await desk.services.privacy.log()
        assert log.sound and [line.fields for line in log.lines] == [("Address",), ("E-mail",), ("Phone",)]
        assert len({line.who for line in log.lines}) == 1 and log.lines[0].who
        run(desk, (_alter(what), ()))
        assert not (await desk.services.privacy.log()).sound


async def test_old_lines_go_and_the_rest_stays_sealed(path: Path) -> None:
    async with FrontDesk(path, MemoryVendor(3)) as desk:
        await desk.services.privacy.note(Handled.EXPORTED, contacts=7)
        desk.clock.forward(700 * 86400)
        await desk.services.privacy.note(Handled.EXPORTED, contacts=8)
        desk.clock.forward(40 * 86400)
        await desk.services.sending.tidy()
        await desk.services.privacy.note(Handled.EXPORTED, contacts=9)
        log = await desk.services.privacy.log()
        assert log.sound and [line.contacts for line in log.lines] == [9, 8]


# ── linked records


async def test_linked_records_are_handed_over_and_erased_together(path: Path) -> None:
    async with FrontDesk(path, MemoryVendor(4)) as desk:
        number = await with_guest(desk)
        other = desk.number("3")
        await desk.services.cards.link([number, other])
        ids = await desk.services.privacy.records_of(number)
        assert ids == [number, other]
        found = (await desk.services.privacy.extract(ids))["records"]
        assert [[one["remote_id"] for one in record["linked_records"]] for record in found] == [["3"], ["2"]]
        await desk.services.privacy.erase(ids)
        assert desk.ids().keys() & {"2", "3"} == set()
        assert rows(desk, "SELECT * FROM card_member") == [] == rows(desk, "SELECT * FROM pair")
