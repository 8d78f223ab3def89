"""The reading methods of the emulated back office."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from crmdesk.vendors.crmcom_events import sandbox_wire as wire
from crmdesk.vendors.crmcom_events.sandbox_data import CLASSIFICATIONS, Json, World
from crmdesk.vendors.crmcom_events.sandbox_ledger import ExternalNumber, Ledger, Made, filtered, filters_of, within
from crmdesk.vendors.crmcom_events.sandbox_rules import KINDS, REFERRAL_SIDES, WHO, Refusal, resolve

Read = Callable[[Json, int, ExternalNumber, bool], Any]
"""What was asked, the latest second whose events show, the spelling of external numbers, an endless list."""

_PAGES = frozenset({"number_of_results", "offset", "fields_set"})


class Lists:
    """Answers from the world and the ledger."""

    def __init__(self, world: World, ledger: Ledger) -> None:
        self._world, self._ledger = world, ledger

    def methods(self) -> Iterator[tuple[str, str, Read]]:
        """Verb, path, and what answers it."""
        yield "GET", "/customer_events/configuration/classifications/list", self._classifications
        for verb in ("GET", "POST"):
            yield verb, "/accounts_receivable/show", self._shows("account", "accounts_receivable_identifier")
        yield "GET", "/accounts_receivable/list", self._accounts
        yield "GET", "/rewards_participants/list", self._participants
        yield "POST", "/rewards_participants/show", self._shows("participant", "rewards_participant_identifier")
        yield "GET", "/products/list", self._products
        yield "GET", "/organisation_units/groups/list", self._groups
        for kind in KINDS:
            yield "POST", f"/customer_events/{kind}/list", self._events(kind)
            yield "GET", f"/customer_events/{kind}/show", self._event(kind)

    def _classifications(self, asked: Json, _latest: int, _external: ExternalNumber, _endless: bool) -> list[Json]:
        _known(asked, {"type", "fields_set"})
        if asked.get("type") not in CLASSIFICATIONS:
            raise wire.refuse("Mandatory", "type is mandatory, and one of the documented types.")
        return self._world.tables[f"classification {asked['type']}"]

    def _shows(self, table: str, name: str) -> Read:
        def show(asked: Json, _latest: int, _external: ExternalNumber, _endless: bool) -> Json:
            _known(asked, {name, "fields_set"})
            return self._named(name, asked.get(name))

        return show

    def _accounts(self, asked: Json, _latest: int, _external: ExternalNumber, endless: bool) -> list[Json]:
        """By e-mail address or contact information (id only) [D]."""
        name, value = _one_filter(asked, {"email_address", "contact_information_identifier"})
        rows = self._world.tables["account"]
        if name == "email_address":
            found = [row for row in rows if value and row["email_address"] == value]
        else:
            found = [row for row in rows if isinstance(value, dict) and row["account_owner"]["id"] == value.get("id")]
        return wire.paged(found, asked, endless=endless)

    def _participants(self, asked: Json, _latest: int, _external: ExternalNumber, endless: bool) -> list[Json]:
        state = asked.pop("life_cycle_state", None)
        _, value = _one_filter(asked, {"accounts_receivable_identifier"})
        account = self._named("accounts_receivable_identifier", value)
        rows = [row for row in self._world.tables["participant"] if row["accounts_receivable"]["id"] == account["id"]]
        found = [row for row in rows if state is None or row["life_cycle_state"] == state]
        return wire.paged(found, asked, endless=endless)

    def _products(self, asked: Json, _latest: int, _external: ExternalNumber, endless: bool) -> list[Json]:
        """The wiki: one of type, brand, family, category is mandatory. All products here are of one type."""
        name, value = _one_filter(asked, {f"{by}_identifier" for by in ("type", "brand", "family", "category")})
        wanted = set(value.items()) if isinstance(value, dict) else set()
        rows = self._world.tables["product"] if name == "type_identifier" else []
        return wire.paged([row for row in rows if wanted & set(row["type"].items())], asked, endless=endless)

    def _groups(self, asked: Json, _latest: int, _external: ExternalNumber, endless: bool) -> list[Json]:
        _known(asked, _PAGES)
        return wire.paged(self._world.tables["group"], asked, endless=endless)

    def _events(self, kind: str) -> Read:
        def events(asked: Json, latest: int, external: ExternalNumber, endless: bool) -> list[Json]:
            after, before = asked.pop("submitted_after_date", None), asked.pop("submitted_before_date", None)
            name, value = _one_filter(asked, set(filters_of(kind)))
            record = self._classification(kind, value) if name == "classification_identifier" else None
            record = record or self._named(name, value)
            shown = [event for event in self._ledger.of(kind) if event.at <= latest]
            return [event.row(external) for event in self._page(shown, name, record, (after, before), asked, endless)]

        return events

    def _page(
        self, shown: list[Made], name: str, record: Json, times: tuple[Any, Any], asked: Json, endless: bool
    ) -> list[Made]:
        try:
            found = within(filtered(shown, name, record), *times)
        except ValueError:
            raise wire.refuse("Date", "A date is not like 2016-06-22T15:00:00.") from None
        return wire.paged(found, asked, endless=endless)

    def _event(self, kind: str) -> Read:
        def show(asked: Json, _latest: int, _external: ExternalNumber, _endless: bool) -> Json:
            given = asked.get("customer_event_identifier")
            event = self._ledger.get(kind, given.get("id", "")) if isinstance(given, dict) else None
            if event is None:
                raise wire.CallRefused("NotFoundAPIValueException", "Error:Customer Event Not Found.")
            return event.row("right")

        return show

    def _classification(self, kind: str, value: Any) -> Json:
        keys = ("id", "name", "alternative_code")
        return self._resolved((f"classification {KINDS[kind].type}", keys, "Classification"), value)

    def _named(self, name: str, value: Any) -> Json:
        return self._resolved({**WHO, **REFERRAL_SIDES}[name], value)

    def _resolved(self, target: tuple[str, tuple[str, ...], str], value: Any) -> Json:
        try:
            return resolve(self._world, target, value)
        except Refusal as no:
            raise wire.CallRefused(no.code, no.description) from None


def _known(asked: Json, names: set[str] | frozenset[str]) -> None:
    if unknown := asked.keys() - names:
        raise wire.refuse("UnknownField", f"Unknown parameter {min(unknown)}.")


def _one_filter(asked: Json, names: set[str]) -> tuple[str, Any]:
    """Of the semi-optional parameters exactly one is given [D]."""
    _known(asked, names | _PAGES)
    given = sorted(asked.keys() & names)
    if len(given) != 1:
        raise wire.refuse("SemiOptional", f"Exactly one of {', '.join(sorted(names))}.")
    return given[0], asked[given[0]]
