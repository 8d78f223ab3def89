"""Five thousand answers as no document has them: no row is ever settled by its place, and the sum always adds up (P12,
P13)."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest

from crmdesk.core.batch import RowOutcome, RowState
from crmdesk.core.submission import RowStage
from crmdesk.store import calls, submissions
from tests.helpers.submission_world import World, empty_file
from tests.sync.submission_machine import STRANGER

ANSWERS, PER_CALL = 5000, 5


def _odd(chance: random.Random, uids: list[str]) -> tuple[Any, dict[str, RowStage]]:
    """An answer, and what may be told of the rows that it names in exactly one way."""
    made = [{"request_unique_identifier": uid, "id": f"id of {uid}", "number": 7} for uid in uids]
    refused: list[Any] = []
    for entry in list(made):
        uid = entry["request_unique_identifier"]
        match chance.randrange(9):
            case 0:
                made.remove(entry)
            case 1:
                made.remove(entry)
                refused.append({"request_unique_identifier": uid, "error_code": "X", "error_description": uid})
            case 2:
                refused.append({"request_unique_identifier": uid, "error_code": "X"})
            case 3:
                made.append(dict(entry))
            case 4:
                entry["request_unique_identifier"] = chance.choice([uid.upper(), 6, None, uid[:-1], [uid], uid + " "])
            case 5:
                entry["id"] = chance.choice([None, "", {}, [], True, 1.5])
    made += chance.choice([[], [dict(STRANGER)], [None, 5, "x", []]])
    chance.shuffle(made)
    told = Counter(
        entry.get("request_unique_identifier") if isinstance(entry.get("request_unique_identifier"), str) else None
        for entry in (*made, *refused)
        if isinstance(entry, dict)
    )
    clear = {uid for uid in uids if told[uid] == 1}
    sent = {
        entry["request_unique_identifier"]: RowStage.SENT
        for entry in made
        if isinstance(entry, dict)
        and isinstance(entry.get("request_unique_identifier"), str)
        and isinstance(entry.get("id"), str)
        and entry["id"]
    }
    failed = {entry["request_unique_identifier"]: RowStage.FAILED for entry in refused}
    code = chance.choice(["OK"] * 6 + ["SomeException"])
    data = {"processed_customer_events_set": made, "unprocessed_customer_events_set": refused}
    may = {uid: stage for uid, stage in {**failed, **sent}.items() if uid in clear} if code == "OK" else {}
    return {"status": {"code": code}, "data": data}, may


async def test_five_thousand_odd_answers() -> None:
    world, chance = World(empty_file()), random.Random(20_26)
    number = await world.draft([f"k{place}" for place in range(ANSWERS * PER_CALL // 25)], per_call=PER_CALL)
    await world.verbs.send(number, "Maria")
    rows = world.rows(number)
    for place in range(ANSWERS):
        chosen = chance.sample(rows, PER_CALL)
        answer, may = _odd(chance, [row.uid for row in chosen])
        outcomes = world.vendor.settle(world.vendor.kinds[0], chosen, answer)  # type: ignore[arg-type]
        assert [outcome.uid for outcome in outcomes] == [row.uid for row in chosen]
        for outcome in outcomes:
            known = may.get(outcome.uid, RowStage.UNKNOWN)
            assert {RowState.CREATED: RowStage.SENT, RowState.REFUSED: RowStage.FAILED}.get(
                outcome.state, RowStage.UNKNOWN
            ) is known, (place, answer)
            if outcome.state is RowState.CREATED:
                assert outcome.remote_id == f"id of {outcome.uid}"
    assert sum(submissions.counts(world.native, number).values()) == len(rows)


@pytest.mark.parametrize("order", ["as asked", "reversed", "short", "long", "none"])
async def test_outcomes_reach_their_rows_by_label_whatever_their_order(order: str) -> None:
    """Even where a vendor's own code hands them over mixed up, doubled or not at all."""
    world = World(empty_file())
    number = await world.draft(["a", "b", "c"], per_call=3)
    await world.verbs.send(number, "Maria")

    def settle(_kind: Any, rows: Any, _answer: Any) -> list[RowOutcome]:
        told = [RowOutcome(row.uid, RowState.CREATED, remote_id=f"id of {row.values['key']}") for row in rows]
        shapes = {
            "as asked": told,
            "reversed": told[::-1],
            "short": told[2:],
            "long": [*told, told[0], RowOutcome("nobody", RowState.CREATED, remote_id="id of nobody")],
            "none": [],
        }
        return shapes[order]

    world.vendor.settle = settle  # type: ignore[method-assign]
    await world.pump()
    assert world.stages(number) == {"short": "uus", "long": "uss", "none": "uuu"}.get(order, "sss")
    for row in world.rows(number, RowStage.SENT):
        assert row.remote_id == f"id of {row.values['key']}"
    assert sum((await world.snapshot(number)).counts.values()) == 3


async def test_settling_again_changes_nothing() -> None:
    world = World(empty_file())
    number = await world.sent(["a", "b"])
    before = world.native.execute("SELECT * FROM submission_row").fetchall()
    (call_id,) = [row[0] for row in world.native.execute("SELECT id FROM call").fetchall()]
    outcomes = [RowOutcome(row.uid, RowState.REFUSED, "X") for row in world.rows(number)]
    calls.settle(world.native, world.database.touched[-1], call_id, outcomes, "2026-01-01T00:00:00Z")
    assert world.native.execute("SELECT * FROM submission_row").fetchall() == before
