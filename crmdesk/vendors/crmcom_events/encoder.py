"""Rows to the body of one bulk call. Everything the documents forbid is found here, before anything leaves the desk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from crmdesk.core.batch import BatchRow, OneOf
from crmdesk.core.errors import Problem, RejectedError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.said import said, said_of
from crmdesk.vendors.crmcom_events import fields as f
from crmdesk.vendors.crmcom_events.kinds import EventKind
from crmdesk.vendors.crmcom_events.settings import Settings
from crmdesk.vendors.crmcom_events.values import CENT, Convert, Unfit, convert_for

_to_json = msgspec.json.Encoder(decimal_format="number").encode
_Breach = tuple[str, str, str]  # path, code, words
_SHAPES = 500  # remembered; a hostile batch may have a thousand


@dataclass(frozen=True, slots=True)
class _Slot:
    """Where one path goes: `outer` is the identifier's key, '' for a plain field."""

    path: str
    outer: str
    inner: str
    convert: Convert


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a row that brings certain paths becomes: the slots to fill in their order, and what is wrong already."""

    slots: tuple[_Slot, ...]
    breaches: tuple[_Breach, ...]


class _Plan:
    """What may and must stand in a row, in the request, or in one entry of a RECORDS field.

    Rows of one batch mostly bring the same paths, so what follows from the paths alone is worked out once for each
    set of them: a thousand events take a third of the time."""

    def __init__(self, specs: Sequence[FieldSpec], rules: Sequence[OneOf], within: str = "") -> None:
        writable = [spec for spec in specs if spec.writable]
        self.known = frozenset(spec.path for spec in writable)
        self._slots = tuple(_slot(spec) for spec in writable if spec.kind is not FieldKind.RECORDS)
        self._required = tuple(spec.path for spec in specs if spec.required)
        self._rules = tuple(rule for rule in rules if rule.within == within and self.known.issuperset(rule.paths))
        self._shapes: dict[tuple[str, ...], _Shape] = {}

    def shape(self, values: Mapping[str, Any]) -> _Shape:
        """Of the values that are given; None is not."""
        paths = tuple(values)
        if None in values.values():
            paths = tuple(path for path in paths if values[path] is not None)
        shape = self._shapes.get(paths)
        if shape is None:
            if len(self._shapes) >= _SHAPES:
                self._shapes.clear()
            shape = self._shapes[paths] = self._new(frozenset(paths))
        return shape

    def _new(self, paths: frozenset[str]) -> _Shape:
        return _Shape(tuple(slot for slot in self._slots if slot.path in paths), tuple(self._breaches(paths)))

    def _breaches(self, paths: frozenset[str]) -> Iterator[_Breach]:
        """Unknown, missing, and either-or."""
        for path in sorted(map(str, paths - self.known)):
            yield path, "unknown", "This kind has no such field."
        for path in self._required:
            if path not in paths:
                yield path, "required", "This must not be empty."
        for rule in self._rules:
            given = [path for path in rule.paths if path in paths]
            if len(given) > 1:
                yield given[1], "one_of", said("Only one of these may be given: {fields}.", fields=", ".join(given))
            elif rule.required and not given:
                yield (
                    rule.paths[0],
                    "required",
                    said("One of these must be given: {paths}.", paths=", ".join(rule.paths)),
                )


def _slot(spec: FieldSpec) -> _Slot:
    outer, _, inner = spec.path.rpartition(".")
    return _Slot(spec.path, outer, inner, convert_for(spec))


class Encoder:
    """Makes the bodies of one kind."""

    def __init__(self, kind: EventKind, settings: Settings) -> None:
        self._kind, self._settings = kind, settings
        batch = kind.batch
        self._row = _Plan(batch.fields, batch.one_of)
        self._request = _Plan(batch.request, batch.one_of)
        self._lines = _Plan(f.PRODUCTS.parts, batch.one_of, f.PRODUCTS.path)

    def encode(self, rows: Sequence[BatchRow], request: Mapping[str, Any]) -> bytes:
        """The body without the token. RejectedError with every problem found; a problem of the request itself has no
        UID before its path."""
        problems: list[Problem] = [*self._of_all(rows)]
        body = self._part(self._request, request, "", problems)
        body[self._kind.set_name] = [self._event(row, problems) for row in rows]
        if problems:
            raise _rejected(problems)
        return _to_json(body)

    def _of_all(self, rows: Sequence[BatchRow]) -> Iterator[Problem]:
        """What no single row can know."""
        most = self._kind.batch.most
        if not 0 < len(rows) <= most:
            yield Problem(
                "", "count", said("One call takes 1 to {most} events; these are {count}.", most=most, count=len(rows))
            )
        counts = Counter(row.uid for row in rows)
        for uid, count in counts.items():
            if count > 1:
                yield Problem(
                    f"{uid}/{f.LABEL.path}",
                    "duplicate",
                    said_of(count, "One row has the same label.", "{n} rows have the same label."),
                )

    def _event(self, row: BatchRow, problems: list[Problem]) -> dict[str, Any]:
        event: dict[str, Any] = {f.LABEL.path: row.uid}
        if not row.uid.strip():
            problems.append(Problem(f"{row.uid}/{f.LABEL.path}", "required", "The label is empty."))
        event |= self._part(self._row, row.values, f"{row.uid}/", problems)
        event.setdefault(f.EXTERNAL_SYSTEM.path, self._settings.external_system)
        if self._settings.keeps_numbers:
            event.setdefault(f.EXTERNAL_NUMBER.path, row.number)
        elif f.EXTERNAL_NUMBER.path in event:
            words = "CRM.COM keeps this from R10.1 on. Check the release in the account's settings."
            problems.append(Problem(f"{row.uid}/{f.EXTERNAL_NUMBER.path}", "release", words))
        if row.values.get(f.PRODUCTS.path) is not None:
            event[f.PRODUCTS.path] = self._products(row, problems)
        return event

    def _products(self, row: BatchRow, problems: list[Problem]) -> list[dict[str, Any]]:
        given = row.values[f.PRODUCTS.path]
        above = f"{row.uid}/{f.PRODUCTS.path}"
        if f.PRODUCTS.path not in self._row.known:
            return []  # told as an unknown field already
        if not isinstance(given, list | tuple) or not all(isinstance(line, Mapping) for line in given):
            problems.append(Problem(above, "type", "This must be a list of products."))
            return []
        if not given:
            problems.append(Problem(above, "required", "There must be at least one product."))
        lines = []
        for place, values in enumerate(given):
            line = self._part(self._lines, values, f"{above}[{place}].", problems)
            if not _adds_up(line):
                words = "Net and VAT together are not the total."
                problems.append(Problem(f"{above}[{place}].{f.TOTAL.path}", "sum", words))
            lines.append(line)
        return lines

    def _part(self, plan: _Plan, values: Mapping[str, Any], above: str, problems: list[Problem]) -> dict[str, Any]:
        """Values by path to the JSON object they make, identifiers put together."""
        made: dict[str, Any] = {}
        shape = plan.shape(values)
        for slot in shape.slots:
            try:
                sent = slot.convert(values[slot.path], self._settings.local)
            except Unfit as unfit:
                problems.append(Problem(above + slot.path, unfit.code, unfit.text))
                continue
            (made.setdefault(slot.outer, {}) if slot.outer else made)[slot.inner] = sent
        problems += [Problem(above + path, code, words) for path, code, words in shape.breaches]
        return made


def _adds_up(line: Mapping[str, Any]) -> bool:
    """Within one cent. A line whose amounts are not all good is told for that."""
    net, vat, total = (line.get(spec.path) for spec in (f.NET, f.VAT, f.TOTAL))
    if isinstance(net, Decimal) and isinstance(vat, Decimal) and isinstance(total, Decimal):
        return abs(net + vat - total) <= CENT
    return True


def _rejected(problems: list[Problem]) -> RejectedError:
    """The title counts rows; a problem without a UID is about the call itself."""
    rows = len({problem.path.partition("/")[0] for problem in problems if "/" in problem.path})
    titles = {0: "This batch cannot be sent as it is.", 1: "One event cannot be sent as it is."}
    title = titles.get(
        rows, said_of(rows, "One event cannot be sent as it is.", "{n} events cannot be sent as they are.")
    )
    return RejectedError(title, "Nothing was sent. Correct what is marked.", problems=tuple(problems))
