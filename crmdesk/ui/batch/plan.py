"""One field of many contacts: which fields they share, what a wish makes of each, and what cannot be done. No widgets.

Nothing is left out silently: every selected contact is a candidate, or stands under the reason why not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from crmdesk.core.fields import FieldKind, FieldSpec, find
from crmdesk.core.merge import alike
from crmdesk.core.outbox import FieldChange
from crmdesk.core.types import ContactDetail, ContactRow, Json
from crmdesk.core.vendor import Vendor
from crmdesk.sync.validation import validate
from crmdesk.ui.editor.subject import read, shown_of
from crmdesk.ui.editor.values import Held, as_json, held, is_single

LIMIT = 2000  # contacts of one batch: each is an intent of its own in the outbox
_TEXTS = (FieldKind.TEXT, FieldKind.LINES, FieldKind.EMAIL, FieldKind.URL)
_CODES = (FieldKind.CHOICES, FieldKind.LANGUAGES)
_SHARED = (*_TEXTS, *_CODES, FieldKind.CHOICE, FieldKind.COUNTRY, FieldKind.DATE, FieldKind.NUMBER, FieldKind.FLAG)
GONE = "It is no longer here."


class Way(Enum):
    """What is done to the field."""

    SET = "Set to"
    ADD = "Add"
    REMOVE = "Remove"
    REPLACE = "Replace text"
    CLEAR = "Clear"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A contact that may be changed. `values`: its JSON with the edits that wait."""

    row: ContactRow
    vendor: str
    values: Json


@dataclass
class Selection:
    """`barred`: how many cannot be changed, by the reason."""

    candidates: list[Candidate] = field(default_factory=list)
    barred: dict[str, int] = field(default_factory=dict)

    @property
    def left_out(self) -> int:
        return sum(self.barred.values())

    def bar(self, reason: str, count: int = 1) -> None:
        if count > 0:
            self.barred[reason] = self.barred.get(reason, 0) + count


def sort_out(
    details: Iterable[ContactDetail],
    vendor_of: Callable[[int], Vendor | None],
    why_not: Callable[[ContactRow, str], str | None],
    into: Selection,
) -> None:
    """Adds the contacts to the selection. `vendor_of(account id)`; `why_not` as `edits.why_not`."""
    for detail in details:
        vendor, reason = vendor_of(detail.row.account_id), why_not(detail.row, "edit")
        if reason is None and vendor is not None:
            values = shown_of(vendor, read(detail.body), detail.ops)
            into.candidates.append(Candidate(detail.row, vendor.key, values))
        else:
            into.bar(reason or GONE)


@dataclass(frozen=True, slots=True)
class Common:
    """A field that all vendors concerned have and let write, with each one's spec by vendor key."""

    label: str
    specs: Mapping[str, FieldSpec]

    @property
    def spec(self) -> FieldSpec:
        """Any of them: they are edited alike."""
        return next(iter(self.specs.values()))

    @property
    def ways(self) -> tuple[Way, ...]:
        """What may be done to it."""
        found = [Way.SET]
        if self.spec.kind in _CODES and not self.spec.single:
            found += [Way.ADD, Way.REMOVE]
        if self.spec.kind in _TEXTS:
            found.append(Way.REPLACE)
        if not any(spec.required for spec in self.specs.values()):
            found.append(Way.CLEAR)
        return tuple(found)


def common(vendors: Mapping[str, Sequence[FieldSpec]]) -> list[Common]:
    """Fields that all these vendors share, in the first one's order: alike in label, kind and codes."""
    tables = [{_likeness(spec): spec for spec in specs if _can(spec)} for specs in vendors.values()]
    if not tables:
        return []
    shared = [key for key in tables[0] if all(key in table for table in tables)]
    return [
        Common(tables[0][key].label, dict(zip(vendors, (table[key] for table in tables), strict=True)))
        for key in shared
    ]


def _can(spec: FieldSpec) -> bool:
    return spec.writable and not spec.masked and not spec.form_of and spec.kind in _SHARED


def _likeness(spec: FieldSpec) -> tuple[Any, ...]:
    return spec.label, spec.kind, spec.words, spec.single


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be done: `value` as `editor.values.held` has it (SET, ADD, REMOVE), `find` and `put` for REPLACE."""

    field: Common
    way: Way
    value: Held = None
    find: str = ""
    put: str = ""

    @property
    def complete(self) -> bool:
        """Whether there is anything to do; an empty value to set is none: that is CLEAR."""
        if self.way is Way.CLEAR:
            return True
        return bool(self.find) if self.way is Way.REPLACE else self.value not in ("", (), None)


@dataclass(frozen=True, slots=True)
class Result:
    """What a wish makes of one contact. `problem` in words: it cannot be saved so."""

    candidate: Candidate
    spec: FieldSpec
    was: Any
    now: Any
    problem: str = ""
    warning: str = ""

    @property
    def changes(self) -> bool:
        return not alike(self.spec, self.was, self.now)

    @property
    def change(self) -> FieldChange:
        return FieldChange(self.spec.path, self.was, self.now)


def result_of(wish: Wish, candidate: Candidate) -> Result:
    spec = wish.field.specs[candidate.vendor]
    was = find(candidate.values, spec.path)
    now = _made(wish, spec, was)
    found = Result(candidate, spec, was, now)
    if not found.changes:
        return found
    findings = validate({spec.path: now}, (spec,))
    problem = next((finding.text for finding in findings if not finding.warning), "")
    warning = next((finding.text for finding in findings if finding.warning), "")
    return Result(candidate, spec, was, now, problem, warning)


def _made(wish: Wish, spec: FieldSpec, was: Any) -> Any:
    now = held(spec, was)
    match wish.way:
        case Way.SET:
            now = wish.value
        case Way.CLEAR:
            now = () if spec.kind in _CODES else None if spec.kind is FieldKind.FLAG else ""
        case Way.ADD:
            now = (*now, *(code for code in wish.value if code not in now))
        case Way.REMOVE:
            now = tuple(code for code in now if code not in wish.value)
        case Way.REPLACE:
            now = now.replace(wish.find, wish.put)
    return as_json(spec, now, _form(spec, was))


def _form(spec: FieldSpec, was: Any) -> Any:
    """What shows `as_json` the form: the vendor's value, but no text where the field is a list of codes."""
    return None if spec.kind in _CODES and not spec.single and is_single(spec, was) else was


def in_order(results: Iterable[Result]) -> list[Result]:
    """Problems first, then what changes, then what stays as it is; else as they came."""
    return sorted(results, key=lambda result: (not result.problem, not result.changes))
