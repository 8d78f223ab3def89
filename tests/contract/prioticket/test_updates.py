"""The body of a PrioTicket update: it overwrites, so everything that was read goes back, but for what the server makes.

The golden bodies here are the vendor reference's; that the emulator takes what we write is the other half."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.core.errors import RejectedError
from crmdesk.core.fields import FieldKind
from crmdesk.vendors.prioticket.codec import SERVER_ONLY, order_query, update_body
from crmdesk.vendors.prioticket.fields import FIELDS
from crmdesk.vendors.prioticket.sandbox import Quirks
from tests.contract.prioticket.tools import CLIENT, UID, sample

BASE: dict[str, Any] = {
    "contact_uid": UID,
    "contact_version": 3,
    "contact_name_first": "Noor",
    "contact_name_last": "Vos",
    "contact_address": {"id": "5e0c", "city": "Delft", "country_code": "NL", "invented": [1]},
    "contact_notes": [{"note_value": "late", "note_date": "2024-05-06T10:30:00Z", "note_creator": "Ana"}],
    "contact_created": "2024-02-01T10:00:00+00:00",
    "contact_modified": "2024-05-06T12:30:00+02:00",
    "invented": {"since": "2024-05-06T12:30:00.250z", "big": 2**70, "none": None},
}


def sent(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = json.loads(update_body(base, {path.replace("__", "."): value for path, value in changes.items()}))
    assert body.keys() == {"data"}
    assert body["data"].keys() == {"kind", "contact"}
    assert body["data"]["kind"] == "contact"
    contact: dict[str, Any] = body["data"]["contact"]
    return contact


def test_the_printed_update_byte_for_byte() -> None:
    base = {
        "contact_uid": UID,
        "contact_version": 3,
        "contact_name_first": "Noor",
        "contact_name_last": "Vos",
        "contact_email": "noor.vos@example.org",
    }
    expected = json.dumps(json.loads(sample("update")), separators=(",", ":")).encode()
    assert update_body(base, {"contact_name_last": "de Vos"}) == expected


def test_everything_goes_back_but_what_the_server_makes() -> None:
    contact = sent(BASE, contact_name_last="de Vos")
    assert next(iter(contact)) == "contact_uid"
    assert contact.keys() == BASE.keys() - SERVER_ONLY
    assert contact["contact_name_last"] == "de Vos"
    assert contact["contact_address"] == BASE["contact_address"]  # with its id: without it a new one might be made
    assert contact["invented"] == {"since": "2024-05-06T12:30:00.250+00:00", "big": 2**70, "none": None}
    assert contact["contact_notes"][0] == BASE["contact_notes"][0] | {"note_date": "2024-05-06T10:30:00+00:00"}


def test_what_the_server_makes_is_what_the_fields_call_read_only() -> None:
    """But for the id, which has to be in the body, and what the documents leave in doubt."""
    read_only = {spec.path for spec in FIELDS if not spec.writable}
    assert read_only - {"contact_uid", "contact_address.id"} == SERVER_ONLY


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("contact_address__city", "Leiden", {"id": "5e0c", "city": "Leiden", "country_code": "NL", "invented": [1]}),
        ("contact_address__city", "", {"id": "5e0c", "country_code": "NL", "invented": [1]}),
        ("contact_address__city", None, {"id": "5e0c", "country_code": "NL", "invented": [1]}),
        ("contact_address", None, None),
        ("contact_address", {"city": "Leiden"}, {"city": "Leiden"}),
    ],
)
def test_changes_inside_the_address(path: str, value: Any, expected: Any) -> None:
    assert sent(BASE, **{path: value}).get("contact_address") == expected


@pytest.mark.parametrize("address", [None, "", [], {}])
def test_an_address_that_is_not_there_is_made(address: Any) -> None:
    base = {"contact_uid": UID, "contact_address": address}
    assert sent(base, contact_address__city="Delft")["contact_address"] == {"city": "Delft"}
    assert sent(base, contact_address__city="")["contact_address"] == address  # null stays null


@pytest.mark.parametrize("address", ["Kade 1", [{"city": "Delft"}], 5])
def test_an_address_of_an_unknown_form_is_never_replaced_by_one_of_its_fields(address: Any) -> None:
    base = {"contact_uid": UID, "contact_address": address}
    for city in ("Leiden", ""):
        with pytest.raises(RejectedError, match="would be lost"):
            sent(base, contact_address__city=city)
    assert sent(base, contact_name_last="Vos")["contact_address"] == address


def test_a_cleared_field_is_left_out() -> None:
    """ "On writing an absent key clears the field" (trap 13)."""
    contact = sent(BASE, contact_name_first="", contact_notes=None, invented={})
    assert not contact.keys() & {"contact_name_first", "contact_notes", "invented"}
    assert "contact_notes" not in sent(BASE, contact_notes=[])


@pytest.mark.parametrize("path", ["contact_uid", *sorted(SERVER_ONLY)])
def test_what_the_server_makes_cannot_be_changed(path: str) -> None:
    contact = sent(BASE, **{path: "other"})
    assert contact["contact_uid"] == UID
    assert not contact.keys() & SERVER_ONLY


def test_the_base_stays_as_it_was() -> None:
    before = json.dumps(BASE)
    sent(BASE, contact_address__city="Leiden", contact_name_first=None, contact_new__deep__er=1)
    assert json.dumps(BASE) == before


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (date(1980, 1, 2), "1980-01-02"),
        (datetime(2024, 5, 6, 12, 30, tzinfo=UTC), "2024-05-06T12:30:00+00:00"),
        (datetime(2024, 5, 6, 12, 30, tzinfo=timezone(timedelta(hours=2))), "2024-05-06T12:30:00+02:00"),
        ("2024-05-06T12:30:00Z", "2024-05-06T12:30:00+00:00"),
        ("2024-05-06 12:30z", "2024-05-06 12:30+00:00"),
        ("2024-05-06T12:30:00+02:00", "2024-05-06T12:30:00+02:00"),
        ("Meets at 2024-05-06T12:30:00Z", "Meets at 2024-05-06T12:30:00Z"),
        ("Liz", "Liz"),
    ],
)
def test_times_are_written_with_a_numeric_offset(value: Any, written: str) -> None:
    assert sent(BASE, contact_birth_date=value)["contact_birth_date"] == written


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("base", "value"),
    [
        ({}, "x"),
        ({"contact_uid": 5}, "x"),
        ({"contact_uid": ".."}, "x"),
        (BASE, datetime(2024, 5, 6, 12, 30)),  # without a zone nobody knows when that is
        (BASE, deep(100_000)),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(base: dict[str, Any], value: Any) -> None:
    with pytest.raises(RejectedError) as caught:
        update_body(base, {"contact_number": value})
    assert "Nothing was sent" in caught.value.hint


TEXTS = st.text(max_size=12) | st.sampled_from(["2024-05-06T12:30:00Z", "2024-05-06t12:30z", "Z", "\ud800"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)
KEYS = st.sampled_from([spec.path.split(".")[0] for spec in FIELDS]) | st.text(min_size=1, max_size=8)
PATHS = st.sampled_from([spec.path for spec in FIELDS]) | st.text(alphabet="ab.", min_size=1, max_size=6)
TIME_WITH_Z = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?[Zz]")


FREE = {
    f"{spec.path}.{part.path}" if spec.parts else spec.path
    for spec in FIELDS
    for part in (spec.parts or (spec,))
    if part.kind not in (FieldKind.TIME, FieldKind.DATE)
}
"""Documented texts, which are no times."""


def plain(value: Any, path: str = "") -> Any:
    """A JSON value as it is expected back."""
    if isinstance(value, str):
        spelt = value.encode("utf-8", "replace").decode()
        return f"{spelt[:-1]}+00:00" if TIME_WITH_Z.fullmatch(spelt) and path not in FREE else spelt
    if isinstance(value, dict):
        return {key.encode("utf-8", "replace").decode(): plain(inner, f"{path}.{key}") for key, inner in value.items()}
    return [plain(inner, path) for inner in value] if isinstance(value, list) else value


def times_in(value: Any, path: str = "") -> list[str]:
    """Every text of a JSON value that may be a time."""
    if isinstance(value, dict):
        inside = [(inner, f"{path}.{key}".removeprefix(".")) for key, inner in value.items()]
    else:
        inside = [(inner, path) for inner in value] if isinstance(value, list) else []
    found = [text for inner, where in inside for text in times_in(inner, where)]
    return [value] if isinstance(value, str) and path not in FREE else found


@settings(max_examples=120, deadline=None)
@given(
    base=st.dictionaries(KEYS, VALUES, max_size=8),
    changes=st.dictionaries(PATHS, VALUES, max_size=4),
    uid=st.uuids().map(str),
)
def test_unknown_keys_survive_and_read_only_ones_go(base: dict[str, Any], changes: dict[str, Any], uid: str) -> None:
    base["contact_uid"] = uid
    try:
        body = update_body(base, changes)
    except RejectedError:  # a change inside of something that is no object
        assert any("." in path for path in changes)
        return
    contact = json.loads(body)["data"]["contact"]
    touched = {path.split(".")[0] for path in changes}
    expected = {key: plain(value, key) for key, value in base.items() if key not in SERVER_ONLY | touched}
    assert {key: value for key, value in contact.items() if key not in touched} | {"contact_uid": uid} == {
        **expected,
        "contact_uid": uid,
    }
    assert not contact.keys() & SERVER_ONLY
    assert contact["contact_uid"] == uid
    assert not any(TIME_WITH_Z.fullmatch(text) for text in times_in(contact))


# ── the promise: no unknown field is dropped, and nothing missing becomes null or the other way round ─────────────────

NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)
EMPTY = st.sampled_from([None, "", [], {}])
TEXT_PATHS = [spec.path for spec in FIELDS if spec.writable and not spec.parts]


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A contact as the vendor may have it one day: some documented fields, some empty ones, some unknown ones, also
    inside the address and the notes."""
    keys = st.sampled_from(sorted({path.split(".")[0] for path in TEXT_PATHS} - {"contact_address"}))
    found = draw(st.dictionaries(keys, st.text(max_size=8) | EMPTY, max_size=6))
    found |= draw(st.dictionaries(st.text(min_size=1, max_size=8).map("x_{}".format), NESTED | EMPTY, max_size=5))
    inner = st.dictionaries(
        st.sampled_from(["id", "city", "street", "notes"]) | st.text(max_size=5), NESTED, max_size=4
    )
    found |= draw(st.fixed_dictionaries({}, optional={"contact_address": EMPTY | inner}))
    found |= draw(st.fixed_dictionaries({}, optional={"contact_notes": EMPTY | st.lists(inner, max_size=2)}))
    return found | {"contact_uid": UID, "contact_version": draw(st.integers(1, 9))}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> dict[tuple[Any, ...], Any]:
    """Every place in a JSON value and what stands there; objects and lists by what kind of thing they are."""
    found: dict[tuple[Any, ...], Any] = {}
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            found |= leaves(inner, (*path, key))
        return found | {path: type(value)}
    return {path: (type(value), plain(value))}


ANY = given(base=documents(), path=st.sampled_from(TEXT_PATHS), value=st.text(max_size=8) | EMPTY)


def loses_nothing(base: dict[str, Any], path: str, value: Any) -> None:
    contact = json.loads(update_body(base, {path: value}))["data"]["contact"]
    touched = tuple(path.split("."))
    before = {place: held for place, held in leaves(base).items() if place[:1] not in {(key,) for key in SERVER_ONLY}}
    after = leaves(contact)
    for places in (before, after):  # the field that was changed, and the object that goes or comes with it
        for place in [place for place in places if place[: len(touched)] == touched or place == touched[:-1] != ()]:
            del places[place]
    assert after == before


@settings(max_examples=500, deadline=None)
@ANY
def test_five_hundred_documents_lose_nothing_and_mistake_nothing(base: dict[str, Any], path: str, value: Any) -> None:
    loses_nothing(base, path, value)


@pytest.mark.long
@pytest.mark.timeout(3600)
@settings(max_examples=10_000, deadline=None)
@ANY
def test_ten_thousand_documents_lose_nothing(base: dict[str, Any], path: str, value: Any) -> None:
    loses_nothing(base, path, value)


# ── how order references stand in the query ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("style", ["repeated", "joined", "list"])
async def test_the_emulator_reads_order_references_in_every_documented_style(style: str, emulator, signed) -> None:
    client, uid = await signed(emulator), emulator.uids(CLIENT)[0]
    body = update_body(emulator.contact(CLIENT, uid), {"contact_name_last": "Vos"})
    query = order_query([" A1", "B/2&c", "A1", ""], style)
    await client.put(f"/contacts/{uid}", content=body, params=query)
    assert emulator.orders(CLIENT) == {"A1": (uid, 2), "B/2&c": (uid, 2)}


def test_no_references_leave_no_query() -> None:
    assert order_query([]) == order_query(["", "  "]) == {}
    assert order_query(["A1", "B2"]) == {"order_reference": ["A1", "B2"]}


# ── what the emulator makes of it ────────────────────────────────────────────────────────────────────────────────────


async def test_the_emulator_takes_every_contact_back_unchanged(emulator, signed) -> None:
    client = await signed(emulator)
    for uid in emulator.uids(CLIENT):
        before = emulator.contact(CLIENT, uid)
        answered = await client.put(f"/contacts/{uid}", content=update_body(before, {}))
        assert answered.status_code == 200, answered.text
        after = emulator.contact(CLIENT, uid)
        assert after == before | {
            "contact_version": before["contact_version"] + 1,
            "contact_modified": "2026-11-22T11:15:00+01:00",
        }
        assert answered.json()["data"]["items"] == [after]


async def test_no_read_only_key_is_sent(make_emulator, signed) -> None:
    emulator = make_emulator(quirks=Quirks(read_only_keys="refused"))
    client, uid = await signed(emulator), emulator.uids(CLIENT)[0]
    body = update_body(emulator.contact(CLIENT, uid), {"contact_address.city": "Leiden"})
    assert (await client.put(f"/contacts/{uid}", content=body)).status_code == 200
    assert emulator.contact(CLIENT, uid)["contact_address"]["city"] == "Leiden"
