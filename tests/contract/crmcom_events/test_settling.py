"""Answers to outcomes. No row result is guessed (P12), and the sum always adds up (P13)."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.batch import BatchRow, RowState
from crmdesk.vendors.crmcom_events.settling import settle
from tests.contract.crmcom_events.tools import KINDS, answer, by_uid, made, printed, rows_of, unmade
from tests.helpers.any_json import ANY_JSON

ROWS = [BatchRow(uid, {}) for uid in ("06", "07", "08")]
CREATED, REFUSED, IN_DOUBT = RowState.CREATED, RowState.REFUSED, RowState.IN_DOUBT


def states(found: Any, rows: list[BatchRow] = ROWS) -> list[RowState]:
    outcomes = settle(rows, found)
    assert [outcome.uid for outcome in outcomes] == [row.uid for row in rows]
    for outcome in outcomes:
        assert (outcome.remote_id != "") is (outcome.state is CREATED)
        assert outcome.text or outcome.state is CREATED or outcome.code
        for text in (outcome.text, outcome.code, outcome.remote_id, outcome.number):
            text.encode()
    return [outcome.state for outcome in outcomes]


@pytest.mark.parametrize("kind", KINDS)
def test_the_printed_answer_settles_the_printed_request(kind: str) -> None:
    told = json.loads(json.dumps(printed(kind, "answer")))
    outcomes = by_uid(settle(rows_of(kind), told))
    for entry in told["data"]["processed_customer_events_set"]:
        outcome = outcomes.pop(entry["request_unique_identifier"])
        assert (outcome.state, outcome.remote_id, outcome.number) == (CREATED, entry["id"], entry["number"])
    for entry in told["data"]["unprocessed_customer_events_set"]:
        outcome = outcomes.pop(entry["request_unique_identifier"])
        assert (outcome.state, outcome.code) == (REFUSED, entry["error_code"])
        assert outcome.text == entry["error_description"]
    assert not outcomes


def test_labels_keep_their_zeros() -> None:
    assert states(answer([made("6"), made("07"), made(8)])) == [IN_DOUBT, CREATED, IN_DOUBT]


SETTLED = {
    "created": (answer([made("06")]), CREATED),
    "refused": (answer([], [unmade("06")]), REFUSED),
    "one set left out": ({"status": {"code": "OK"}, "data": {"processed_customer_events_set": [made("06")]}}, CREATED),
    "one set null": (answer([made("06")], None), CREATED),
    "number as a number": (answer([made("06", 501)]), CREATED),
    "in both": (answer([made("06")], [unmade("06")]), IN_DOUBT),
    "in neither": (answer([made("x")], [unmade("y")]), IN_DOUBT),
    "twice created": (answer([made("06"), made("06", "502")]), IN_DOUBT),
    "twice refused": (answer([], [unmade("06"), unmade("06")]), IN_DOUBT),
    "no id": (answer([made("06") | {"id": None}]), IN_DOUBT),
    "an id to be cleaned": (answer([made("06") | {"id": " A\u202e1"}]), IN_DOUBT),
    "an id too long": (answer([made("06") | {"id": "A" * 400}]), IN_DOUBT),
    "an id as a number": (answer([made("06") | {"id": 7}]), CREATED),
    "an id as a fraction": (answer([made("06") | {"id": 7.5}]), IN_DOUBT),
    "an odd id": (answer([made("06") | {"id": ["x"]}]), IN_DOUBT),
    "no reason": (answer([], [{"request_unique_identifier": "06"}]), IN_DOUBT),
    "not OK with rows inside": (answer([made("06")], code="DatabaseException"), IN_DOUBT),
    "ok": (answer([made("06")], code="ok"), IN_DOUBT),
    "no status": ({"data": answer([made("06")])["data"]}, IN_DOUBT),
    "sets are objects": (answer({"06": made("06")}, {}), IN_DOUBT),
    "one set is a text": (answer([made("06")], "none"), IN_DOUBT),
    "no sets": (answer(None, None), IN_DOUBT),
    "null": (None, IN_DOUBT),
    "list": ([answer([made("06")])], IN_DOUBT),
}


@pytest.mark.parametrize(("told", "state"), SETTLED.values(), ids=SETTLED.keys())
def test_one_row(told: Any, state: RowState) -> None:
    assert states(told, ROWS[:1]) == [state]


def test_a_message_beside_ok_is_no_failure() -> None:
    told = answer([made("06")])
    told["status"]["message"] = "Error: everything is fine"
    assert states(told, ROWS[:1]) == [CREATED]


def test_words_of_the_vendor_stay_as_they_are() -> None:
    entry = unmade("06") | {"error_description": "<b>A</b>\n\u202eb ", "error_code": " X "}
    (outcome,) = settle(ROWS[:1], answer([], [entry]))
    assert (outcome.code, outcome.text) == (" X ", "<b>A</b>\n\u202eb ")


def test_labels_of_nobody_are_counted_where_somebody_is_missing() -> None:
    (first, second, _) = settle(ROWS, answer([made("06"), made("99"), made("98")]))
    assert first.state is CREATED
    assert "2 labels" in second.text


def test_two_rows_with_one_label_are_never_settled_by_one_entry() -> None:
    assert states(answer([made("06")]), [ROWS[0], ROWS[0]]) == [IN_DOUBT, IN_DOUBT]


@settings(max_examples=150, deadline=None)
@given(ANY_JSON)
def test_any_json_gives_outcomes(told: Any) -> None:
    assert set(states(told)) == {IN_DOUBT}


STRANGE = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just([]) | st.just({})


@settings(max_examples=150, deadline=None)
@given(
    st.lists(STRANGE | st.builds(made, STRANGE), max_size=5), st.lists(STRANGE | st.builds(unmade, STRANGE), max_size=5)
)
def test_any_entries_beside_good_ones_change_nothing(odd_made: list[Any], odd_unmade: list[Any]) -> None:
    assert states(answer([*odd_made, made("b7-06")], [unmade("b7-07"), *odd_unmade]), LONG) == [CREATED, REFUSED]


LONG = [BatchRow(uid, {}) for uid in ("b7-06", "b7-07")]


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 40))
def test_generated_answers(rng: random.Random, count: int) -> None:
    """Permuted, missing, extra, in both, twice: every row has the state its label earned, wherever it stands."""
    rows = [BatchRow(f"{number:03}", {}) for number in range(count)]
    processed, unprocessed, expected = [], [], []
    for row in rows:
        done, undone = rng.choice([(1, 0), (1, 0), (0, 1), (0, 1), (0, 0), (1, 1), (2, 0), (0, 2)])
        processed += [made(row.uid)] * done
        unprocessed += [unmade(row.uid)] * undone
        expected.append({(1, 0): CREATED, (0, 1): REFUSED}.get((done, undone), IN_DOUBT))
    processed += [made("stranger")] * rng.randrange(3)
    rng.shuffle(processed)
    rng.shuffle(unprocessed)
    assert states(answer(processed, unprocessed), rows) == expected
