"""The floor of a PrioTicket pull: the least code that signs in, fetches, decodes and upserts the same pages, and asks
again whether anything has changed. See `bare_pull`."""

from __future__ import annotations

import time
from typing import Any

import httpx
import msgspec

from crmdesk.core.types import Flag, Phone, Summary
from crmdesk.vendors.prioticket.fields import CONTACT_TYPES
from tests.perf.bare_store import NOW, BareStore
from tests.perf.emulator import CLIENT, TOKEN

PER_PAGE = 100
WORDS = dict(CONTACT_TYPES)


class Address(msgspec.Struct):
    street: str = ""
    addition: str = ""
    city: str = ""
    postal_code: str = ""
    region: str = ""
    country_code: str = ""


class Note(msgspec.Struct):
    note_value: str = ""


class Contact(msgspec.Struct):
    contact_uid: str
    contact_type: str
    contact_created: str
    contact_modified: str
    contact_name_first: str = ""
    contact_name_last: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    contact_mobile: str = ""
    contact_language: str = ""
    contact_gender: str = ""
    contact_website: str = ""
    contact_external_uid: str = ""
    contact_address: Address | None = None
    contact_notes: list[Note] = []


class Data(msgspec.Struct):
    items: list[msgspec.Raw]
    total_pages: int


class Answer(msgspec.Struct):
    data: Data


def pull(url: str, folder: str, again: int) -> tuple[list[float], int]:
    """Seconds of a whole pull, the last page committed, and of `again` unchanged ones; and how many contacts."""
    base = f"{url}/v3.8/distributor"
    store = BareStore(folder, "prioticket", base)
    started = time.perf_counter()
    with httpx.Client() as client:
        token = client.post(f"{base}/oauth2/token", auth=(CLIENT, TOKEN), json={"grant_type": "client_credentials"})
        client.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        stamp, number, pages = "", 1, 1
        while number <= pages:
            answer = client.get(f"{base}/contacts", params={"page": number, "items_per_page": PER_PAGE})
            stamp = stamp or answer.headers["last-modified"]
            data = msgspec.json.decode(answer.content, type=Answer).data
            _store(store, [bytes(raw) for raw in data.items])
            number, pages = number + 1, data.total_pages
        seconds = [time.perf_counter() - started]
        seconds += [_unchanged(client, base, stamp, store) for _ in range(again)]
    store.connection.close()
    return seconds, store.written


def _unchanged(client: httpx.Client, base: str, stamp: str, store: BareStore) -> float:
    """One question, and the time of its answer kept."""
    started = time.perf_counter()
    answer = client.get(f"{base}/contacts", params={"page": 1}, headers={"If-Modified-Since": stamp})
    if answer.status_code != 304:
        raise RuntimeError(f"the emulator says {answer.status_code} instead of 304")
    store.connection.execute("UPDATE account SET checked_at=?", (NOW,))
    return time.perf_counter() - started


def _store(store: BareStore, bodies: list[bytes]) -> None:
    found = [msgspec.json.decode(body, type=Contact) for body in bodies]
    store.write([it.contact_uid for it in found], bodies, [_summary(it) for it in found])


def _summary(it: Contact) -> Summary:
    at: Any = it.contact_address or Address()
    first, last = it.contact_name_first, it.contact_name_last
    numbers = [number for number in (it.contact_phone, it.contact_mobile) if number]
    name, kind = f"{first} {last}".strip(), WORDS[it.contact_type]
    texts = {
        "name": name, "first": first, "last": last, "email": it.contact_email, "phone": " ".join(numbers),
        "address": f"{at.street} {at.addition}".strip(), "city": at.city, "zip": at.postal_code, "state": at.region,
        "country": at.country_code, "lang": it.contact_language, "gender": it.contact_gender.lower(),
        "website": it.contact_website, "notes": " ".join([note.note_value for note in it.contact_notes]),
        "id": f"{it.contact_uid} {it.contact_external_uid}".strip(), "type": kind,
    }  # fmt: skip
    return Summary(
        name=name, first=first, last=last, email=it.contact_email, phones=tuple([Phone("", n) for n in numbers]),
        city=at.city, country=at.country_code, languages=(it.contact_language,), kind=kind, notes=texts["notes"],
        created_at=it.contact_created, updated_at=it.contact_modified, flags=Flag(0),
        texts={name: text for name, text in texts.items() if text},
    )  # fmt: skip
