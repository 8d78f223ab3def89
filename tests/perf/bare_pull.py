"""The floor of a pull: the least code that fetches, decodes and upserts the same pages into the same schema.

Same libraries (httpx, msgspec, sqlcipher3), same tables and indices, same durability, same commit per page. No
tolerance of odd records, no checkpoint, no progress, no change feed, no cancelling, one thing after the other."""

from __future__ import annotations

import time

import httpx
import msgspec

from crmdesk.core.types import Flag, Phone, Summary
from tests.perf.bare_store import NOW, BareStore
from tests.perf.emulator import TOKEN

PER_PAGE = 100


class Number(msgspec.Struct):
    label: str
    number: str


class Contact(msgspec.Struct):
    id: int
    fullname: str
    firstname: str | None
    lastname: str | None
    email: str | None
    phones: list[Number]
    address1: str | None
    address2: str | None
    city: str | None
    zip: str | None
    state: str | None
    country_code: str | None
    spoken_languages: list[str]
    gender: str | None
    website: str | None
    private_notes: str | None
    created_at: str
    updated_at: str
    forget_me_at: str | None
    canceled_at: str | None


class Answer(msgspec.Struct):
    contacts: list[msgspec.Raw]


def pull(url: str, folder: str) -> tuple[float, int]:
    """Seconds for all pages, the last one committed, and how many contacts that were."""
    store = BareStore(folder, "bookingsync", url)
    started = time.perf_counter()
    with httpx.Client(headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        number = 1
        while True:
            answer = client.get(f"{url}/api/v3/contacts", params={"page": number, "per_page": PER_PAGE})
            _store(store, [bytes(raw) for raw in msgspec.json.decode(answer.content, type=Answer).contacts])
            number += 1
            if 'rel="next"' not in answer.headers["link"]:
                break
    seconds = time.perf_counter() - started
    store.connection.close()
    return seconds, store.written


def _store(store: BareStore, bodies: list[bytes]) -> None:
    """Those that were not deleted or to be forgotten."""
    decoded = [(body, msgspec.json.decode(body, type=Contact)) for body in bodies]
    live = [
        (body, it) for body, it in decoded if not it.canceled_at and not (it.forget_me_at and it.forget_me_at < NOW)
    ]
    store.write([str(it.id) for _, it in live], [body for body, _ in live], [_summary(it) for _, it in live])


def _summary(it: Contact) -> Summary:
    phones = tuple([Phone(line.label, line.number) for line in it.phones])
    texts = {
        "name": it.fullname, "first": it.firstname, "last": it.lastname, "email": it.email,
        "phone": " ".join([line.number for line in it.phones]), "city": it.city, "zip": it.zip, "state": it.state,
        "address": f"{it.address1 or ''} {it.address2 or ''}".strip(), "country": it.country_code,
        "lang": " ".join(it.spoken_languages), "gender": it.gender, "website": it.website, "notes": it.private_notes,
        "id": str(it.id),
    }  # fmt: skip
    return Summary(
        name=it.fullname, first=it.firstname or "", last=it.lastname or "", email=it.email or "", phones=phones,
        city=it.city or "", country=it.country_code or "", languages=tuple(it.spoken_languages),
        notes=it.private_notes or "", created_at=it.created_at, updated_at=it.updated_at,
        forget_at=it.forget_me_at or "", flags=Flag(0), texts={name: text for name, text in texts.items() if text},
    )  # fmt: skip
