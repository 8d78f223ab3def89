"""What is wrong with rows before they are sent, found without asking anybody: errors keep a row back, warnings want a
tick, notes only tell. Pure; what only the data file knows comes as `Background`.

A flaw stands at a row and a grid path; `core.flaw_groups` puts those together that are alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any

from crmdesk.core.batch import BatchKind, OneOf
from crmdesk.core.cell_errors import errors_in, is_error
from crmdesk.core.cells import is_readable, places_of, text_of
from crmdesk.core.clock_changes import Change, clock_change
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.fingerprint import Fingerprints, same_text
from crmdesk.core.grid_columns import columns_of, get
from crmdesk.core.said import listed, said, said_of, term, together
from crmdesk.core.submission import Line
from crmdesk.core.text import has_hidden

_ADDRESS = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
_CLOCKS = {
    Change.SKIPPED: "The clocks were put forward past this hour: on that day it did not exist.",
    Change.TWICE: "The clocks were put back on that day, so this hour came twice. Which one is meant is not sent.",
}
LONG = 255  # characters; more is unusual where the documents name no limit
RESTRICTED = "This guest is restricted or asked to be forgotten."
REPEAT = "V-REPEAT"  # sent before
ENOUGH_KNOWN = 5  # accepted identifiers, before their form says anything
CENT = Decimal("0.01")
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


class Severity(Enum):
    """ERROR: the row is not sent. WARNING: only with a person's tick. NOTE: for their information."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Flaw:
    """One finding. `row` is the place in the rows that were given, `path` a grid path or '' for the whole row."""

    row: int
    path: str
    code: str
    severity: Severity
    text: str


@dataclass(frozen=True, slots=True)
class Rules:
    """`now` is the account's local time (`BatchKind.zone`), without saying so. An event older than `old_days` is worth
    a look."""

    now: datetime
    old_days: int = 365


@dataclass(frozen=True, slots=True)
class Known:
    """What earlier answers say of somebody: events that were accepted, and the newest refusal."""

    sent: int = 0
    refused: Line | None = None


@dataclass(frozen=True, slots=True)
class Background:
    """What the data file knows. `repeats` by fingerprint; `known` by `Fingerprints.who`; `forms`: path → forms of the
    identifiers that were accepted, with how often; `restricted`, `opted_out`: rows, by their place; `currencies`: those
    that a unit's events had."""

    repeats: Mapping[bytes, Line] = field(default_factory=lambda: _NOTHING)
    known: Mapping[str, Known] = field(default_factory=lambda: _NOTHING)
    forms: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: _NOTHING)
    restricted: frozenset[int] = frozenset()
    opted_out: frozenset[int] = frozenset()
    currencies: Mapping[str, frozenset[str]] = field(default_factory=lambda: _NOTHING)


def check(
    kind: BatchKind,
    rows: Sequence[Mapping[str, Any]],
    request: Mapping[str, Any],
    rules: Rules,
    background: Background = Background(),
) -> list[Flaw]:
    """All findings, by row. `rows` are their values (`Row.values`)."""
    return _Check(kind, request, rules, background).of(rows)


def form_of(identifier: str) -> str:
    """Letters in front and length: ACR0000000077 is `acr/13`."""
    plain = identifier.strip().casefold()
    letters = re.match(r"[^0-9]*", plain)
    return f"{letters[0] if letters else ''}/{len(plain)}"


class _Check:
    def __init__(self, kind: BatchKind, request: Mapping[str, Any], rules: Rules, background: Background) -> None:
        self.kind, self.request, self.rules, self.background = kind, request, rules, background
        self.specs = [spec for spec in kind.fields if spec.writable]
        self.flags = {spec.path for spec in self.specs if spec.kind is FieldKind.FLAG}
        self.labels = {column.path: column.title for column in columns_of(kind)}
        self.prints = Fingerprints(kind)
        self.oldest = rules.now - timedelta(days=rules.old_days)
        self.summed = {path for parts, whole in kind.sums for path in (*parts, whole)}
        whose = () if kind.own_ids else kind.who
        self.formed = [path for path in whose if sum(background.forms.get(path, _NOTHING).values()) >= ENOUGH_KNOWN]

    def of(self, rows: Sequence[Mapping[str, Any]]) -> list[Flaw]:
        found: list[Flaw] = []
        first: dict[bytes, int] = {}
        references: dict[Any, int] = {}
        for number, values in enumerate(rows):
            add = _Adder(number, found)
            _look_for_errors(values, add)
            self._fields(values, add)
            self._rules(values, add)
            self._moment(values, add)
            self._person(number, values, add)
            self._same(number, values, first, references, add)
        return found

    # ── one field ────────────────────────────────────────────────────────────────────────────────────────────────

    def _fields(self, values: Mapping[str, Any], add: _Adder) -> None:
        for spec in self.specs:
            value = values.get(spec.path)
            if value in (None, "", []):
                if spec.required:
                    path = _first_part(spec)
                    add.error(path, "V-REQ", said("{field} is missing.", field=term(self.labels.get(path, spec.label))))
            elif spec.kind is FieldKind.RECORDS:
                self._lines(spec, value, add)
            else:
                self._value(spec, spec.path, value, add)

    def _lines(self, spec: FieldSpec, value: Any, add: _Adder) -> None:
        lines = value if isinstance(value, list | tuple) else [value]
        if spec.path == self.kind.alone:
            lines = lines[:1]  # a further one cannot be sent at all, which the vendor's encoder says
        for number, line in enumerate(lines):
            if not isinstance(line, Mapping):
                add.error(spec.path, "V-NUM", said("{field} cannot be read.", field=term(spec.label)))
                continue
            above = f"{spec.path}.{number}."
            for part in spec.parts:
                given = line.get(part.path)
                if given in (None, ""):
                    if part.required:
                        add.error(
                            above + part.path,
                            "V-REQ",
                            _missing(part.label, number),
                        )
                else:
                    self._value(part, above + part.path, given, add)
            for rule in self.kind.one_of:
                if rule.within == spec.path:
                    self._one_of(rule, line, above, spec.parts, add)
            self._sums(line, above, add)

    def _value(self, spec: FieldSpec, path: str, value: Any, add: _Adder) -> None:
        if is_error(value):
            return  # told as V-CELL
        match spec.kind:
            case FieldKind.NUMBER:
                self._number(spec, path, value, add)
            case FieldKind.TIME | FieldKind.DATE | FieldKind.FLAG if not is_readable(spec, value):
                if spec.kind is FieldKind.FLAG:
                    add.error(path, "V-ENUM", said("“{value}” is neither yes nor no.", value=_cut(value)))
                else:
                    add.error(
                        path, "V-DATE", said("“{value}” is not a date that has only one meaning.", value=_cut(value))
                    )
            case FieldKind.CHOICE if spec.words and value not in [code for code, _ in spec.words]:
                codes = ", ".join(code for code, _ in spec.words)
                add.error(path, "V-ENUM", said("“{value}” is not one of: {codes}.", value=_cut(value), codes=codes))
            case _ if isinstance(value, str):
                if has_hidden(value, lines=spec.kind is FieldKind.LINES):
                    add.warning(path, "V-CHARS", "This holds a character that cannot be seen, such as a line break.")
                if spec.no_card and _is_card(value):
                    add.warning(path, "V-CARD", "This looks like a whole card number, which must not be kept.")
                if spec.kind is FieldKind.EMAIL and not _ADDRESS.fullmatch(value.strip()):
                    add.warning(path, "V-MAIL", "This does not look like an e-mail address.")
                if spec.max_length and len(value) > spec.max_length:
                    add.error(
                        path,
                        "V-LEN",
                        said_of(
                            len(value),
                            "1 character; at most {most} are taken.",
                            "{n} characters; at most {most} are taken.",
                            most=spec.max_length,
                        ),
                    )
                elif not spec.max_length and len(value) > LONG:
                    add.warning(
                        path,
                        "V-LEN",
                        said_of(
                            len(value),
                            "1 character; the vendor may cut it.",
                            "{n} characters; the vendor may cut them.",
                        ),
                    )

    def _number(self, spec: FieldSpec, path: str, value: Any, add: _Adder) -> None:
        if not is_readable(spec, value):
            add.error(path, "V-NUM", said("“{value}” is not a number that has only one meaning.", value=_cut(value)))
            return
        number = Decimal(value)
        if not number.is_finite():
            add.error(path, "V-NUM", said("“{value}” is not a number.", value=_cut(value)))
            return
        if spec.path in self.summed and places_of(number) > 2:
            add.error(path, "V-NUM", said("{value} has more than two places.", value=text_of(spec, value)))
        if number < 0:
            add.warning(path, "V-NEG", said("{value} is negative.", value=text_of(spec, value)))

    # ── fields together ──────────────────────────────────────────────────────────────────────────────────────────

    def _rules(self, values: Mapping[str, Any], add: _Adder) -> None:
        for rule in self.kind.one_of:
            if not rule.within and all(path in self.labels for path in rule.paths):
                self._one_of(rule, values, "", self.specs, add)
        _look_for_self(self.kind, values, add)
        for consent in self.kind.consents:
            self._consent(consent, values, add)
        if self.kind.currency:
            self._currency(values, add)

    def _one_of(
        self, rule: OneOf, values: Mapping[str, Any], above: str, specs: Sequence[FieldSpec], add: _Adder
    ) -> None:
        given = [path for path in rule.paths if values.get(path) not in (None, "")]
        if len(given) > 1:
            labels = [spec.label for spec in specs if spec.path in given]
            add.error(
                above + given[1], "V-BOTH", said("Only one of these may be given: {fields}.", fields=listed(labels))
            )
        elif rule.required and not given:
            label = next(spec.label for spec in specs if spec.path == rule.paths[0])
            add.error(
                above + rule.paths[0],
                "V-ONEOF",
                said("{field}, or another identifier in its place, is missing.", field=term(label)),
            )

    def _sums(self, line: Mapping[str, Any], above: str, add: _Adder) -> None:
        for parts, whole in self.kind.sums:
            given = [line.get(path) for path in (*parts, whole)]
            if not all(isinstance(one, Decimal | int) for one in given):
                continue
            *several, total = [Decimal(one) for one in given if one is not None]
            if abs(sum(several) - total) > CENT:
                add.error(
                    above + whole,
                    "V-SUM",
                    said("The parts make {sum}, the total says {total}.", sum=sum(several), total=total),
                )

    def _consent(self, consent: Sequence[str], values: Mapping[str, Any], add: _Adder) -> None:
        """A flag says an agreement when it is on, anything else when it is there."""
        path, *proof = consent
        missing = [one for one in proof if values.get(one) in (None, "")]
        given = values.get(path)
        agreed = given is True if path in self.flags else given not in (None, "", False)
        if agreed and missing:
            labels = listed(self.labels[one] for one in missing)
            add.warning(path, "V-CONSENT", said("An agreement without its proof: {fields}.", fields=labels))

    def _currency(self, values: Mapping[str, Any], add: _Adder) -> None:
        meant = next((str(self.request[path]) for path in self.kind.currency if self.request.get(path)), "")
        unit = next((str(values[path]) for path in self.kind.unit if values.get(path)), "")
        known = self.background.currencies.get(unit.casefold(), frozenset())
        if meant and known and meant.casefold() not in known:
            words = ", ".join(sorted(known)).upper()
            path = next(path for path in self.kind.unit if values.get(path))
            add.warning(
                path,
                "V-CUR",
                said(
                    "Earlier purchases of {unit} were in {words}, these are in {meant}.",
                    unit=unit,
                    words=words,
                    meant=meant,
                ),
            )

    def _moment(self, values: Mapping[str, Any], add: _Adder) -> None:
        given = values.get(self.kind.performed)
        if not isinstance(given, str):
            return
        try:
            moment = datetime.fromisoformat(given)
            local = moment.astimezone(self.kind.zone).replace(tzinfo=None) if moment.tzinfo else moment
        except (ValueError, OverflowError):
            return  # told as V-DATE
        if words := _CLOCKS.get(clock_change(local, self.kind.zone)):
            add.warning(self.kind.performed, "V-CLOCK", words)
        if local > self.rules.now:
            add.warning(self.kind.performed, "V-FUT", "This is in the future.")
        elif local < self.oldest:
            add.warning(
                self.kind.performed,
                "V-OLD",
                said_of(self.rules.old_days, "This is more than one day ago.", "This is more than {n} days ago."),
            )

    # ── what is known already ────────────────────────────────────────────────────────────────────────────────────

    def _person(self, number: int, values: Mapping[str, Any], add: _Adder) -> None:
        if number in self.background.restricted:
            add.error("", "V-RESTR", RESTRICTED)
        if number in self.background.opted_out:
            add.warning("", "V-OPTOUT", "This guest did not agree to marketing.")
        path = next((path for path in self.kind.who if values.get(path) not in (None, "")), "")
        if not path:
            return
        known = self.background.known.get(self.prints.who(values))
        if known is not None and known.refused is not None:
            line = known.refused
            add.warning(
                path, "V-KNOWNBAD", said("Refused on {day}: {why}", day=line.at[:10], why=line.text or line.code)
            )
        elif known is not None and known.sent:
            add.note(path, "N-KNOWN", said_of(known.sent, "Accepted once before.", "Accepted {n} times before."))
        elif path in self.formed and form_of(str(values[path])) not in self.background.forms[path]:
            add.warning(path, "V-IDFORM", "This looks unlike the identifiers that were accepted so far.")

    def _same(
        self,
        number: int,
        values: Mapping[str, Any],
        first: dict[bytes, int],
        references: dict[Any, int],
        add: _Adder,
    ) -> None:
        line = None
        if mark := self.prints.of(values):
            twin = first.setdefault(mark, number)
            if twin != number:
                add.warning("", "V-TWIN", said("The same event as in row {row}.", row=twin + 1))
            if (line := self.background.repeats.get(mark)) is not None:
                add.warning("", REPEAT, _repeated(line))
        if line is None:  # what was sent already is left out as a rule; both together are refused by `hindered`
            _look_for_number(self.kind, number, values, references, add)


def hindered(kind: BatchKind, rows: Sequence[Mapping[str, Any]], restricted: frozenset[int]) -> list[Flaw]:
    """The errors that no encoder of a vendor can find, for a last look before rows are sealed."""
    found: list[Flaw] = []
    references: dict[Any, int] = {}
    for number, values in enumerate(rows):
        add = _Adder(number, found)
        if number in restricted:
            add.error("", "V-RESTR", RESTRICTED)
        _look_for_errors(values, add)
        _look_for_self(kind, values, add)
        _look_for_number(kind, number, values, references, add)
    return found


def _look_for_errors(values: Mapping[str, Any], add: _Adder) -> None:
    for path, text in errors_in(values):
        add.error(path, "V-CELL", said("“{value}” is an error of the spreadsheet, not a value.", value=text))


def _look_for_self(kind: BatchKind, values: Mapping[str, Any], add: _Adder) -> None:
    for one, other in kind.differ:
        given = values.get(one)
        if given not in (None, "") and same_text(given, values.get(other, "")):
            add.error(one, "V-SELF", "Somebody cannot refer themselves.")


def _look_for_number(
    kind: BatchKind, number: int, values: Mapping[str, Any], references: dict[Any, int], add: _Adder
) -> None:
    """A row that has an error is not sent, so its numbers are free for others."""
    flawed = add.has_errors
    for path in kind.unique:
        own = get(values, path)
        once_more = path in kind.who and bool(kind.alone and values.get(kind.alone))  # a guest's further purchase
        if not isinstance(own, str) or not own or once_more:
            continue
        first = references.get((path, own), number) if flawed else references.setdefault((path, own), number)
        if first != number:
            add.error(path, "V-RID", said("This number is that of row {row}, too.", row=first + 1))


class _Adder:
    """Puts findings of one row into the list."""

    __slots__ = ("_found", "_row", "has_errors")

    def __init__(self, row: int, found: list[Flaw]) -> None:
        self._row, self._found = row, found
        self.has_errors = False

    def error(self, path: str, code: str, text: str) -> None:
        self.has_errors = True
        self._found.append(Flaw(self._row, path, code, Severity.ERROR, text))

    def warning(self, path: str, code: str, text: str) -> None:
        self._found.append(Flaw(self._row, path, code, Severity.WARNING, text))

    def note(self, path: str, code: str, text: str) -> None:
        self._found.append(Flaw(self._row, path, code, Severity.NOTE, text))


def _first_part(spec: FieldSpec) -> str:
    """Where the missing lines of a RECORDS field would be typed."""
    if spec.kind is not FieldKind.RECORDS:
        return spec.path
    part = next((part for part in spec.parts if part.required), spec.parts[0])
    return f"{spec.path}.0.{part.path}"


def _repeated(line: Line) -> str:
    about = [
        said("Event: {number}.", number=line.number or line.remote_id) if line.number or line.remote_id else "",
        said("Operator: {name}.", name=line.operator) if line.operator else "",
        "" if line.stage.value == "sent" else said("Outcome: {state}.", state=term(line.stage.value)),
    ]
    return together(said("Sent on {day}.", day=line.at[:10]), *about)


def _is_card(text: str) -> bool:
    """13 to 19 digits whose last one is right (ISO/IEC 7812)."""
    if not re.fullmatch(r"[0-9](?:[ -]?[0-9]){12,18}", text.strip()):
        return False
    digits = [int(digit) for digit in text if digit in "0123456789"]
    doubled = [digit if place % 2 == 0 else (2 * digit - 9 if digit > 4 else 2 * digit)
               for place, digit in enumerate(reversed(digits))]  # fmt: skip
    return sum(doubled) % 10 == 0


def _missing(label: str, number: int) -> str:
    """`number`: which line of several it is, from 0."""
    if number:
        return said("{field} is missing in line {line}.", field=term(label), line=number + 1)
    return said("{field} is missing.", field=term(label))


def _cut(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else f"{text[:39]}…"
