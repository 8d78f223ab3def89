"""CRM.COM Self-Service: what the page leaves unsaid is asked in a way that holds whichever way the server takes it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from crmdesk.core.errors import NotFoundError, RejectedError
from crmdesk.core.guest import Address, Challenge, Guest
from crmdesk.sandbox.faults import Call, Kind
from crmdesk.sync.validation import validate
from crmdesk.vendors.crmcom_selfservice import VENDOR
from tests.contract.crmcom_selfservice.tools import Vendor, account, come_in, last_code, refusal, sent

both = pytest.mark.parametrize("version", ["v1", "v2"])
either_filter = pytest.mark.parametrize("false_filters", ["passed over", "the others"])


def with_messages(emulator: Any, count: int, **every: Any) -> Any:
    """A guest with so many messages, newest first as the list has them."""
    guest = emulator.contacts()[2]
    kept = next(iter(guest.communications.values()))
    guest.communications.clear()
    for number in range(count):
        made = kept | {"id": f"M{number:03d}", "created_on": 1_700_000_000 - number} | every
        guest.communications[made["id"]] = made
    return guest


# ── messages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@both
@either_filter
async def test_what_is_not_archived_stands_alone_whatever_false_means(version, false_filters, make_emulator, open_api):
    emulator = make_emulator(version=version, false_filters=false_filters)
    desk, guest = open_api(emulator).desk, with_messages(emulator, 9)
    for number, one in enumerate(guest.communications.values()):
        one |= {"is_archived": number % 2 == 0, "is_viewed": number % 3 == 0}
    await come_in(desk, guest)
    calls = desk.calls(guest.id)
    found = (await calls.communications(1, archived=False)).entries
    assert [one.id for one in found] == ["M001", "M003", "M005", "M007"]
    found = (await calls.communications(1, archived=False, viewed=False)).entries
    assert [one.id for one in found] == ["M001", "M005", "M007"]
    assert len((await calls.communications(1, archived=True)).entries) == 5
    assert len((await calls.communications(1)).entries) == 9


@either_filter
async def test_pages_without_anything_wanted_are_passed_over(false_filters: str, make_emulator, open_api) -> None:
    emulator = make_emulator(false_filters=false_filters)
    desk, guest = open_api(emulator).desk, with_messages(emulator, 70, is_archived=True)
    for number in (50, 69):
        guest.communications[f"M{number:03d}"]["is_archived"] = False
    await come_in(desk, guest)
    found, page, more = [], 0, True
    while more:
        listed = await desk.calls(guest.id).communications(page + 1, archived=False)
        assert listed.page > page
        page, more = listed.page, listed.more
        found += [one.id for one in listed.entries]
    assert found == ["M050", "M069"]


@both
async def test_a_channel_is_asked_for_as_the_version_calls_it(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    desk, guest = open_api(emulator).desk, with_messages(emulator, 8)
    for number, one in enumerate(guest.communications.values()):
        one["channel"] = ("EMAIL", "INAPP")[number % 2]
    await come_in(desk, guest)
    for channel, ids in (("INAPP", {"M001", "M003", "M005", "M007"}), ("EMAIL", {"M000", "M002", "M004", "M006"})):
        assert {one.id for one in (await desk.calls(guest.id).communications(1, channel=channel)).entries} == ids
    asked = [seen.query for seen in emulator.requests if seen.path.endswith("/communications")]
    assert asked[0].endswith("type=IN_APP" if version == "v1" else "channel=INAPP")


# ── addresses ────────────────────────────────────────────────────────────────────────────────────────────────────────


@both
@pytest.mark.parametrize("addresses", ["replaced", "merged"])
async def test_what_is_emptied_of_an_address_is_gone_either_way(addresses, version, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version, addresses=addresses)
    desk, guest = open_api(emulator).desk, emulator.contacts()[2]
    await come_in(desk, guest)
    calls = desk.calls(guest.id)
    made = await calls.add_address(
        Address(
            "BUSINESS", "Street 1", address_line_2="Floor 2", care_of="Ana", country_code="CYP", town_city="Limassol"
        )
    )
    assert made in {one.id for one in await calls.addresses()}
    await calls.change_address(Address("BUSINESS", "Street 1", made, town_city="Nicosia"))
    assert guest.addresses[made] == {
        "id": made, "type": "BUSINESS", "address_line_1": "Street 1", "town_city": "Nicosia",
    }  # fmt: skip
    await calls.change_address(Address("BUSINESS", "Street 2", made))
    assert guest.addresses[made] == {"id": made, "type": "BUSINESS", "address_line_1": "Street 2"}


# ── the profile ──────────────────────────────────────────────────────────────────────────────────────────────────────


@both
@pytest.mark.parametrize("objects", ["merged", "replaced"])
@pytest.mark.parametrize(
    ("position", "path", "wanted"),
    [
        (0, "demographics__gender", "OTHER"),
        (0, "demographics__passport__expiration_date", "2031-05-01"),
        (1, "demographics__name_day", "--10-04"),
        (8, "demographics__gender", "OTHER"),
        (5, "company_profile__number_of_employees", 77),
    ],
)
async def test_the_rest_of_an_object_is_there_whether_a_put_merges_or_replaces(
    position, path, wanted, objects, version, open_card
) -> None:
    card = await open_card(position=position, version=version, objects=objects)
    before = dict(card.guest.record)
    await card.write(**{path: wanted})
    head, _, rest = path.replace("__", ".").partition(".")
    inner = rest.partition(".")[0]
    others = {key: value for key, value in before[head].items() if key != inner}
    assert {key: value for key, value in card.guest.record[head].items() if key != inner} == others
    assert card.guest.record.get("statutory_number") == before.get("statutory_number")
    if "." in rest:
        assert card.guest.record[head][inner].keys() == before[head][inner].keys()


@both
async def test_what_goes_along_goes_as_it_came(version: str, open_card) -> None:
    """A part that nobody edited keeps nobody from editing another one, whatever it looks like."""
    card = await open_card(version=version)
    card.guest.record["demographics"]["date_of_birth"] = {"year": 1980, "month": 2, "day": "9"}
    await card.write(demographics__gender="OTHER")
    assert card.sent[0][2]["demographics"]["date_of_birth"] == {"year": 1980, "month": 2, "day": "9"}


async def test_a_day_as_a_number_is_a_day(open_card) -> None:
    card = await open_card()
    await card.write(demographics__date_of_birth=350_000_000)
    assert card.guest.record["demographics"]["date_of_birth"] == {"year": 1981, "month": 2, "day": 2}


async def test_mandatory_names_go_with_every_put_of_theirs(make_emulator, open_card) -> None:
    """ "Applicable and mandatory only if the type is PERSON"; "required attribute if the type is a Company"."""
    person = await open_card()
    person.guest.record["middle_name"] = "Maria"
    await person.write(title="Dr")
    record = person.guest.record
    assert person.sent == [
        ("PUT", "", {name: record[name] for name in ("title", "first_name", "middle_name", "last_name")})
    ]
    company = await open_card(position=5)
    await company.write(is_tax_exempt=True)
    assert company.sent == [("PUT", "", {"is_tax_exempt": True, "company_name": company.guest.record["company_name"]})]


# ── what is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "code",
    ["ClientAlreadyAuthorizedException", "CRM.EXCEPTIONS.CLIENTALREADYAUTHORIZEDEXCEPTION"],
)
async def test_another_device_on_the_wifi_is_told_however_its_code_is_written(code: str, open_api) -> None:
    api = open_api(Vendor(refusal(400, code, message="No.")))
    with pytest.raises(RejectedError, match="already signed in to the Wi-Fi"):
        await api.signin.authorise_wifi("1", "01-23-45-67-89-AB", "e-1")


@pytest.mark.parametrize("code", ["CRM.EXCEPTIONS.NOTFOUNDEXCEPTION", "NotFoundException"])
async def test_nobody_there_is_told_however_its_code_is_written(code: str, open_api) -> None:
    api = open_api(Vendor(refusal(400, code, "contact", "1")))
    with pytest.raises(NotFoundError):
        await api.profile.get("1")


# ── signing in ───────────────────────────────────────────────────────────────────────────────────────────────────────


@both
@pytest.mark.parametrize("channel", ["", "EMAIL", "SMS"])
async def test_the_code_of_a_gift_pass_goes_the_way_of_what_was_typed(channel, version, make_emulator, open_api):
    emulator = make_emulator(version=version)
    guest, given = emulator.contacts()[2], []

    def keep(call: Call) -> None:
        given.append(call.body)

    emulator.faults.set(Kind.ANSWER, answer=keep)
    forms = {
        "EMAIL": {"email": "friend@example.com"},
        "SMS": {"phone_number": "99123456", "country_code": "CY"},
    }
    for method, typed in forms.items():
        desk = open_api(emulator).desk
        values = {"gift_pass": guest.gift_pass, "pin": guest.gift_pin, **typed}
        challenge = await desk.sign_in("otp.GIFT_PASS", values, channel)
        assert isinstance(challenge, Challenge)
        assert f'"{method}"'.encode() in given[-1]
        assert isinstance(await desk.verify(challenge, last_code(emulator)), Guest)
    assert not next(way for way in desk.ways if way.key == "otp.GIFT_PASS").channels


async def test_a_statutory_number_finds_a_guest_in_version_2_alone(make_emulator, open_api) -> None:
    emulator = make_emulator(version="v2")
    guest, desk = emulator.contacts()[0], open_api(emulator).desk
    challenge = await desk.sign_in("otp.STATUTORY_ID", {"statutory_number": guest.record["statutory_number"]}, "EMAIL")
    assert isinstance(await desk.verify(challenge, last_code(emulator)), Guest)
    assert "otp.STATUTORY_ID" in {way.key for way in desk.ways}
    assert "otp.STATUTORY_ID" not in {way.key for way in open_api(make_emulator()).desk.ways}


@pytest.mark.parametrize(("password", "told"), [("a pässword", True), ("", None)])
async def test_an_address_is_verified_only_where_a_password_comes_with_it(password, told, make_emulator, open_api):
    """ "Applicable when username and password are provided"."""
    emulator, bodies = make_emulator(), []
    emulator.faults.set(Kind.ANSWER, answer=lambda call: bodies.append(httpx.Response(200, content=call.body).json()))
    values = {"first_name": "Ana", "last_name": "Reis", "email": "new@example.org", "validation_required": "true"}
    await open_api(emulator).desk.register(values | ({"password": password} if password else {}))
    assert bodies[0]["identity"].get("validation_required") is told


@both
async def test_an_order_is_called_as_the_version_calls_it(version: str, make_emulator, open_api) -> None:
    emulator = make_emulator(version=version)
    desk, guest = open_api(emulator).desk, emulator.contacts()[2]
    await come_in(desk, guest)
    order = next(iter(guest.approvals.values()))["entity"]["id"]
    assert await desk.calls(guest.id).printout("ORDERS", order)
    assert sent(emulator, "/printout") == 1


def test_what_version_2_lacks_is_known_before_it_is_typed() -> None:
    assert set(VENDOR.without(account(dialect="v2"))) == {"title", "consent_state"}
    assert VENDOR.without(account()) == VENDOR.without(account(dialect="")) == {}


@both
@pytest.mark.parametrize("state_filter", [True, False])
async def test_only_what_waits_is_told_to_wait_whatever_the_filter_is_called(
    state_filter, version, make_emulator, open_api
) -> None:
    emulator = make_emulator(version=version, state_filter=state_filter)
    desk, guest = open_api(emulator).desk, emulator.contacts()[2]
    kept = next(iter(guest.approvals.values()))
    guest.approvals.clear()
    for number in range(45):
        state = "PENDING" if number in (25, 44) else "APPROVED"
        guest.approvals[f"P{number}"] = kept | {"id": f"P{number}", "state": state}
    await come_in(desk, guest)
    found, page, more = [], 0, True
    while more:
        listed = await desk.calls(guest.id).approvals(page + 1, state="PENDING")
        page, more = listed.page, listed.more
        found += [one.id for one in listed.entries]
    assert found == ["P25", "P44"]
    assert len((await desk.calls(guest.id).approvals(1)).entries) == 20


@both
async def test_a_custom_field_has_a_name_and_a_value(version: str, open_card) -> None:
    """ "The custom field’s unique key", "The custom field’s value": half of one is none."""
    card = await open_card(version=version)
    told = validate({"custom_fields": [{"value": "Tea"}]}, VENDOR.fields)
    assert [(one.path, one.code) for one in told] == [("custom_fields.0.key", "required")]
    assert validate({"custom_fields": [{"key": "drink"}]}, VENDOR.fields) == ()
    await card.write(custom_fields=[{"key": "drink"}, {"key": "floor", "value": "2"}])
    assert card.guest.record["custom_fields"] == [{"key": "drink", "value": ""}, {"key": "floor", "value": "2"}]
