"""Sending events as a state machine (T-MODEL): a vendor that keeps a ledger, a line that fails in every way, a program
that is killed at every durable step, a folder that is put back, and a person who decides.

What must hold: the vendor never has a row more often than 1 + what a person decided; what is told of a row is so; the
stages of a submission always add up to its rows."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from crmdesk.core import seams
from crmdesk.core.errors import (
    ForbiddenError,
    InDoubtError,
    KnownError,
    OfflineError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    ServerFaultError,
    SignInNeededError,
)
from crmdesk.core.submission import Pause, RowStage, SubmissionStage
from crmdesk.store import submissions
from tests.helpers.submission_world import Vendor, World, answer, empty_file, refusal, went_well

Rows = list[dict[str, Any]]
UNSENT = ("ready", "queued", "failed", "not sent", "left out")


class Killed(BaseException):
    """The process is gone."""


class OurMistakeError(Exception):
    """Something nobody thought of."""


def _raises(error: Callable[[], BaseException], done: Callable[[Rows], Rows] = lambda rows: []) -> Any:
    """The vendor has done `done` of the rows, and then this happens."""

    def wire(vendor: Vendor, rows: Rows) -> Any:
        vendor.make(done(rows))
        raise error()

    return wire


def _answers(shape: Callable[[list[Any], Rows], tuple[list[Any], list[Any]]]) -> Any:
    """All rows are made, and the answer is put together by `shape` of what was made and what was asked."""

    def wire(vendor: Vendor, rows: Rows) -> Any:
        return answer(*shape(vendor.make(rows), rows))

    return wire


def _half_refused(vendor: Vendor, rows: Rows) -> Any:
    return answer(vendor.make(rows[1:]), [refusal(rows[0])])


def _all(rows: Rows) -> Rows:
    return rows


def _lost() -> BaseException:
    return InDoubtError("The line dropped.")


STRANGER = {"request_unique_identifier": "nobody", "id": "E0", "number": "0"}
WIRES: dict[str, Any] = {
    "well": went_well,
    "half refused": _half_refused,
    "no line": _raises(lambda: OfflineError("No line.")),
    "slow down": _raises(lambda: RateLimitedError("Slow down.")),
    "sign in": _raises(lambda: SignInNeededError("Sign in.")),
    "no right": _raises(lambda: ForbiddenError("No right.")),
    "refused": _raises(lambda: RejectedError("The call is refused.")),
    "not taken": _raises(lambda: ProtocolError("413")),
    "lost after": _raises(_lost, _all),
    "lost before": _raises(_lost),
    "lost halfway": _raises(_lost, lambda rows: rows[: (len(rows) + 1) // 2]),
    "502 after": _raises(lambda: ServerFaultError("502"), _all),
    "502 before": _raises(lambda: ServerFaultError("502")),
    "our mistake": _raises(OurMistakeError, _all),
    "one missing": _answers(lambda made, rows: (made[1:], [])),
    "twice": _answers(lambda made, rows: ([*made, made[0]], [])),
    "both": _answers(lambda made, rows: (made, [refusal(rows[0])])),
    "strangers": _answers(lambda made, rows: ([STRANGER, *made[::-1]], [])),
    "nothing said": _answers(lambda made, rows: ([], [])),
}
numbers = st.integers(0, 3)
scripts = st.lists(st.sampled_from(sorted(WIRES)), max_size=3)
crashes = st.sampled_from((*range(1, 13), 8, 9, 9, 10))  # around the call itself more often
_FILE: list[Any] = []


def clean_file() -> Any:
    """One data file for all stories, emptied."""
    if not _FILE:
        _FILE.append(empty_file())
    for table in ("submission", "submission_row", "call", "ledger", "meta"):
        _FILE[0].execute(f"DELETE FROM {table}")
    return _FILE[0]


class SubmissionMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.world = World(clean_file())
        self.keys = 0
        self.decided: Counter[str] = Counter()
        self.backup: Any = None

    def teardown(self) -> None:
        seams.set_gate(None)
        try:
            self.settle_all()
        finally:
            self.loop.close()

    # ── running

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def verb(self, work: Any) -> None:
        """A verb may be refused; then it has changed nothing."""
        with contextlib.suppress(KnownError):
            self.run(work)

    def pump(self) -> None:
        with contextlib.suppress(OurMistakeError):
            self.run(self.world.pump())
        self.world.vendor.script.clear()

    def one(self, number: int, *stages: SubmissionStage) -> int | None:
        found = [one.id for one in submissions.listed(self.world.native) if not stages or one.stage in stages]
        return found[number % len(found)] if found else None

    def chosen(self, number: int, *stages: RowStage) -> tuple[int, list[int]] | None:
        """A submission that has such rows, and those."""
        words = ",".join(f"'{stage.value}'" for stage in stages)
        asked = f"SELECT submission_id, id FROM submission_row WHERE stage IN ({words}) ORDER BY id"
        found: dict[int, list[int]] = {}
        for one, row_id in self.world.native.execute(asked).fetchall():
            found.setdefault(one, []).append(row_id)
        return list(found.items())[number % len(found)] if found else None

    # ── a person at the desk

    @rule(count=st.integers(1, 5), per_call=st.integers(1, 3), trial=st.integers(0, 1), script=scripts)
    def submit(self, count: int, per_call: int, trial: int, script: list[str]) -> None:
        keys = [f"k{self.keys + place}" for place in range(count)]
        self.keys += count
        number = self.run(self.world.draft(keys, per_call=per_call, trial=trial))
        self.verb(self.world.verbs.send(number, "Maria"))
        self.send(script)

    @rule(script=scripts)
    def send(self, script: list[str]) -> None:
        self.world.vendor.script.extend(WIRES[name] for name in script)
        self.pump()

    @rule(script=scripts, crash=crashes, number=numbers)
    def go_on_and_be_killed(self, script: list[str], crash: int, number: int) -> None:
        self.world.vendor.script.extend(WIRES[name] for name in script)
        count = self.keys
        self.keys += 3

        async def work() -> None:
            made = await self.world.draft([f"k{count}", f"k{count + 1}", f"k{count + 2}"])
            await self.world.verbs.send(made, "Maria")
            await self.world.pump()

        self.crashing(crash, work())
        self.world.vendor.script.clear()

    def crashing(self, crash: int, work: Any) -> None:
        passed = 0

        def kill(_name: str) -> None:
            nonlocal passed
            passed += 1
            if passed >= crash:
                raise Killed

        seams.set_gate(kill)
        try:
            with contextlib.suppress(Killed, KnownError, OurMistakeError):
                self.run(work)
        finally:
            seams.set_gate(None)
        self.restart()

    @rule()
    def restart(self) -> None:
        self.world = self.world.again()
        self.run(self.world.verbs.recover())

    @rule(crash=st.integers(1, 3))
    def restart_and_be_killed(self, crash: int) -> None:
        self.world = self.world.again()
        self.crashing(crash, self.world.verbs.recover())

    @rule(number=numbers, what=st.sampled_from(("go on", "pause", "stop", "culprit", "release", "look up")))
    def press(self, number: int, what: str) -> None:
        verbs, one = self.world.verbs, self.one(number)
        if what == "release":
            self.verb(verbs.release("I have looked.", "Maria"))
        elif one is not None:
            act = {
                "go on": verbs.go_on,
                "pause": verbs.pause,
                "stop": verbs.stop,
                "culprit": verbs.find_culprit,
                "look up": verbs.look_up,
            }[what]
            self.verb(act(one))

    @rule(number=numbers, script=scripts, crash=st.integers(0, 9))
    def retry(self, number: int, script: list[str], crash: int) -> None:
        """Failed rows and those that were not sent."""
        if (found := self.chosen(number, RowStage.FAILED, RowStage.NOT_SENT)) is None:
            return
        self.world.vendor.script.extend(WIRES[name] for name in script)

        async def work() -> None:
            await self.world.verbs.send(found[0], "Maria", stages=[RowStage.FAILED, RowStage.NOT_SENT])
            await self.world.pump()

        if crash:
            self.crashing(crash, work())
        else:
            self.verb(self.guarded(work()))
        self.world.vendor.script.clear()

    async def guarded(self, work: Any) -> None:
        with contextlib.suppress(OurMistakeError):
            await work

    @rule(number=numbers, place=numbers, script=scripts)
    def send_again(self, number: int, place: int, script: list[str]) -> None:
        """A person takes the risk for one row."""
        if (found := self.chosen(number, RowStage.UNKNOWN)) is None:
            return
        row_id = found[1][place % len(found[1])]
        (row,) = submissions.rows_by_id(self.world.native, [row_id])
        with contextlib.suppress(KnownError):
            self.run(self.world.verbs.send_again([row_id], "I take the risk.", "Maria"))
            self.decided[row.values["key"]] += 1
        self.send(script)

    @rule(number=numbers)
    def settle(self, number: int) -> None:
        if (found := self.chosen(number, RowStage.UNKNOWN)) is not None:
            self.tell(found[1])

    def tell(self, ids: list[int]) -> None:
        """The person looks at the vendor's own screen and tells the truth."""
        there = self.world.vendor.counts()
        rows = submissions.rows_by_id(self.world.native, ids)
        for sent in (True, False):
            those = [row.id for row in rows if bool(there[row.values["key"]]) is sent]
            self.run(self.world.verbs.settle(those, "I have looked.", "Maria", sent=sent))

    @rule(hidden=st.booleans(), seconds=st.sampled_from((10, 4000)))
    def time_passes(self, hidden: bool, seconds: int) -> None:
        """`hidden`: the vendor's lists lag behind."""
        self.world.vendor.hidden = hidden
        self.world.clock.forward(seconds)
        self.pump()

    @rule(
        count=st.integers(1, 3), hidden=st.booleans(), wire=st.sampled_from(("lost after", "lost before", "502 after"))
    )
    def lose_an_answer_and_look_it_up(self, count: int, hidden: bool, wire: str) -> None:
        self.submit(count, 3, 0, [wire])
        self.world.vendor.hidden = hidden
        self.verb(self.world.verbs.look_up(submissions.listed(self.world.native)[0].id))

    # ── the folder

    @rule()
    def copy_the_folder(self) -> None:
        self.backup = empty_file()
        self.world.native.backup(self.backup)

    @rule(crash=st.integers(0, 3))
    def put_it_back(self, crash: int) -> None:
        if self.backup is None:
            return
        self.backup.backup(self.world.native)
        self.world = self.world.again()
        self.crashing(crash or 99, self.world.verbs.recover())

    @rule(count=st.integers(1, 4), sealed=st.booleans())
    def send_what_the_copy_has_unsent_and_put_it_back(self, count: int, sealed: bool) -> None:
        keys = [f"k{self.keys + place}" for place in range(count)]
        self.keys += count
        number = self.run(self.world.draft(keys))
        if sealed:
            self.verb(self.world.verbs.send(number, "Maria"))
        self.copy_the_folder()
        if not sealed:
            self.verb(self.world.verbs.send(number, "Maria"))
        self.pump()
        self.put_it_back(0)

    # ── what must hold

    @invariant()
    def nothing_is_there_too_often(self) -> None:
        for key, count in self.world.vendor.counts().items():
            assert count <= 1 + self.decided[key], f"{key} is there {count} times"

    @invariant()
    def what_is_told_is_so(self) -> None:
        there, labels = self.world.vendor.counts(), {event["uid"] for event in self.world.vendor.events}
        for stage, uid, key in self.world.native.execute(
            "SELECT stage, uid, content ->> 'key' FROM submission_row"
        ).fetchall():
            if stage == "sent":
                assert there[key], f"{key} is told to be sent"
            if stage in UNSENT:
                assert uid not in labels, f"{key} is told to be {stage}"

    def settle_all(self) -> None:
        """When the faults have stopped and a person has told what they see, everything is sent once."""
        self.world.vendor.hidden = False
        for _ in range(12):
            if self.chosen(0, *(stage for stage in RowStage if stage is not RowStage.SENT)) is None:
                return
            self.world.clock.forward(4000)
            self.verb(self.world.verbs.release("I have looked.", "Maria"))
            for one in submissions.listed(self.world.native):
                if one.stage is SubmissionStage.PAUSED:
                    act = self.world.verbs.find_culprit if one.pause is Pause.REFUSED else self.world.verbs.go_on
                    self.verb(act(one.id))
            self.pump()
            while (found := self.chosen(0, RowStage.UNKNOWN)) is not None:
                self.tell(found[1])
            while (found := self.chosen(0, RowStage.FAILED, RowStage.NOT_SENT)) is not None:
                self.run(self.world.verbs.take_in(found[1]))
            while (found := self.chosen(0, RowStage.READY)) is not None:
                self.run(self.world.verbs.send(found[0], "Maria"))
            self.pump()
            self.nothing_is_there_too_often()
            self.what_is_told_is_so()
        raise AssertionError("it does not come to an end")
