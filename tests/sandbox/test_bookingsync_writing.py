"""Creating, changing and deleting contacts of the emulated BookingSync; what it refuses, and how."""

from typing import Any

import pytest

from crmdesk.vendors.bookingsync.sandbox import BookingSyncSandbox, Quirks, SandboxAccount, sandbox
from tests.sandbox.support import API, SAMPLE_NEW, SEASIDE, HandClock, client


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def app(clock: HandClock) -> BookingSyncSandbox:
    return sandbox(now=clock)


def body(**fields: Any) -> dict[str, Any]:
    return {"contacts": [fields]}


async def test_the_printed_sample_request_is_accepted(app: BookingSyncSandbox) -> None:
    async with client(app) as http:
        answer = await http.post("/contacts", json=body(**SAMPLE_NEW))
        (contact,) = answer.json()["contacts"]
        again = await http.get(answer.headers["Location"])
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{API}/contacts/{contact['id']}"
    assert answer.json()["meta"] == {}
    assert again.json()["contacts"] == [contact]
    assert contact.items() >= SAMPLE_NEW.items()
    assert contact["fullname"] == "FirstName1 LastName1" and contact["links"] == {"account": SEASIDE}
    assert contact["created_at"] == contact["updated_at"] == "2026-03-02T10:20:30Z"


async def test_what_the_recorded_client_left_out_becomes_null(app: BookingSyncSandbox) -> None:
    least = {name: SAMPLE_NEW[name] for name in SAMPLE_NEW if name not in ("gender", "phones", "state", "website")}
    async with client(app) as http:
        (contact,) = (await http.post("/contacts", json=body(**least))).json()["contacts"]
    assert contact["phones"] == [] and contact["gender"] is None and contact["website"] is None


async def test_put_merges_by_field_and_replaces_lists_whole(app: BookingSyncSandbox, clock: HandClock) -> None:
    contact_id = app.ids(SEASIDE)[0]
    before = app.contact(SEASIDE, contact_id)
    assert before is not None
    clock.forward(hours=1)
    change = {"firstname": "Ann", "phones": [{"label": "demo", "number": "123456789"}]}
    async with client(app) as http:
        answer = await http.put(f"/contacts/{contact_id}", json=body(**change))
    after = {**before, **change, "fullname": f"Ann {before['lastname']}", "updated_at": "2026-03-02T11:20:30Z"}
    assert answer.status_code == 200 and answer.json()["meta"] == {}
    assert answer.json()["contacts"] == [after] == [app.contact(SEASIDE, contact_id)]


async def test_the_printed_sample_change_is_accepted_on_the_plural_path_only(app: BookingSyncSandbox) -> None:
    change = body(city="New Margarettafurt", private_notes="Lorem", state="Nevada", zip="44147")
    contact_id = app.ids(SEASIDE)[0]
    async with client(app) as http:
        assert (await http.put(f"/contact/{contact_id}", json=change)).status_code == 404
        assert (await http.put(f"/contacts/{contact_id}", json=change)).status_code == 200
        assert (await http.patch(f"/contacts/{contact_id}", json=change)).status_code == 200


async def test_unknown_and_read_only_attributes_are_passed_over(app: BookingSyncSandbox) -> None:
    contact_id = app.ids(SEASIDE)[0]
    before = app.contact(SEASIDE, contact_id)
    async with client(app) as http:
        answer = await http.put(f"/contacts/{contact_id}", json=body(id=5, fullname="X", nickname="Y", links={}))
    assert answer.json()["contacts"] == [before]


async def test_delete_is_204_and_gone(app: BookingSyncSandbox) -> None:
    contact_id = app.ids(SEASIDE)[0]
    async with client(app) as http:
        answer = await http.delete(f"/contacts/{contact_id}")
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await http.get(f"/contacts/{contact_id}")).status_code == 404
        assert (await http.delete(f"/contacts/{contact_id}")).status_code == 404
    assert contact_id not in app.ids(SEASIDE)


async def test_delete_can_be_soft(clock: HandClock) -> None:
    app = sandbox(now=clock, quirks=Quirks(deleted="canceled"))
    contact_id = app.ids(SEASIDE)[0]
    async with client(app) as http:
        await http.delete(f"/contacts/{contact_id}")
        (shown,) = (await http.get(f"/contacts/{contact_id}")).json()["contacts"]
        listed = (await http.get("/contacts")).json()["contacts"]
    assert shown["canceled_at"] == "2026-03-02T10:20:30Z"
    assert contact_id not in {contact["id"] for contact in listed}


async def test_a_public_token_only_reads(clock: HandClock) -> None:
    app = sandbox([SandboxAccount(1, "Reader", "t", scopes=("public",), count=3)], now=clock)
    contact_id = app.ids(1)[0]
    async with client(app, "t") as http:
        assert (await http.get("/contacts")).status_code == 200
        writes = [
            await http.post("/contacts", json=body(**SAMPLE_NEW)),
            await http.put(f"/contacts/{contact_id}", json=body(city="x")),
            await http.delete(f"/contacts/{contact_id}"),
        ]
    assert [answer.status_code for answer in writes] == [403] * 3
    assert len(app.ids(1)) == 3


async def test_everything_required_is_named_at_once_in_both_forms(clock: HandClock) -> None:
    required = {"email", "firstname", "lastname", "address1", "city", "country_code", "zip", "spoken_languages"}
    async with client(sandbox(now=clock)) as http:
        listed = await http.post("/contacts", json=body(phones=[{}, {}]))
    async with client(sandbox(now=clock, quirks=Quirks(validation="map"))) as http:
        mapped = await http.post("/contacts", json=body(phones=[{}, {}]))
    assert listed.status_code == mapped.status_code == 422
    assert {"code": "validation_failed", "field": "email", "title": "can't be blank"} in listed.json()["errors"]
    fields = [error["field"] for error in listed.json()["errors"]]
    assert set(fields) == required | {"phones"} and fields.count("phones") == 2  # the same entry may come twice
    assert mapped.json()["errors"]["phones"] == ["can't be blank"] * 2
    assert mapped.json()["errors"].keys() == required | {"phones"}


BAD = [
    ("email", "nobody"),
    ("email", "a@b"),
    ("email", None),
    ("firstname", "  "),
    ("lastname", ""),
    ("address1", "x" * 101),
    ("address2", "line\nbreak"),
    ("city", "x" * 101),
    ("state", "tab\there"),
    ("zip", "1" * 16),
    ("zip", "12\x00"),
    ("zip", 4410),
    ("country_code", "XX"),
    ("country_code", "us"),
    ("country_code", "United States"),
    ("spoken_languages", []),
    ("spoken_languages", ["en", "sr"]),
    ("spoken_languages", ["zh-tw"]),
    ("spoken_languages", "en"),
    ("gender", "other"),
    ("website", "example.com"),
    ("website", "javascript:alert(1)"),
    ("phones", [{"label": "mobile"}]),
    ("phones", [{"label": "", "number": "1"}]),
    ("phones", [{"label": "mobile", "number": "call me"}]),
    ("phones", "123"),
    ("private_notes", 5),
]


@pytest.mark.parametrize(("field", "value"), BAD)
async def test_broken_rules_are_refused_and_nothing_changes(app: BookingSyncSandbox, field: str, value: Any) -> None:
    contact_id = app.ids(SEASIDE)[0]
    before = app.contact(SEASIDE, contact_id)
    async with client(app) as http:
        changed = await http.put(f"/contacts/{contact_id}", json=body(**{field: value}))
        created = await http.post("/contacts", json=body(**{**SAMPLE_NEW, field: value}))
    assert (changed.status_code, created.status_code) == (422, 422)
    assert {error["field"] for error in changed.json()["errors"]} == {field}
    assert app.contact(SEASIDE, contact_id) == before and len(app.ids(SEASIDE)) == 260


GOOD = [
    ("lastname", "x" * 200),
    ("city", "Tab\there is not forbidden"),
    ("address1", "Ä" * 100),
    ("address2", None),
    ("state", ""),
    ("spoken_languages", ["zh-TW", "rs", "nb"]),
    ("gender", None),
    ("website", "http://example.com"),
    ("phones", []),
    ("phones", [{"label": "any words", "number": "+33 (0)6 123.123.123"}, {"label": "default", "number": "123456789"}]),
    ("private_notes", "<b>many\nlines</b>"),
]


@pytest.mark.parametrize(("field", "value"), GOOD)
async def test_what_no_rule_forbids_is_kept_as_sent(app: BookingSyncSandbox, field: str, value: Any) -> None:
    contact_id = app.ids(SEASIDE)[0]
    async with client(app) as http:
        answer = await http.put(f"/contacts/{contact_id}", json=body(**{field: value}))
    assert answer.status_code == 200 and answer.json()["contacts"][0][field] == value


async def test_an_old_record_that_breaks_the_rules_can_be_changed_elsewhere(clock: HandClock) -> None:
    for strict, status in ((False, 200), (True, 422)):
        app = sandbox(now=clock, quirks=Quirks(checks_whole_record=strict))
        contact_id = app.ids(SEASIDE)[0]
        app.edit(SEASIDE, contact_id, zip=None)
        async with client(app) as http:
            assert (await http.put(f"/contacts/{contact_id}", json=body(city="Faro"))).status_code == status


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no json",
        b"[]",
        b'{"contacts": {}}',
        b'{"contacts": []}',
        b'{"contacts": [1]}',
        b'{"contact": [{}]}',
        b"[" * 9999,
        b'{"contacts": [{"city": "\\ud800"}]}',
    ],
)
async def test_a_broken_body_is_a_400(app: BookingSyncSandbox, content: bytes) -> None:
    async with client(app) as http:
        assert (await http.post("/contacts", content=content)).status_code == 400
        assert (await http.put(f"/contacts/{app.ids(SEASIDE)[0]}", content=content)).status_code == 400


def test_behind_the_apis_back_anything_goes(app: BookingSyncSandbox) -> None:
    contact_id = app.ids(SEASIDE)[0]
    app.edit(SEASIDE, contact_id, firstname="<b>", phones="none", updated_at=None)
    shown = app.contact(SEASIDE, contact_id)
    assert shown is not None and shown["phones"] == "none" and shown["updated_at"] is None
    assert shown["fullname"].startswith("<b> ")
    app.remove(SEASIDE, contact_id)
    assert app.contact(SEASIDE, contact_id) is None
    for call in (app.remove, app.edit):
        with pytest.raises(KeyError):
            call(SEASIDE, contact_id)
