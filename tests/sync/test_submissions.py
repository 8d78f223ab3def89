"""Submissions: drafts, sending, and what becomes of each row, told one by one (see `submission_machine` for all
together)."""

from __future__ import annotations

import asyncio
import contextlib
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from crmdesk.core.batch import RowOutcome, RowState
from crmdesk.core.errors import (
    BugError,
    ForbiddenError,
    InDoubtError,
    OfflineError,
    RateLimitedError,
    RejectedError,
    ServerFaultError,
    SettingsError,
    SignInNeededError,
    StorageError,
)
from crmdesk.core.submission import NewRow, Pause, Row, RowStage, Submission, SubmissionStage
from crmdesk.store import call_reads, calls, ledger, submissions
from tests.helpers.submission_world import KIND, Vendor, World, answer, empty_file, lost, went_well

READY, FAILED, UNKNOWN, NOT_SENT = RowStage.READY, RowStage.FAILED, RowStage.UNKNOWN, RowStage.NOT_SENT


@pytest.fixture
def world() -> World:
    return World(empty_file())


def gone(vendor: Vendor, rows: list[dict[str, Any]]) -> Any:
    raise InDoubtError("The line dropped.")


def fails(error: Exception) -> Any:
    def wire(vendor: Vendor, rows: list[dict[str, Any]]) -> Any:
        raise error

    return wire


# ── drafts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_draft_keeps_its_rows_exactly(world: World) -> None:
    values = {"key": "000123", "amount": Decimal("12.30"), "lines": [{"net": Decimal("1.10")}], "text": "Ünïté \ud800"}
    new = Submission(0, 1, "points", "May", columns=("A", "B"), settings={"step": 3}, request={"currency.code": "EUR"})
    made = await world.verbs.create(new, [NewRow(values, ("000123", "=1+1")), NewRow({"key": "b"}, left_out="no date")])
    first, second = world.rows(made.id)
    assert (first.values, first.cells, first.stage) == (values, ("000123", "=1+1"), READY)
    assert (second.stage, second.note) == (RowStage.LEFT_OUT, "no date")
    kept = await world.verbs.get(made.id)
    assert (kept.columns, dict(kept.settings), dict(kept.request)) == (
        ("A", "B"),
        {"step": 3},
        {"currency.code": "EUR"},
    )
    assert kept.stage is SubmissionStage.DRAFT and kept.created_at == "2026-11-22T12:00:00Z"


async def test_drafts_are_changed_copied_and_deleted(world: World) -> None:
    number = await world.draft(["a", "b", "c"])
    await world.verbs.change(number, title="June", per_call=5)
    first, second, _ = world.ids(number)
    assert await world.verbs.change_rows(number, {first: {"key": "x"}}) == 1
    assert await world.verbs.leave_out([second], "twin") == 1
    copy = await world.verbs.copy(number, "Template", template=True)
    assert [row.values["key"] for row in world.rows(copy.id)] == ["x", "b", "c"]
    assert world.stages(copy.id) == "rlr"
    with pytest.raises(ForbiddenError, match="template"):
        await world.verbs.send(copy.id, "Maria")
    assert await world.verbs.put_rows(number, [NewRow({"key": "z"})]) == 1
    assert await world.verbs.put_rows(number, [NewRow({"key": "y"})], append=True) == 1
    assert [row.values["key"] for row in world.rows(number)] == ["z", "y"]
    assert await world.verbs.remove_rows(number, world.ids(number)[:1]) == 1
    await world.verbs.delete(number)
    await world.verbs.delete(copy.id)
    assert world.native.execute("SELECT count(*) FROM submission_row").fetchone() == (0,)


@pytest.mark.parametrize(("what", "value"), [("per_call", 0), ("per_call", 1001), ("trial", -1), ("title", " ")])
async def test_settings_that_cannot_be_are_refused(world: World, what: str, value: Any) -> None:
    number = await world.draft(["a"])
    with pytest.raises(SettingsError) as caught:
        await world.verbs.change(number, **{what: value})
    assert caught.value.field == what


async def test_what_was_sent_is_neither_changed_nor_deleted(world: World) -> None:
    number = await world.sent(["a", "b"])
    for verb in (
        lambda: world.verbs.delete(number),
        lambda: world.verbs.change(number, per_call=9),
        lambda: world.verbs.put_rows(number, [NewRow({"key": "z"})]),
    ):
        with pytest.raises(ForbiddenError):
            await verb()
    assert await world.verbs.change_rows(number, {world.ids(number)[0]: {"key": "z"}}) == 0
    assert await world.verbs.remove_rows(number, world.ids(number)) == 0
    assert (await world.verbs.change(number, title="Another name")).title == "Another name"


# ── sending ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_rows_go_in_calls_and_each_has_its_outcome(world: World) -> None:
    world.vendor.refuses = {"c"}
    number = await world.sent(["a", "b", "c", "d", "e"])
    assert world.vendor.calls == [["a", "b"], ["c", "d"], ["e"]]
    assert world.stages(number) == "ssfss"
    there = {event["key"]: event["number"] for event in world.vendor.events}
    assert {row.values["key"]: row.number for row in world.rows(number, RowStage.SENT)} == there
    (failed,) = world.rows(number, FAILED)
    assert (failed.code, failed.text) == ("NotFoundAPIValueException", "c not found")
    found = await world.snapshot(number)
    assert (found.submission.stage, found.rows, found.done, found.calls_ended) == (SubmissionStage.ENDED, 5, 5, 3)
    assert found.submission.operator == "Maria" and found.submission.ended_at


async def test_what_leaves_was_stored_before_byte_for_byte(world: World) -> None:
    """Body, uids and *sending* are in the file when the first byte could leave."""
    number = await world.draft(["a", "b"])
    await world.verbs.send(number, "Maria")
    seen = []

    def look() -> None:
        (call,) = call_reads.of_submission(world.native, number)
        kept = call_reads.get(world.native, call.id)
        assert kept is not None
        uids = [row["uid"] for row in json.loads(kept.body)]
        assert uids == [row.uid for row in world.rows(number)] and len(set(uids)) == 2
        assert [world.lines(row)[0].stage for row in world.ids(number)] == [RowStage.SENDING] * 2
        seen.append(world.stages(number))

    world.vendor.before_send = look
    await world.pump()
    assert seen == ["gg"]


async def test_a_row_that_cannot_be_sent_is_named_and_nothing_is_stored(world: World) -> None:
    number = await world.draft(["a", "", "c", ""])
    with pytest.raises(RejectedError) as caught:
        await world.verbs.send(number, "Maria")
    ids = world.ids(number)
    assert [problem.path for problem in caught.value.problems] == [f"{ids[1]}/key", f"{ids[3]}/key"]
    assert world.stages(number) == "rrrr" and not call_reads.of_submission(world.native, number)


async def test_rows_that_changed_while_they_were_sealed_are_not_sent(world: World, monkeypatch: Any) -> None:
    number = await world.draft(["a", "b"])
    real = world.vendor.encode

    def encode(*given: Any) -> bytes:
        world.native.execute('UPDATE submission_row SET content=\'{"key":"z"}\' WHERE position=1')
        return real(*given)

    monkeypatch.setattr(world.vendor, "encode", encode)
    with pytest.raises(ForbiddenError, match="changed meanwhile"):
        await world.verbs.send(number, "Maria")
    assert world.stages(number) == "rr" and not call_reads.of_submission(world.native, number)


async def test_a_stored_body_that_was_altered_is_not_sent(world: World) -> None:
    number = await world.draft(["a"])
    await world.verbs.send(number, "Maria")
    world.native.execute("UPDATE call SET body=?", (b"[]",))
    with pytest.raises(BugError):
        await world.pump()
    assert world.vendor.calls == []
    assert (await world.verbs.get(number)).pause is Pause.FAULT


async def test_the_first_rows_go_on_trial(world: World) -> None:
    number = await world.sent(["a", "b", "c", "d"], trial=1)
    assert (world.stages(number), world.vendor.calls) == ("sqqq", [["a"]])
    assert (await world.verbs.get(number)).pause is Pause.TRIAL
    await world.verbs.go_on(number)
    await world.pump()
    assert world.vendor.calls == [["a"], ["b", "c"], ["d"]]


async def test_stop_tells_the_truth_about_what_has_left(world: World) -> None:
    number = await world.draft(["a", "b", "c", "d"])
    await world.verbs.send(number, "Maria")
    seen = []

    async def meanwhile() -> None:
        await world.verbs.stop(number)
        seen.append((await world.snapshot(number)).finishing)

    real = world.vendor.send

    async def send(*given: Any) -> Any:
        await meanwhile()
        return await real(*given)

    world.vendor.send = send  # type: ignore[method-assign]
    await world.pump()
    assert (seen, world.stages(number)) == ([True], "ssnn")
    found = await world.verbs.get(number)
    assert (found.stage, found.pause, found.stopping) == (SubmissionStage.ENDED, Pause.STOPPED, False)
    world.vendor.send = real  # type: ignore[method-assign]
    await world.verbs.send(number, "Maria", stages=[NOT_SENT])
    await world.pump()
    assert world.stages(number) == "ssss" and max(world.vendor.counts().values()) == 1


@pytest.mark.parametrize("error", [OfflineError("No line."), RejectedError("The call is refused.")])
async def test_a_stopped_call_that_comes_back_unsent_stays_here(world: World, error: Exception) -> None:
    number = await world.draft(["a", "b", "c"])
    await world.verbs.send(number, "Maria")

    async def send(*_: Any) -> Any:
        await world.verbs.stop(number)
        raise error

    world.vendor.send = send  # type: ignore[method-assign]
    await world.pump()
    found = await world.verbs.get(number)
    assert (world.stages(number), found.stage, found.pause) == ("nnn", SubmissionStage.ENDED, Pause.STOPPED)


async def test_what_waits_does_not_follow_an_account_to_another_server(world: World) -> None:
    number = await world.sent(["a", "b", "c"], trial=1)
    calls.park_account(world.native, world.database.touched[-1], 1, "It is at another server now.")
    found = await world.verbs.get(number)
    assert (world.stages(number), found.stage, found.pause) == ("snn", SubmissionStage.ENDED, Pause.FORBIDDEN)
    await world.pump()
    assert len(world.vendor.calls) == 1


async def test_pause_lets_the_call_that_is_out_come_back(world: World) -> None:
    number = await world.draft(["a", "b", "c"])
    await world.verbs.send(number, "Maria")
    await world.verbs.pause(number)
    await world.pump()
    assert world.vendor.calls == []
    await world.verbs.go_on(number)
    await world.pump()
    assert world.stages(number) == "sss"


@pytest.mark.parametrize("error", [OfflineError("No line."), RateLimitedError("Slow down.")])
async def test_what_never_left_goes_later_by_itself(world: World, error: Exception) -> None:
    world.vendor.script.append(fails(error))
    number = await world.sent(["a", "b"])
    assert world.stages(number) == "qq" and not world.lines(world.ids(number)[0])
    await world.pump()
    assert world.vendor.calls == [["a", "b"]], "not at once"
    world.clock.forward(6)
    await world.pump()
    assert world.stages(number) == "ss" and world.vendor.counts() == {"a": 1, "b": 1}


@pytest.mark.parametrize("days", [0.125, 2, 4000])
async def test_a_clock_that_was_set_back_holds_nothing_up_and_nothing_spins(world: World, days: float) -> None:
    """What waits seems to wait for days then: looked at again and again it would keep a processor busy."""
    world.vendor.script.append(fails(OfflineError("No line.")))
    number = await world.sent(["a", "b"])
    world.clock.moment -= timedelta(days=days)
    world.clock.seconds += 6
    async with asyncio.timeout(10):
        await world.verbs.sending.send_due()
    assert world.stages(number) == "ss" and world.vendor.counts() == {"a": 1, "b": 1}


async def test_a_rate_limit_is_waited_for(world: World) -> None:
    until = moment_in(world, 300)
    world.vendor.script.append(fails(RateLimitedError("Slow down.", until=until)))
    number = await world.sent(["a"])
    for seconds, stages in ((200, "q"), (101, "s")):
        world.clock.forward(seconds)
        await world.pump()
        assert world.stages(number) == stages


def moment_in(world: World, seconds: float) -> Any:
    return world.clock.now() + timedelta(seconds=seconds)


async def test_a_refused_sign_in_pauses_for_a_person(world: World) -> None:
    world.vendor.script.append(fails(SignInNeededError("Sign in.")))
    number = await world.sent(["a", "b", "c"])
    assert (world.stages(number), world.desk.signed_out_of) == ("qqq", [1])
    assert (await world.verbs.get(number)).pause is Pause.SIGN_IN
    await world.verbs.go_on(number)
    await world.pump()
    assert world.stages(number) == "sss"


async def test_working_offline_nothing_leaves(world: World) -> None:
    world.desk.working_offline = True
    number = await world.sent(["a"])
    assert world.stages(number) == "q" and world.vendor.calls == []
    with pytest.raises(OfflineError):
        await world.verbs.look_up(number)
    world.desk.working_offline = False
    await world.pump()
    assert world.stages(number) == "s"


async def test_the_culprit_of_a_refused_call_is_found_only_when_a_person_wants_it(world: World) -> None:
    world.vendor.poison = {"c"}
    number = await world.sent(["a", "b", "c", "d", "e"], per_call=5)
    found = await world.verbs.get(number)
    assert (found.stage, found.pause, world.stages(number)) == (SubmissionStage.PAUSED, Pause.REFUSED, "qqqqq")
    assert len(world.vendor.calls) == 1 and "Bad call." in found.words
    assert await world.verbs.culprit_calls(number) == (6, 8)
    await world.verbs.find_culprit(number)
    await world.pump()
    assert (world.stages(number), len(world.vendor.calls)) == ("ssfss", 5)
    assert world.vendor.counts() == {"a": 1, "b": 1, "d": 1, "e": 1}
    (row,) = world.rows(number, FAILED)
    assert "refuses this call" in row.text
    with pytest.raises(ForbiddenError):
        await world.verbs.find_culprit(number)


async def test_the_rest_may_go_without_a_refused_call(world: World) -> None:
    world.vendor.poison = {"a"}
    number = await world.sent(["a", "b", "c"])
    await world.verbs.go_on(number)
    await world.pump()
    assert world.stages(number) == "nns"
    assert (await world.verbs.get(number)).stage is SubmissionStage.ENDED


# ── unknown ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "wire",
    [lost, gone, fails(ServerFaultError("502")), fails(ValueError("our mistake"))],
    ids=["arrived", "did not arrive", "502", "our mistake"],
)
async def test_without_a_valid_answer_a_call_is_unknown_and_the_rest_waits(world: World, wire: Any) -> None:
    world.vendor.script.append(wire)
    number = await world.draft(["a", "b", "c"])
    await world.verbs.send(number, "Maria")
    with contextlib.suppress(ValueError):
        await world.pump()
    assert world.stages(number) == "uuq"
    assert (await world.verbs.get(number)).pause is Pause.UNKNOWN
    await world.pump()
    assert len(world.vendor.calls) == 1
    await world.verbs.go_on(number)
    await world.pump()
    assert world.stages(number) == "uus"


async def test_three_in_a_row_stop_everything(world: World) -> None:
    world.vendor.script.extend([lost, lost, lost])
    number = await world.sent(["a", "b", "c", "d"], per_call=1)
    other = await world.draft(["x"])
    await world.verbs.send(other, "Maria")
    for _ in range(2):
        await world.verbs.go_on(number)
        await world.verbs.pause(other)
        await world.pump()
    assert await world.verbs.halted() and world.stages(number) == "uuuq"
    for verb in (world.verbs.go_on(other), world.verbs.go_on(number), world.verbs.send(await world.draft(["y"]), "M")):
        with pytest.raises(ForbiddenError, match="no valid answer"):
            await verb
    with pytest.raises(SettingsError):
        await world.verbs.release(" ", "Maria")
    await world.verbs.release("The vendor's page shows them all.", "Maria")
    await world.verbs.go_on(number)
    await world.pump()
    assert world.stages(number) == "uuus"


async def test_one_row_that_is_missing_in_the_answer_is_unknown(world: World) -> None:
    world.vendor.script.append(lambda vendor, rows: answer(vendor.make(rows)[:1], []))
    number = await world.sent(["a", "b"])
    assert world.stages(number) == "su"
    assert "does not name" in world.rows(number)[1].note


async def test_unknown_rows_go_no_way_but_by_a_persons_word(world: World) -> None:
    world.vendor.script.append(lost)
    number = await world.sent(["a", "b", "c"], per_call=3)
    with pytest.raises(ForbiddenError):
        await world.verbs.send(number, "Maria", stages=[UNKNOWN])
    for stages in ([READY], [FAILED], [NOT_SENT]):
        with pytest.raises(ForbiddenError, match="no row"):
            await world.verbs.send(number, "Maria", stages=stages)
    assert await world.verbs.take_in(world.ids(number)) == 0
    with pytest.raises(SettingsError):
        await world.verbs.settle(world.ids(number), "", "Maria", sent=True)
    first, second, third = world.ids(number)
    assert await world.verbs.settle([first], "Seen there.", "Maria", sent=True, numbers={first: "45"}) == 1
    assert await world.verbs.settle([first, second], "Not there.", "Maria", sent=False) == 1
    assert world.stages(number) == "snu"
    (line,) = world.lines(first)
    assert (line.stage, line.number, line.settled_by, line.note) == (RowStage.SENT, "45", "Maria", "Seen there.")
    await world.verbs.send_again([third], "The guest was not told.", "Eleni")
    await world.pump()
    assert world.stages(number) == "sns" and world.vendor.counts()["c"] == 2
    assert [line.stage for line in world.lines(third)] == [UNKNOWN, RowStage.SENT]
    assert "The guest was not told." in world.lines(third)[0].note
    assert world.lines(third)[0].settled_by == "Eleni"


async def test_sending_again_goes_one_row_per_call(world: World) -> None:
    world.vendor.script.append(gone)
    number = await world.sent(["a", "b", "c"], per_call=3)
    await world.verbs.send_again(world.ids(number), "They are not there.", "Maria")
    await world.pump()
    assert world.vendor.calls == [["a", "b", "c"], ["a"], ["b"], ["c"]]


async def test_a_look_up_finds_what_is_there_and_infers_nothing_from_absence(world: World) -> None:
    world.vendor.script.append(lambda vendor, rows: lost(vendor, rows[:2]))
    number = await world.sent(["a", "b", "c"], per_call=3)
    found = await world.verbs.look_up(number)
    assert (found.found, found.absent, found.several) == (2, 1, 0)
    assert world.stages(number) == "ssu" and "does not have it so far" in world.rows(number)[2].note
    world.vendor.events.extend(
        [{**world.vendor.events[0], "uid": world.rows(number)[2].uid, "id": f"X{n}"} for n in "12"]
    )
    assert (await world.verbs.look_up(number)).several == 1
    assert world.stages(number) == "ssu"


async def test_retrying_takes_failed_rows_only_with_new_labels(world: World) -> None:
    world.vendor.refuses = {"b", "d"}
    world.vendor.script.extend([went_well, lost])
    number = await world.sent(["a", "b", "c", "d", "e"])
    await world.verbs.go_on(number)
    await world.pump()
    assert world.stages(number) == "sfuus"
    failed = world.rows(number, FAILED)[0]
    world.vendor.refuses = set()
    await world.verbs.retry_failed(number, "Eleni")
    await world.pump()
    assert world.vendor.calls[-1] == ["b"] and world.stages(number) == "ssuus"
    again = world.rows(number)[1]
    assert again.attempt == 2 and again.uid != failed.uid
    first, second = world.lines(again.id)
    assert (first.stage, first.code, first.operator) == (FAILED, "NotFoundAPIValueException", "Maria")
    assert (second.stage, second.operator) == (RowStage.SENT, "Eleni")


async def test_a_failed_row_is_mended_in_place(world: World) -> None:
    world.vendor.refuses = {"b"}
    number = await world.sent(["a", "b"])
    await world.verbs.change_rows(number, {world.ids(number)[1]: {"key": "B"}})
    assert world.stages(number) == "sr"
    await world.verbs.send(number, "Maria")
    await world.pump()
    assert world.stages(number) == "ss" and world.vendor.counts() == {"a": 1, "B": 1}


# ── the disk ─────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_that_finds_no_room_is_written_again(world: World, monkeypatch: Any, caplog: Any) -> None:
    monkeypatch.setattr("crmdesk.sync.submission_call.KEPT_TRIES", (0.0, 0.0))
    number = await world.draft(["a"])
    await world.verbs.send(number, "Maria")
    left = 2

    def full() -> None:
        nonlocal left
        if world.vendor.calls and left:
            left -= 1
            raise StorageError("The disk is full.")

    world.database.fault = full
    await world.pump()
    assert world.stages(number) == "s"


test_an_answer_that_finds_no_room_is_written_again = pytest.mark.expect_log(
    test_an_answer_that_finds_no_room_is_written_again
)


async def test_an_outcome_that_never_finds_room_is_unknown_and_not_repeated(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr("crmdesk.sync.submission_call.KEPT_TRIES", ())
    number = await world.draft(["a", "b"], per_call=1)
    await world.verbs.send(number, "Maria")

    def full() -> None:
        raise StorageError("The disk is full.")

    world.vendor.before_send = lambda: setattr(world.database, "fault", full)
    await world.pump()
    world.vendor.before_send, world.database.fault = (lambda: None), (lambda: None)
    world.clock.forward(10)
    await world.pump()
    assert world.stages(number) == "uq" and world.vendor.counts() == {"a": 1}


# ── start ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_start_says_what_was_not_sent(world: World) -> None:
    number = await world.draft(["a", "b", "c"])
    await world.verbs.send(number, "Maria")
    later = world.again()
    found = await later.verbs.recover()
    assert (found.unknown, found.not_sent) == (0, 3) and later.stages(number) == "nnn"
    assert (await later.verbs.get(number)).pause is Pause.INTERRUPTED
    await later.pump()
    assert later.vendor.calls == []


async def test_a_folder_that_went_back_in_time_sends_nothing(world: World) -> None:
    sending, draft = await world.draft(["a", "b"]), await world.draft(["c"])
    template = (await world.verbs.copy(draft, "T", template=True)).id
    world.vendor.refuses = {"b"}
    backup = empty_copy(world)
    await world.verbs.send(sending, "Maria")
    await world.verbs.send(draft, "Maria")
    await world.pump()
    assert world.stages(sending) == "sf" and world.stages(draft) == "s"
    old = World(backup, world.vendor, world.epochs, world.clock)
    await old.verbs.recover()
    assert (old.stages(sending), old.stages(draft), old.stages(template)) == ("uu", "u", "r")
    assert (await old.verbs.get(draft)).pause is Pause.RESTORED
    await old.pump()
    assert world.vendor.counts() == {"a": 1, "c": 1}
    fresh = await old.sent(["n"])
    assert old.stages(fresh) == "s", "what is new here goes"
    # and now the first folder is the old one
    await world.verbs.send(await world.draft(["y"]), "Maria")
    await world.pump()
    assert "y" not in world.vendor.counts()


test_a_folder_that_went_back_in_time_sends_nothing = pytest.mark.expect_log(
    test_a_folder_that_went_back_in_time_sends_nothing
)


@pytest.mark.expect_log
async def test_a_draft_of_a_restored_copy_ends_where_its_rows_were_sent_and_goes_on_where_not(world: World) -> None:
    sent, not_sent = await world.draft(["a", "b"]), await world.draft(["c"])
    backup = empty_copy(world)
    await world.verbs.send(sent, "Maria")
    await world.pump()
    old = World(backup, world.vendor, world.epochs, world.clock)
    await old.verbs.recover()
    one, two = [row.id for row in old.rows(sent)]
    await old.verbs.settle([one], "Seen there", "Maria", sent=True)
    ended = await old.verbs.get(sent)
    assert ended.stage is SubmissionStage.ENDED and ended.ended_at, "kept like all that was sent"
    await old.verbs.settle([two, *(row.id for row in old.rows(not_sent))], "Not there", "Maria", sent=False)
    assert (old.stages(sent), old.stages(not_sent)) == ("sn", "n")
    assert (await old.verbs.get(not_sent)).stage is SubmissionStage.DRAFT
    await old.verbs.put_rows(not_sent, [NewRow({"key": "d"})])
    assert old.stages(not_sent) == "r", "its rows come and go again"


def empty_copy(world: World) -> Any:
    copy = empty_file()
    world.native.backup(copy)
    return copy


# ── ledger ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_ledger_knows_repeats_people_and_numbers(world: World) -> None:
    from crmdesk.core.fingerprint import fingerprint

    number = await world.sent(["a", "b"])
    again = fingerprint(KIND, {"key": " A "})
    found = ledger.repeats(world.native, [1], [again, fingerprint(KIND, {"key": "z"}), b""])
    assert list(found) == [again]
    line = found[again]
    assert (line.at, line.operator, line.stage, line.submission_id) == (
        world.rows(number)[0].sent_at,
        "Maria",
        RowStage.SENT,
        number,
    )
    assert ledger.repeats(world.native, [2], [again]) == {}
    assert [one.number for one in ledger.of_person(world.native, "key=a")] == [line.number]
    assert [one.who for one in ledger.search(world.native, "KEY=B")] == ["key=b"]
    assert [one.named for one in ledger.search(world.native, "")] == ["b", "a"]


async def test_a_repeat_is_the_whole_fingerprint_not_the_part_that_finds_it(world: World) -> None:
    number = await world.sent(["a", "b"])
    first, second = (world.lines(row)[0].fingerprint for row in world.ids(number))
    alike = first[:4] + second[4:]
    world.native.execute("UPDATE ledger SET fingerprint=? WHERE fingerprint=?", (alike, second))
    assert list(ledger.repeats(world.native, [1], [first])) == [first]
    assert set(ledger.repeats(world.native, [1], [first, alike])) == {first, alike}
    plan = world.native.execute("SELECT sql FROM sqlite_master WHERE name='ledger_mark'").fetchone()[0]
    assert "substr(fingerprint, 1, 4)" in plan, "as `ledger.repeats` asks"


@pytest.mark.parametrize("typed", ["Özlem", "özlem", "ÖZL"])
async def test_the_ledger_finds_an_operator_with_any_first_letter(world: World, typed: str) -> None:
    await world.sent(["a"])
    world.native.execute("UPDATE ledger SET operator='Özlem'")
    assert [one.who for one in ledger.search(world.native, typed)] == ["key=a"]


async def test_after_two_years_what_was_sent_goes_and_what_is_unknown_stays(world: World) -> None:
    world.vendor.script.extend([went_well, lost])
    old, doubtful = await world.sent(["a"]), await world.sent(["b"])
    draft = await world.draft(["c"])
    world.clock.forward(3600 * 24 * 700)
    await world.verbs.sending.tidy()
    assert submissions.find(world.native, old) is not None
    world.clock.forward(3600 * 24 * 60)
    await world.verbs.sending.tidy()
    assert [submissions.find(world.native, one) is not None for one in (old, doubtful, draft)] == [False, True, True]
    assert [one.who for one in ledger.search(world.native, "")] == ["key=b"]


async def test_thousands_of_rows(world: World) -> None:
    keys = [f"k{number}" for number in range(3000)]
    number = await world.sent(keys, per_call=1000)
    found = await world.snapshot(number)
    assert found.counts == {RowStage.SENT: 3000} and found.calls == 3


# ── a vendor that queues, and the schedule ───────────────────────────────────────────────────────────────────────────


async def test_accepted_is_not_sent(world: World) -> None:
    """As with a vendor that only queues what it is given: its job tells later, and the row is kept until then."""

    def settle(_kind: Any, rows: Any, _answer: Any) -> list[RowOutcome]:
        return [RowOutcome(row.uid, RowState.ACCEPTED, number="job-1") for row in rows]

    world.vendor.settle = settle  # type: ignore[method-assign]
    number = await world.sent(["a", "b"])
    found = await world.snapshot(number)
    assert (world.stages(number), found.submission.stage, found.done) == ("aa", SubmissionStage.ENDED, 2)
    assert [row.number for row in world.rows(number)] == ["job-1", "job-1"]
    assert await world.verbs.settle(world.ids(number), "x", "Maria", sent=True) == 0
    world.clock.forward(3600 * 24 * 3650)
    assert await world.verbs.sending.tidy() == 0


async def test_what_is_sealed_goes_by_itself_and_again_when_its_time_has_come(world: World) -> None:
    sending = world.verbs.sending
    world.vendor.script.append(fails(OfflineError("No line.")))
    sending.start()
    try:
        number = await world.draft(["a", "b", "c"])
        await world.verbs.send(number, "Maria")
        while world.stages(number) != "qqq" or not world.vendor.calls or sending.busy:
            await asyncio.sleep(0)
        world.clock.forward(10)
        sending.wake()
        while world.stages(number) != "sss":
            await asyncio.sleep(0)
    finally:
        await sending.aclose()


async def test_two_first_drafts_at_once_give_the_folder_one_name(world: World) -> None:
    await asyncio.gather(world.draft(["a"]), world.draft(["b"]))
    later = world.again()
    await later.verbs.recover()
    assert (later.stages(1), later.stages(2)) == ("r", "r")


async def test_how_long_it_takes_is_estimated_from_the_second_call_on(world: World) -> None:
    number = await world.draft(["a", "b", "c", "d"], per_call=1)
    await world.verbs.send(number, "Maria")
    seen = []
    real = world.vendor.send

    async def send(*given: Any) -> Any:
        found = await world.snapshot(number)
        seen.append((found.seconds, found.left, found.calls_ended, found.in_flight))
        world.clock.forward(2)
        return await real(*given)

    world.vendor.send = send  # type: ignore[method-assign]
    await world.pump()
    assert seen == [(0, None, 0, 1), (2, None, 1, 1), (4, 2.0, 2, 1), (6, 0.0, 3, 1)]


def test_nobodys_data_shows_in_a_repr(world: World) -> None:
    assert "Secret" not in repr(NewRow({"key": "Secret"}, ("Secret",))) + repr(
        Row(1, 1, {"key": "Secret"}, ("Secret",))
    )
