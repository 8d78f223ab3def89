"""What is played to somebody who writes: another writer, a missing right, refused values in either form."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from crmdesk.sandbox.app import mount, transport
from crmdesk.sandbox.faults import Faults, Kind
from crmdesk.vendors.bookingsync.sandbox import sandbox as bookingsync
from crmdesk.vendors.cendyn.sandbox import sandbox as cendyn
from crmdesk.vendors.prioticket.sandbox import sandbox as prioticket
from tests.sandbox.support import SEASIDE, client

CLIENT = "city-tours"
PRIO = "https://sandbox/v3.8/distributor"


class Roof:
    def __init__(self) -> None:
        self.booking, self.prio = bookingsync(), prioticket()
        self.app = mount({"bookingsync": self.booking, "prioticket": self.prio, "cendyn": cendyn()})

    async def order(self, sent: Any, **headers: str) -> httpx.Response:
        async with httpx.AsyncClient(transport=transport(self.app), base_url="http://sandbox") as http:
            return await http.post("/_control/contact", json=sent, headers=headers)


async def test_somebody_else_changes_a_contact_now() -> None:
    roof = Roof()
    number, uid = roof.booking.ids(SEASIDE)[5], roof.prio.uids(CLIENT)[5]
    version = roof.prio.contact(CLIENT, uid)["contact_version"]
    street = roof.prio.contact(CLIENT, uid)["contact_address"]["street"]
    for order in (
        {"vendor": "bookingsync", "contact": str(number), "fields": {"city": "Porto", "private_notes": None}},
        {"vendor": "prioticket", "contact": uid, "fields": {"contact_address.city": "Porto", "contact_title": "Dr"}},
    ):
        assert (await roof.order(order)).json() == {"done": True}
    assert roof.booking.contact(SEASIDE, number)["city"] == "Porto"
    told = roof.prio.contact(CLIENT, uid)
    assert (told["contact_address"]["city"], told["contact_address"]["street"]) == ("Porto", street)
    assert (told["contact_title"], told["contact_version"]) == ("Dr", version + 1)


async def test_somebody_else_deletes_a_contact_now() -> None:
    roof = Roof()
    number, uid = roof.booking.ids(SEASIDE)[5], roof.prio.uids(CLIENT)[5]
    await roof.order({"vendor": "bookingsync", "contact": str(number), "gone": True})
    await roof.order({"vendor": "prioticket", "contact": uid, "gone": True})
    assert roof.booking.contact(SEASIDE, number) is None
    assert roof.prio.contact(CLIENT, uid) is None


@pytest.mark.parametrize(
    "order",
    [
        [],
        {},
        {"vendor": "nobody", "contact": "1", "fields": {}},
        {"vendor": ["bookingsync"], "contact": "1", "fields": {}},
        {"vendor": "cendyn", "contact": "1", "fields": {}},
        {"vendor": "bookingsync", "contact": 1, "fields": {}},
        {"vendor": "bookingsync", "contact": "1"},
        {"vendor": "bookingsync", "contact": "1", "fields": {}, "gone": True},
        {"vendor": "bookingsync", "contact": "1", "fields": {}, "when": "soon"},
        {"vendor": "bookingsync", "contact": "1", "fields": {"account": 72}},
        {"vendor": "bookingsync", "contact": "999999999", "fields": {}},
        {"vendor": "bookingsync", "contact": "x", "fields": {}},
        {"vendor": "prioticket", "contact": "x", "fields": {}},
    ],
)
async def test_a_wrong_order_is_refused_with_a_reason(order: Any) -> None:
    roof = Roof()
    before = roof.booking.contact(SEASIDE, 1)
    answer = await roof.order(order)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert roof.booking.contact(SEASIDE, 1) == before


async def test_no_web_page_may_change_a_contact() -> None:
    order = {"vendor": "bookingsync", "contact": "1", "fields": {"city": "x"}}
    assert (await Roof().order(order, Origin="http://shop.example")).status_code == 403


async def test_another_writer_is_faster_by_one_write() -> None:
    app = bookingsync()
    number = app.ids(SEASIDE)[0]
    app.faults.set(Kind.EDITED_MEANWHILE, "state", times=1)
    async with client(app) as http:
        await http.get(f"/contacts/{number}")
        answer = await http.put(f"/contacts/{number}", json={"contacts": [{"city": "Faro"}]})
        (contact,) = answer.json()["contacts"]
        assert contact["city"] == "Faro"
        assert contact["state"].startswith("Written elsewhere")
        app.edit(SEASIDE, number, state="x")
        await http.put(f"/contacts/{number}", json={"contacts": [{"city": "Porto"}]})
        assert (await http.put("/contacts/999999999", json={"contacts": [{}]})).status_code == 404
    assert app.contact(SEASIDE, number)["state"] == "x"


async def test_a_right_goes_while_the_token_still_reads() -> None:
    app = bookingsync()
    number = app.ids(SEASIDE)[0]
    app.faults.set(Kind.NO_RIGHT)
    async with client(app) as http:
        assert (await http.delete(f"/contacts/{number}")).status_code == 403
        assert (await http.get(f"/contacts/{number}")).status_code == 200
    assert app.contact(SEASIDE, number) is not None


async def test_values_are_refused_on_demand_in_either_form() -> None:
    app = bookingsync()
    number = app.ids(SEASIDE)[0]
    app.faults.set(Kind.REFUSE_VALUES, "city")
    async with client(app) as http:
        listed = await http.put(f"/contacts/{number}", json={"contacts": [{"zip": "1"}]})
        app.faults.set(Kind.OTHER_FORM)
        mapped = await http.put(f"/contacts/{number}", json={"contacts": [{"zip": "1"}]})
    assert listed.json() == {"errors": [{"code": "validation_failed", "field": "city", "title": "is invalid"}]}
    assert mapped.json() == {"errors": {"city": ["is invalid"]}}
    assert listed.status_code == mapped.status_code == 422


async def test_prioticket_refuses_on_demand_in_either_status() -> None:
    app = prioticket()
    uid = app.uids(CLIENT)[0]
    (account,) = app.describe("")["accounts"]
    auth = (account["credentials"]["client_id"], account["credentials"]["client_secret"])
    app.faults.set(Kind.REFUSE_VALUES, "contact_title", method="PUT")
    async with httpx.AsyncClient(transport=transport(app), base_url=PRIO) as http:
        given = await http.post("/oauth2/token", json={"grant_type": "client_credentials"}, auth=auth)
        http.headers["Authorization"] = f"Bearer {given.json()['access_token']}"
        body = {"data": {"kind": "contact", "contact": {"contact_uid": uid}}}
        first = await http.put(f"/contacts/{uid}", json=body)
        app.faults.set(Kind.OTHER_FORM, method="PUT")
        second = await http.put(f"/contacts/{uid}", json=body)
        app.faults.clear()
        app.faults.set(Kind.NO_RIGHT, method="PUT")
        third = await http.put(f"/contacts/{uid}", json=body)
    assert (first.status_code, second.status_code, third.status_code) == (422, 400, 403)
    assert first.json()["errors"] == second.json()["errors"] == ["contact_title is not valid"]


def test_what_is_about_writes_is_not_spent_by_reads() -> None:
    faults = Faults()
    for kind in (Kind.NO_RIGHT, Kind.REFUSE_VALUES, Kind.OTHER_FORM, Kind.EDITED_MEANWHILE):
        faults.set(kind, times=1)
    assert not faults.take("GET", "/contacts/7")
    assert len(faults.take("PUT", "/contacts/7")) == 4


@pytest.mark.parametrize("value", [5, "", 1.5])
def test_a_field_is_named_by_a_text(value: Any) -> None:
    with pytest.raises(ValueError, match="name of a field"):
        Faults().set(Kind.REFUSE_VALUES, value)
