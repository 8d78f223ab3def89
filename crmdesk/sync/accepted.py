"""What a vendor took although a rule of ours had warned of it: from then on the same warning says so (UX-VAL-05)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from crmdesk.core.errors import StorageError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.outbox import FieldChange
from crmdesk.core.said import said, term
from crmdesk.core.vendor import Vendor
from crmdesk.sync import validation
from crmdesk.sync.validation import Finding

if TYPE_CHECKING:
    from crmdesk.store.database import Database

log = logging.getLogger(__name__)

# Warnings about what a vendor may refuse. Of the others (a mistyped domain, a number that stands there twice) its
# answer says nothing.
_ITS_OWN = frozenset({"very_long", "upcoming", "phone_letters", "phone_prefix", "phone_doubt", "email_form", "expired"})
_OF_ONE_VALUE = frozenset({"upcoming"})  # a code of the vendor's list


def mark_of(found: Finding, values: Mapping[str, Any]) -> str:
    """Names field and rule, in whichever line of a list; '' where a vendor's answer says nothing."""
    if not found.warning or found.code not in _ITS_OWN:
        return ""
    path = ".".join("*" if part.isdecimal() else part for part in found.path.split("."))
    return f"{path} {found.code}" + (f" {values.get(found.path)}" if found.code in _OF_ONE_VALUE else "")


class Accepted:
    """`load` first (blocks); then `known` is answered at once, from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, frozenset[str]] = {}

    def load(self) -> None:
        """StorageError."""
        from crmdesk.store import accepted
        from crmdesk.store.database import driver_of

        self._known = self._database.read_sync(lambda c: accepted.read(driver_of(c)))

    def known(self, vendor: str) -> frozenset[str]:
        return self._known.get(vendor, frozenset())

    async def learn(self, vendor: Vendor, changes: Iterable[FieldChange], today: date) -> None:
        """The vendor has just taken these. That it cannot be noted costs nobody anything."""
        from crmdesk.store import accepted
        from crmdesk.store.database import driver_of

        values = {change.path: change.now for change in changes}
        findings = validation.validate(values, vendor.fields, today=today)
        new = {mark for found in findings if (mark := mark_of(found, values))} - self.known(vendor.key)
        if not new:
            return
        try:
            self._known[vendor.key] = await self._database.write(
                lambda c, _touched: accepted.add(driver_of(c), vendor.key, new)
            )
        except StorageError as error:
            log.info("what a vendor takes could not be noted: %s", error.title)


class Rules:
    """`sync.validation` for one editor: with the day at the desk, and with what its vendor has taken before."""

    def __init__(self, vendor: str, taken: frozenset[str], today: date) -> None:
        """`vendor`: its title."""
        self._vendor, self._taken, self._today = vendor, taken, today

    def validate(self, values: Mapping[str, Any], specs: Sequence[FieldSpec]) -> Sequence[Finding]:
        return [self._worded(found, values) for found in validation.validate(values, specs, today=self._today)]

    def accepted(self, values: Mapping[str, Any], specs: Sequence[FieldSpec]) -> Sequence[Finding]:
        """Only warnings that the vendor has refuted, worded so."""
        found = validation.validate(values, specs, today=self._today)
        return [self._worded(one, values) for one in found if mark_of(one, values) in self._taken]

    def missing(self, values: Mapping[str, Any], specs: Sequence[FieldSpec]) -> Sequence[Finding]:
        return validation.missing(values, specs)

    def cleaned(self, value: Any, spec: FieldSpec) -> tuple[Any, int]:
        return validation.cleaned(value, spec)

    def _worded(self, found: Finding, values: Mapping[str, Any]) -> Finding:
        if mark_of(found, values) not in self._taken:
            return found
        text = said(
            "{warning} {vendor} has accepted such a value before.", warning=term(found.text), vendor=self._vendor
        )
        return replace(found, text=text)
