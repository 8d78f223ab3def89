"""What a failing disk, or a mistake of ours behind a commit, does to the counter beside the folder and to answers: a
draft that nobody sent is never in doubt, and no call is blamed for another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crmdesk import epoch_file
from crmdesk.core import seams
from crmdesk.core.errors import BugError, StorageError
from crmdesk.core.submission import Pause, SubmissionStage
from crmdesk.epoch_file import FileEpochs
from crmdesk.store import call_reads, calls, restarts
from crmdesk.sync import submission_call
from crmdesk.sync.submission_sending import MISTAKE, UNREAD
from tests.helpers.submission_world import World, empty_file


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def world() -> World:
    return World(empty_file())


@pytest.fixture(autouse=True)
def gates(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(submission_call, "KEPT_TRIES", (0.0, 0.0, 0.0))
    yield
    seams.set_gate(None)


def failing(name: str, error: BaseException, times: int | None = None) -> None:
    """At this gate, so many times (None: for ever)."""
    left = [times]

    def gate(passing: str) -> None:
        if passing == name and left[0] != 0:
            left[0] = None if left[0] is None else left[0] - 1
            raise error

    seams.set_gate(gate)


async def sealed(world: World, keys: list[str]) -> int:
    number = await world.draft(keys)
    await world.verbs.send(number, "Maria")
    return number


def numbers(world: World) -> tuple[int, int]:
    """The folder's own, and the one beside it."""
    mark = world.epochs.read(restarts.install_of(world.native))
    assert mark is not None
    return restarts.epoch_of(world.native), mark.number


@pytest.mark.expect_log
async def test_a_disk_that_was_full_for_two_tries_makes_no_backup_of_the_folder(world: World) -> None:
    draft = await world.draft(["x", "y"])
    await sealed(world, ["a", "b"])
    failing("submission.claimed.before_commit", StorageError("The disk is full."))
    for _ in range(3):
        await world.pump()
        world.clock.forward(10)
    own, beside = numbers(world)
    assert beside <= own + 1
    seams.set_gate(None)
    later = world.again()
    await later.verbs.recover()
    assert later.stages(draft) == world.stages(draft), "nobody ever sent it"
    assert world.vendor.calls == []


@pytest.mark.expect_log
async def test_what_a_full_disk_could_not_keep_of_the_counter_is_kept_at_the_end(world: World) -> None:
    number = await sealed(world, ["a", "b"])
    failing("submission.claimed.before_commit", StorageError("The disk is full."), times=1)
    await world.pump()
    assert numbers(world) == (1, 2)
    await world.verbs.sending.aclose()
    assert numbers(world) == (2, 2)
    later = world.again()
    await later.verbs.recover()
    assert later.stages(number) == "nn", "certainly not sent"


def test_the_folder_s_own_number_never_goes_down(world: World) -> None:
    for number, kept in ((3, 3), (2, 3), (11, 11), (9, 11)):
        calls.put_epoch(world.native, number)
        assert restarts.epoch_of(world.native) == kept


@pytest.mark.expect_log
async def test_a_counter_that_could_not_be_flushed_counts_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(empty_file(), None, FileEpochs(tmp_path))
    draft = await world.draft(["x", "y"])
    number = await sealed(world, ["a", "b", "c", "d"])
    real: Callable[[int], None] = epoch_file._flush
    tries: list[int] = []

    def flush(file: int) -> None:
        tries.append(file)
        if len(tries) == 1:
            raise OSError(5, "Input/output error")
        real(file)

    monkeypatch.setattr(epoch_file, "_flush", flush)
    await world.pump()
    assert len(tries) > 1 and world.vendor.calls == []
    world.clock.forward(10)
    await world.pump()
    assert world.stages(number) == "ssss", "the next try is no other copy of the folder"
    assert world.stages(draft) == "rr"


@pytest.mark.expect_log
async def test_an_answer_that_could_not_be_settled_at_the_start_is_settled_at_the_next_try(world: World) -> None:
    number = await sealed(world, ["a", "b", "c", "d"])
    failing("submission.settled.before_commit", Killed())
    with pytest.raises(Killed):
        await world.pump()
    seams.set_gate(None)
    later = world.again()
    failing("submission.settled.before_commit", StorageError("The disk is full."))
    with pytest.raises(StorageError):
        await later.verbs.recover()
    seams.set_gate(None)
    await later.verbs.recover()
    assert call_reads.answered(later.native) == []
    assert later.stages(number).startswith("ss"), "the vendor had answered for them"


@pytest.mark.expect_log
async def test_a_call_that_was_claimed_by_a_commit_behind_which_something_failed_goes_in_its_turn(world: World) -> None:
    number = await sealed(world, ["a", "b", "c", "d", "e", "f"])
    failing("submission.answer.after_commit", RuntimeError("the loop is closed"), times=1)
    await world.pump()
    world.clock.forward(100)
    await world.pump()
    assert world.stages(number) == "ssssss"
    assert sorted(key for call in world.vendor.calls for key in call) == ["a", "b", "c", "d", "e", "f"], "each once"


@pytest.mark.expect_log
async def test_the_call_whose_answer_was_not_read_is_blamed_not_the_one_behind_it(world: World) -> None:
    first = await sealed(world, ["a", "b"])
    second = await sealed(world, ["c", "d", "e", "f"])
    failing("submission.settled.before_commit", BugError("rows do not fit", "Look."), times=1)
    with pytest.raises(BugError):
        await world.pump()
    blamed, other = await world.verbs.get(first), await world.verbs.get(second)
    assert other.pause is not Pause.FAULT and other.words not in (MISTAKE, UNREAD)
    assert blamed.words in ("", UNREAD) and MISTAKE not in blamed.words
    world.clock.forward(100)
    seams.set_gate(None)
    await world.pump()
    assert world.stages(first) == "ss" and world.stages(second) == "ssss"
    assert (await world.verbs.get(second)).stage is SubmissionStage.ENDED
