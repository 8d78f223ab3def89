"""Rows of an open submission: what is typed is kept and saved, undo changes texts and never a row's fate."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from crmdesk.core.errors import StorageError
from crmdesk.core.row_checks import Flaw, Severity
from crmdesk.core.submission import Row, RowStage, SubmissionStage
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.composer import document as documents
from crmdesk.ui.composer.document import Document
from crmdesk.ui.composer.rows import GridRow
from crmdesk.ui.composer.working import MANY
from crmdesk.vendors.cendyn.kinds import CONTACTS
from tests.ui.composer.fakes import ACCOUNT, CLASS, KIND, TEXT, UNIT, FakeSubmissions, opened, row

READY, FAILED, OUT, SENT = RowStage.READY, RowStage.FAILED, RowStage.LEFT_OUT, RowStage.SENT


@pytest.fixture(autouse=True)
def nothing_failed(errors: list[Any]) -> Iterator[None]:
    yield
    assert errors == []


def new(number: int) -> GridRow:
    return GridRow({ACCOUNT: f"ACR{number}"})


def texts(document: Document, path: str = TEXT) -> list[Any]:
    return [one.values.get(path) for one in document.rows]


async def worked(document: Document) -> None:
    """What is worked out in a thread is there, and saved."""
    assert await document.flush()


async def test_what_a_row_has_once_is_seen_where_a_draft_of_an_earlier_version_has_it_twice(scope: TaskScope) -> None:
    """A second purchase of a guest: nothing sends it, so it must be there to be taken away."""
    code = "purchase.{}.transaction_code"
    twice = Row(0, 0, {"user_id": "7", "purchase": [{"transaction_code": "T1"}, {"transaction_code": "T2"}]})
    fake = FakeSubmissions([twice], kind=CONTACTS)
    document = await opened(fake, scope)
    assert code.format(1) in document.used and document.column(code.format(1)) is not None
    assert document.column(code.format(2)) is None
    document.set_cells([(0, code.format(1), "")], "clear")
    await worked(document)
    assert fake.texts("purchase") == [[{"transaction_code": "T1"}]]
    fake = FakeSubmissions([Row(0, 0, {"user_id": "7", "purchase": [{"transaction_code": "T1"}]})], kind=CONTACTS)
    assert (await opened(fake, scope)).column(code.format(1)) is None


# ── a row's fate ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_undo_leaves_out_what_was_left_out_since(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(1), row(2)])
    document = await opened(fake, scope)
    document.add_rows([new(3)], "add")
    await document.flush()
    fake.alter(1, stage=OUT, note="Sent before")
    await document.reload()
    assert document.undo() == "add"
    await document.flush()
    assert fake.stages == [READY, OUT]
    assert [one.note for one in fake.stored.values()] == ["", "Sent before"]
    assert document.redo() == "add"
    await document.flush()
    assert fake.stages == [READY, OUT, READY]
    assert [one.stage for one in document.rows] == [READY, OUT, READY]


async def test_left_out_without_a_word_stays_left_out(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(1, OUT), row(2)])
    document = await opened(fake, scope)
    document.add_rows([new(3)], "add")
    await document.flush()
    assert fake.stages == [OUT, READY, READY]
    document.set_cells([(0, TEXT, "other")], "type")
    await document.flush()
    assert fake.stages[0] is OUT and document.rows[0].stage is OUT


async def test_a_failed_row_is_ready_only_once_it_was_edited(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(n, FAILED, text="Refused") for n in range(4)], SubmissionStage.ENDED)
    document = await opened(fake, scope)

    looking: list[asyncio.Task[None]] = []

    async def somebody_looks() -> None:
        looking.append(asyncio.ensure_future(document.reload()))
        await asyncio.sleep(0)

    fake.between = somebody_looks
    document.set_cells([(0, TEXT, "mended")], "type")
    await document.flush()
    await asyncio.gather(*looking)
    await document.flush()
    assert fake.calls == [("change", 1)]
    assert fake.stages == [READY, FAILED, FAILED, FAILED]
    assert [one.stage for one in document.rows] == fake.stages
    assert texts(document)[0] == "mended"


async def test_undo_of_an_edited_failed_row_shows_what_is_stored(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(1, FAILED), row(2, FAILED)], SubmissionStage.ENDED)
    document = await opened(fake, scope)
    document.set_cells([(0, TEXT, "mended")], "type")
    await document.flush()
    document.undo()
    await document.flush()
    assert texts(document) == ["text 1", "text 2"] == fake.texts(TEXT)
    assert [one.stage for one in document.rows] == fake.stages


async def test_a_row_that_left_is_never_changed_by_undo(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(1), row(2)])
    document = await opened(fake, scope)
    document.set_cells([(0, TEXT, "as sent")], "type")
    await document.flush()
    fake.one = documents.replace(fake.one, stage=SubmissionStage.ENDED)
    fake.alter(0, stage=SENT, attempt=1, number="45")
    await document.reload()
    document.undo()
    await document.flush()
    assert document.rows[0].stage is SENT and texts(document)[0] == "as sent" == fake.texts(TEXT)[0]


async def test_undo_after_sending_neither_takes_rows_away_nor_brings_any_back(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(1), row(2)])
    document = await opened(fake, scope)
    document.remove_rows([0], "remove")
    document.add_rows([new(3)], "add")
    await document.flush()
    fake.one = documents.replace(fake.one, stage=SubmissionStage.ENDED)
    fake.alter(0, stage=SENT, attempt=1)
    await document.reload()
    before = [one.key for one in document.rows]
    document.undo()
    document.undo()
    assert await document.flush()
    assert [one.key for one in document.rows] == before
    assert fake.texts(ACCOUNT) == ["ACR2", "ACR3"]


async def test_nothing_is_undone_while_it_is_being_sent(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(1), row(2)])
    document = await opened(fake, scope)
    document.set_cells([(0, TEXT, "new")], "type")
    await document.flush()
    fake.one = documents.replace(fake.one, stage=SubmissionStage.PAUSED)
    await document.reload()
    assert document.undo() == "" == document.can_undo()
    assert texts(document)[0] == "new"


async def test_an_emptied_row_of_what_was_sent_is_stored_empty(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(1, SENT), row(2)], SubmissionStage.ENDED)
    document = await opened(fake, scope)
    document.set_cells([(1, ACCOUNT, ""), (1, TEXT, "")], "empty")
    assert await document.flush()
    assert fake.calls == [("change", 1)]
    assert dict(list(fake.stored.values())[1].values) == {}
    document.undo()
    assert await document.flush()
    assert fake.texts(ACCOUNT) == ["ACR1", "ACR2"]


# ── fills ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_blank_rows_are_filled_once_something_is_typed_and_not_before(scope: TaskScope) -> None:
    fake = FakeSubmissions()
    document = await opened(fake, scope)
    document.add_rows([GridRow() for _ in range(20)], "add")
    document.set_cells([(0, ACCOUNT, "ACR1")], "type")
    document.fill(UNIT, "Spa", "fill")
    assert texts(document, UNIT) == ["Spa", *[None] * 19]
    assert document.tally().rows == 1
    document.set_cells([(4, ACCOUNT, "ACR2")], "type")
    assert texts(document, UNIT)[4] == "Spa"
    await document.flush()
    assert fake.texts(UNIT) == ["Spa", "Spa"]


async def test_rows_that_a_paste_adds_are_filled_too(scope: TaskScope) -> None:
    document = await opened(FakeSubmissions([row(0)]), scope)
    document.fill(UNIT, "Spa", "fill")
    document.put_block([0, 1, 2], [ACCOUNT], [["P0"], ["P1"], ["P2"]], "paste")
    assert texts(document, ACCOUNT) == ["P0", "P1", "P2"]
    assert texts(document, UNIT) == ["Spa"] * 3
    await worked(document)


async def test_a_name_that_could_not_be_saved_is_told_and_tried_again(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(1)])
    document = await opened(fake, scope)
    failed: list[Any] = []
    stored: list[bool] = []
    document.failed.connect(failed.append)
    document.stored.connect(stored.append)
    fake.broken = StorageError("The disk is full.", "Make room.")
    document.change(title="May")
    assert await document.flush() is False
    assert (stored[-1], document.submission.title, fake.one.title) == (False, "May", "Test") and failed
    fake.broken = None
    assert await document.flush()
    assert (stored[-1], fake.one.title) == (True, "May")
    fake.broken = StorageError("The disk is full.", "Make room.")
    document.change(title="June")
    document.give_up()
    assert await document.flush() and fake.one.title == "May"


async def test_a_name_that_is_on_its_way_is_not_overwritten_by_what_was_stored(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(1)], SubmissionStage.SENDING)
    document = await opened(fake, scope)
    document.change(title="May")
    await asyncio.gather(document.reload(), document.flush())
    assert (document.submission.title, fake.one.title) == ("May", "May")


async def test_rows_that_were_compared_are_not_compared_again(
    scope: TaskScope, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = await opened(FakeSubmissions([row(n) for n in range(4)]), scope)
    before = document.rows
    document.set_cells([(1, TEXT, "a"), (2, TEXT, "b")], "type")
    await document.flush()
    now = document.rows
    monkeypatch.setattr(documents, "difference", lambda *_: pytest.fail("once more"))
    assert (document.between(before, now).first, document.between(before, now).last) == (1, 2)


async def test_undo_of_a_fill_takes_the_setting_back_too(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(1)])
    document = await opened(fake, scope)
    document.fill(UNIT, "Spa", "fill")
    document.fill(UNIT, "Bar", "fill")
    assert (texts(document, UNIT), dict(document.fills)) == (["Bar"], {UNIT: "Bar"})
    document.undo()
    assert (texts(document, UNIT), dict(document.fills)) == (["Spa"], {UNIT: "Spa"})
    document.undo()
    assert (texts(document, UNIT), dict(document.fills)) == ([None], {})
    document.redo()
    assert (texts(document, UNIT), dict(document.fills)) == (["Spa"], {UNIT: "Spa"})
    await document.flush()
    await scope.aclose()
    assert fake.one.settings["fill"] == {UNIT: "Spa"} and fake.texts(UNIT) == ["Spa"]


async def test_a_fill_keeps_what_rows_have_of_their_own_and_says_so(scope: TaskScope) -> None:
    document = await opened(FakeSubmissions([row(1), row(2), row(3)]), scope)
    told: list[tuple[str, int]] = []
    document.others.connect(lambda path, rows: told.append((path, rows)))
    document.set_cells([(1, UNIT, "Bar")], "type")
    document.fill(UNIT, "Spa", "fill")
    assert texts(document, UNIT) == ["Spa", "Bar", "Spa"] and told == [(UNIT, 1)]
    document.fill(UNIT, "Spa", "fill", every=True)
    assert texts(document, UNIT) == ["Spa"] * 3
    await worked(document)


async def test_a_fill_of_many_rows_counts_only_values_of_their_own(scope: TaskScope) -> None:
    document = await opened(FakeSubmissions([row(n) for n in range(MANY + 1)]), scope)
    told: list[tuple[str, int]] = []
    document.others.connect(lambda path, rows: told.append((path, rows)))
    document.fill(UNIT, "Spa", "fill")
    document.fill(UNIT, "Bar", "fill")
    document.set_cells([(0, TEXT, "typed meanwhile")], "type")
    await worked(document)
    assert set(texts(document, UNIT)) == {"Bar"} and told == []
    assert texts(document)[0] == "typed meanwhile"
    assert document.undo() == "type", "what came last"
    document.undo()
    assert (set(texts(document, UNIT)), dict(document.fills)) == ({"Spa"}, {UNIT: "Spa"})
    await worked(document)


# ── saving ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_save_that_failed_is_tried_again_by_itself(scope: TaskScope, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "SAVE_AGAIN_MS", 5)
    fake = FakeSubmissions([row(1)])
    document = await opened(fake, scope)
    failed: list[object] = []
    stored: list[bool] = []
    document.failed.connect(failed.append)
    document.stored.connect(stored.append)
    fake.broken = StorageError("The disk is full.")
    document.set_cells([(0, TEXT, "typed")], "type")
    assert not await document.flush()
    assert failed == [fake.broken] and stored[-1] is False and texts(document) == ["typed"]
    fake.broken = None
    assert document._save_again.isActive()
    document._save_again.timeout.emit()  # its 15 s are over
    assert await document.flush()
    assert fake.texts(TEXT) == ["typed"] and stored[-1] is True


async def test_what_is_typed_while_a_save_runs_is_saved_next(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(1), row(2)])
    document = await opened(fake, scope)

    async def typed() -> None:
        document.set_cells([(1, TEXT, "second")], "type")

    fake.between = typed
    document.add_rows([new(3)], "add")
    await document.flush()
    assert fake.texts(TEXT) == ["text 1", "second", None]
    assert fake.calls == [("put", 3), ("change", 1)]
    assert [one.id for one in document.rows] == list(fake.stored)


async def test_only_rows_that_are_others_are_stored(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(n) for n in range(5)])
    document = await opened(fake, scope)
    document.set_cells([(3, TEXT, "new"), (1, TEXT, "text 1")], "type")
    assert document.touched == 1
    await document.flush()
    assert fake.calls == [("change", 1)]
    await document.flush()
    assert fake.calls == [("change", 1)]


async def test_saving_waits_for_what_is_still_worked_out(scope: TaskScope) -> None:
    """Who saves before sending must not send without the paste that is under way."""
    fake = FakeSubmissions()
    document = await opened(fake, scope)
    document.put_block(range(MANY + 1), [ACCOUNT], [["A"]] * (MANY + 1), "paste")
    assert document.rows == []
    assert await document.flush()
    assert len(fake.stored) == MANY + 1


async def test_a_large_paste_meets_its_rows_wherever_they_are_by_then(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(n) for n in range(MANY + 1)])
    document = await opened(fake, scope)
    pasted = [f"pasted {n}" for n in range(MANY + 2)]  # the last one makes a row
    document.put_block(range(MANY + 2), [TEXT], [[text] for text in pasted], "paste")
    document.add_rows([new(0)], "insert", at=0)
    document.remove_rows([2], "remove")  # the second one of those that are pasted into
    await worked(document)
    assert texts(document) == [None, pasted[0], *pasted[2:]]
    document.undo()
    assert texts(document)[:3] == [None, "text 0", "text 2"] and len(document.rows) == MANY + 1


async def test_what_is_typed_after_a_large_paste_holds_although_the_paste_is_not_there_yet(scope: TaskScope) -> None:
    document = await opened(FakeSubmissions([row(n) for n in range(MANY + 1)]), scope)
    document.put_block(range(MANY + 1), [TEXT], [["pasted"]] * (MANY + 1), "paste")
    document.set_cells([(0, TEXT, "typed")], "type")
    document.add_rows([new(0)], "insert", at=0)
    assert document.working.busy
    await worked(document)
    assert texts(document)[:3] == [None, "typed", "pasted"]
    assert [document.undo(), document.undo(), document.undo()] == ["type", "paste", "insert"]
    assert texts(document)[:2] == ["text 0", "text 1"]


async def test_undo_after_a_large_paste_takes_the_paste_back(scope: TaskScope) -> None:
    """Nobody waits for a paste to be worked out; the step before it must not go instead, for good."""
    document = await opened(FakeSubmissions([row(n) for n in range(MANY + 1)]), scope)
    document.set_cells([(0, TEXT, "typed")], "type")
    document.put_block(range(MANY + 1), [TEXT], [["pasted"]] * (MANY + 1), "paste")
    undone: list[str] = []
    document.working.in_turn(lambda: undone.append(document.undo()), "undo")
    await worked(document)
    assert undone == ["paste"] and texts(document)[0] == "typed"
    assert document.redo() == "paste" and set(texts(document)) == {"pasted"}


# ── undo, replacing, checking ────────────────────────────────────────────────────────────────────────────────────────


async def test_every_step_goes_back_and_forth_and_a_new_one_ends_redo(scope: TaskScope) -> None:
    document = await opened(FakeSubmissions([row(1)]), scope)
    for text in ("a", "b", "c"):
        document.set_cells([(0, TEXT, text)], f"type {text}")
    assert document.can_undo() == "type c"
    assert [document.undo(), document.undo()] == ["type c", "type b"] and texts(document) == ["a"]
    assert (document.redo(), texts(document)) == ("type b", ["b"])
    document.set_cells([(0, TEXT, "d")], "type d")
    assert document.redo() == "" and texts(document) == ["d"]
    document.set_cells([(0, TEXT, "d")], "nothing")
    assert document.can_undo() == "type d"


async def test_replace_tells_how_many_rows_it_changed(scope: TaskScope) -> None:
    document = await opened(FakeSubmissions([row(1), row(2), row(3, SENT)]), scope)
    told: list[tuple[str, int]] = []
    document.done.connect(lambda words, rows: told.append((words, rows)))
    document.replace([TEXT], "TEXT", r"a\1", "replace")
    assert texts(document) == [r"a\1 1", r"a\1 2", "text 3"] and told == [("replace", 2)]
    document.replace([TEXT], "a", "b", "replace", whole=True)
    assert told[-1] == ("replace", 0)


async def test_what_a_check_finds_belongs_to_the_row_wherever_it_goes(scope: TaskScope) -> None:
    fake = FakeSubmissions([row(1), row(2)])
    document = await opened(fake, scope)
    fake.flaws = [Flaw(1, TEXT, "V-X", Severity.ERROR, "Too long")]
    assert await document.check()
    wrong = document.rows[1]
    document.add_rows([new(0)], "add", 0)
    assert [bool(document.flaws_of(one)) for one in document.rows] == [False, False, True]
    assert document.flaws_of(wrong, Severity.WARNING) == [] and document.looks_wrong(wrong)
    assert (document.tally().bad, document.tally().ready) == (1, 2)


async def test_what_comes_while_it_is_checked_is_checked_too(scope: TaskScope) -> None:
    """An answer that came in while *Send* was checking once made the click do nothing."""
    fake = FakeSubmissions([row(1, FAILED), row(2, FAILED)], SubmissionStage.ENDED)
    document = await opened(fake, scope)
    seen: list[list[GridRow]] = []
    document.checked.connect(lambda: seen.append(document.rows))

    async def answered() -> None:
        fake.alter(1, stage=SENT)
        await document.reload()
        document.set_cells([(0, TEXT, "typed meanwhile")], "type")

    fake.between = answered
    assert await document.settle()
    assert len(seen) >= 2
    assert seen[-1] is document.rows
    assert fake.texts(TEXT)[0] == "typed meanwhile"


async def test_unknown_columns_and_rows_that_left_are_not_written(scope: TaskScope) -> None:
    document = await opened(FakeSubmissions([row(1, SENT)], SubmissionStage.ENDED), scope)
    document.set_cells([(0, TEXT, "x"), (0, "no such field", "x")], "type")
    document.add_rows([new(2)], "add")
    document.remove_rows([0], "remove")
    assert texts(document) == ["text 1"] and document.can_undo() == ""
    assert document.column(CLASS) is not None and document.kind is KIND
