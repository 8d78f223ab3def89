"""What a composer of events looks up: classifications, accounts, participants, products, unit groups, and events.

Rows are read tolerantly: a missing or odd value is '', an entry that is no object is left out. No page of the wiki that
we have prints a whole list, so `data` may be the list itself or an object that holds exactly one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from crmdesk.core.errors import ProtocolError
from crmdesk.core.foreign import mapping, text
from crmdesk.core.said import said
from crmdesk.core.types import Json
from crmdesk.net.retry import HURRIED
from crmdesk.vendors.crmcom_events.api import Api
from crmdesk.vendors.crmcom_events.codec import TITLE
from crmdesk.vendors.crmcom_events.kinds import EventKind
from crmdesk.vendors.crmcom_events.settings import Settings

T = TypeVar("T")
PAGE = 100
MOST_PAGES = 1000

Identifier = tuple[str, str]
"""Key and value, as in `("number", "ACR0000000077")`."""

_TYPES = {"PURCHASED": "PURCHASE", "REFERRALS": "REFERRAL"}
"""The wiki spells two types one way in filters and another way in answers."""


@dataclass(frozen=True, slots=True)
class Classification:
    id: str
    name: str
    code: str
    description: str
    type: str


@dataclass(frozen=True, slots=True)
class Receivable:
    """An accounts receivable: what other programs call a customer's account."""

    id: str
    number: str
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Participant:
    """A rewards participant; `account` is the number of the account it belongs to."""

    id: str
    number: str
    state: str
    account: str


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    code: str
    alternative_code: str
    description: str


@dataclass(frozen=True, slots=True)
class UnitGroup:
    id: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Event:
    """An event as a list shows it. `external_number` is '' where the vendor does not return it."""

    id: str
    number: str
    state: str
    type: str
    classification: str
    unit: str
    performed_on: str
    external_system: str
    external_number: str
    raw: Json = field(repr=False)

    @property
    def cancelled(self) -> bool:
        return self.state == "CANCELLED"


class Lookups:
    """The reading calls of one account, and cancelling a purchase."""

    def __init__(self, api: Api, settings: Settings) -> None:
        self._api, self._settings = api, settings

    async def classifications(self, kind: EventKind) -> tuple[Classification, ...]:
        """Those that events of this kind may have."""
        path = "customer_events/configuration/classifications/list"
        data = await self._api.read("GET", path, {"type": kind.type}, patience=HURRIED)
        return tuple(_classification(row) for row in filter(_is_row, entries_of(data)))

    async def account(self, who: Identifier) -> Receivable:
        """NotFoundError from the vendor's own word."""
        query = _flat(accounts_receivable_identifier=who)
        return _receivable(_one(await self._api.read("GET", "accounts_receivable/show", query, patience=HURRIED)))

    async def accounts(self, *, email: str = "", contact: Identifier | None = None) -> tuple[Receivable, ...]:
        """Of one e-mail address or one contact information record; give exactly one."""
        query = _flat(contact_information_identifier=contact) | ({"email_address": email} if email else {})
        return await self._all("GET", "accounts_receivable/list", query, _receivable)

    async def participant(self, who: Identifier) -> Participant:
        """NotFoundError from the vendor's own word."""
        values = {"rewards_participant_identifier": dict([who])}
        data = await self._api.read("POST", "rewards_participants/show", values, patience=HURRIED)
        return _participant(_one(data))

    async def participants(self, account: Identifier, *, state: str = "EFFECTIVE") -> tuple[Participant, ...]:
        """Those of one account. `state`: EFFECTIVE, TERMINATED, or '' for both."""
        query = _flat(accounts_receivable_identifier=account) | ({"life_cycle_state": state} if state else {})
        return await self._all("GET", "rewards_participants/list", query, _participant)

    async def products(self, *, by: str = "type", of: Identifier) -> tuple[Product, ...]:
        """Those of one `type`, `brand`, `family` or `category`: the vendor lists no products without one of them."""
        return await self._all("GET", "products/list", _flat(**{f"{by}_identifier": of}), _product)

    async def unit_groups(self) -> tuple[UnitGroup, ...]:
        """From R14.9, gone in R18."""
        return await self._all("GET", "organisation_units/groups/list", {}, _unit_group)

    async def events(
        self,
        kind: EventKind,
        who: Mapping[str, Identifier],
        *,
        after: datetime | None = None,
        before: datetime | None = None,
    ) -> tuple[Event, ...]:
        """All pages of the events of `who`, such as `{"accounts_receivable_identifier": ("number", "ACR1")}`, submitted
        within the given times (aware, or in the vendor's zone). ProtocolError where the list turns in circles: half a
        list must not pass for a whole one."""
        times = {"submitted_after_date": after, "submitted_before_date": before}
        values = {name: dict([identifier]) for name, identifier in who.items()}
        bounds = {name: self._settings.local(moment) for name, moment in times.items() if moment is not None}
        return await self._all("POST", f"customer_events/{kind.word}/list", values | bounds, _event)

    async def event(self, kind: EventKind, event_id: str) -> Event:
        """NotFoundError from the vendor's own word."""
        query = _flat(customer_event_identifier=("id", event_id))
        return _event(_one(await self._api.read("GET", f"customer_events/{kind.word}/show", query, patience=HURRIED)))

    async def cancel_purchase(self, event_id: str) -> None:
        """Cancels one posted purchase. Sent once; InDoubtError where it may have been done."""
        body = msgspec.json.encode({"customer_event_identifier": {"id": event_id}})
        await self._api.write("customer_events/purchases/cancel", body)

    async def _all(
        self, method: str, path: str, values: Mapping[str, Any], read: Callable[[Mapping[str, Any]], T]
    ) -> tuple[T, ...]:
        return tuple([read(row) async for row in self._rows(method, path, values)])

    async def _rows(self, method: str, path: str, values: Mapping[str, Any]) -> AsyncIterator[Mapping[str, Any]]:
        """Every row once, page by page until a short one; a row without an id is given as often as it comes. A page
        longer than asked for is the whole list: releases below R13 know no pages for most lists."""
        seen: set[str] = set()
        for page in range(MOST_PAGES):
            bounds = {"number_of_results": PAGE, "offset": page * PAGE}
            entries = entries_of(await self._api.read(method, path, {**values, **bounds}))
            known = len(seen)
            for row in filter(_is_row, entries):
                row_id = text(row.get("id"))
                if not row_id or row_id not in seen:
                    seen |= {row_id} - {""}
                    yield row
            if len(entries) != PAGE:
                return
            if len(seen) == known:
                break
        raise ProtocolError(
            said("A list of {vendor} does not come to an end.", vendor=TITLE),
            "Nothing was changed here. Copy the details and report them.",
            details={"endpoint": f"{method} {path}"},
        )


# -- reading -----------------------------------------------------------------------------------------------------


def entries_of(data: Any) -> list[Any]:
    """The entries of a list; null is an empty one. ProtocolError for data that is no list and holds none or several."""
    if data is None:
        return []
    found = [data] if type(data) is list else [value for value in mapping(data).values() if type(value) is list]
    if len(found) != 1:
        raise _unlike("data")
    return found[0]


def _is_row(entry: Any) -> bool:
    return type(entry) is dict


def _one(data: Any) -> Mapping[str, Any]:
    if type(data) is not dict or not text(data.get("id")):
        raise _unlike("data.id")
    return mapping(data)


def _unlike(path: str) -> ProtocolError:
    return ProtocolError(
        said("The answer of {vendor} is unlike its documents.", vendor=TITLE),
        "Nothing was changed here. Copy the details and report them.",
        path=path,
        details={"path": path},
    )


def _flat(**identifiers: Identifier | None) -> dict[str, str]:
    """`accounts_receivable_identifier=number=ACR0000000077`: how a GET carries an identifier."""
    return {name: f"{pair[0]}={pair[1]}" for name, pair in identifiers.items() if pair is not None}


def _type(value: Any) -> str:
    word = text(value)
    return _TYPES.get(word, word)


def _called(value: Any) -> str:
    """A classification or unit is an object in some answers and its name in others."""
    return text(value) or text(mapping(value).get("name"))


def _classification(row: Mapping[str, Any]) -> Classification:
    return Classification(
        id=text(row.get("id")),
        name=text(row.get("name")),
        code=text(row.get("alternative_code")),
        description=text(row.get("description")),
        type=_type(row.get("type")),
    )


def _receivable(row: Mapping[str, Any]) -> Receivable:
    return Receivable(
        id=text(row.get("id")),
        number=text(row.get("number")),
        name=text(row.get("name")),
        state=text(row.get("life_cycle_state")),
    )


def _participant(row: Mapping[str, Any]) -> Participant:
    return Participant(
        id=text(row.get("id")),
        number=text(row.get("number")),
        state=text(row.get("life_cycle_state")),
        account=text(mapping(row.get("accounts_receivable")).get("number")),
    )


def _product(row: Mapping[str, Any]) -> Product:
    return Product(
        id=text(row.get("id")),
        code=text(row.get("code")),
        alternative_code=text(row.get("alternative_code")),
        description=text(row.get("description")),
    )


def _unit_group(row: Mapping[str, Any]) -> UnitGroup:
    return UnitGroup(id=text(row.get("id")), name=text(row.get("name")), code=text(row.get("alternative_code")))


def _event(row: Mapping[str, Any]) -> Event:
    """The short row spells the external number `external_system_preference_number`; the whole event does not."""
    number = text(row.get("external_system_reference_number")) or text(row.get("external_system_preference_number"))
    return Event(
        id=text(row.get("id")),
        number=text(row.get("number")),
        state=text(row.get("life_cycle_state")),
        type=_type(row.get("type")),
        classification=_called(row.get("classification")),
        unit=_called(row.get("performed_by_unit") or row.get("performed_by_business_unit")),
        performed_on=text(row.get("performed_on")),
        external_system=text(row.get("external_system")),
        external_number=number,
        raw=dict(row),
    )
