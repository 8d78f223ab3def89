"""One field of one record brought into another record of the same person, in the form its vendor wants. Pure.

Fields correspond by their meaning (`core.meanings`). What can hold several values keeps those it has: phones and
languages are added to; everything else is replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crmdesk.core.compare import same_values
from crmdesk.core.errors import ForbiddenError
from crmdesk.core.fields import FieldKind, FieldSpec, find
from crmdesk.core.meanings import Content
from crmdesk.core.merge import is_empty, overlay, same
from crmdesk.core.outbox import FieldChange
from crmdesk.core.said import said


def carried(source: Content, target: Content, meaning: str) -> FieldChange:
    """The change of `target` that takes over the field of `source`. ForbiddenError with the reason where there is none:
    the vendor lacks the field, keeps it in a form that cannot be filled from here, or has the value already."""
    values = source.values(meaning)
    vendor = target.vendor.title
    specs = target.specs(meaning)
    if not values:
        raise ForbiddenError("There is nothing to copy.", "The field is empty in this record.")
    if not specs:
        raise ForbiddenError(said("{vendor} has no such field.", vendor=vendor))
    writable = [spec for spec in specs if spec.writable]
    if not writable:
        raise ForbiddenError(said("{vendor} does not let this field be changed from here.", vendor=vendor))
    if same_values(meaning, values, target.values(meaning)):
        raise ForbiddenError("Both records have the same in this field.")
    spec = next((spec for spec in writable if is_empty(find(target.raw, spec.path))), writable[0])
    build = _BUILD.get(spec.kind)
    if build is None:
        raise ForbiddenError(said("{vendor} keeps this field in another form.", vendor=vendor), "Type it there.")
    was = find(target.raw, spec.path)
    now = build(source, target, meaning, spec)
    if same(was, now):
        raise ForbiddenError("Both records have the same in this field.")
    return FieldChange(spec.path, was, now)


def _text(source: Content, _target: Content, meaning: str, _spec: FieldSpec) -> Any:
    """As it stands there, with its lines; several values as lines."""
    whole = source.raw_value(meaning)
    return whole if isinstance(whole, str) else "\n".join(source.values(meaning))


def _first(source: Content, _target: Content, meaning: str, _spec: FieldSpec) -> Any:
    return source.values(meaning)[0]


def _country(source: Content, target: Content, meaning: str, _spec: FieldSpec) -> Any:
    code = source.values(meaning)[0]
    if len(code) != 2 or not code.isascii():
        raise _unknown(code, target)
    return code.upper()


def _choice(source: Content, target: Content, meaning: str, spec: FieldSpec) -> Any:
    """The vendor's code for it."""
    wanted = source.values(meaning)[0].casefold()
    found = next((code for code, word in spec.words if wanted in (code.casefold(), word.casefold())), None)
    if found is None:
        raise _unknown(source.values(meaning)[0], target)
    return found


def _languages(source: Content, target: Content, meaning: str, spec: FieldSpec) -> Any:
    """In the vendor's own codes; those it has stay in front."""
    known = [_code(target, spec, language) for language in source.values(meaning)]
    codes = [code for code in known if code]
    if not codes:
        raise _unknown(", ".join(source.values(meaning)), target)
    if spec.single:
        return codes[0]
    there = find(target.raw, spec.path)
    kept = there if isinstance(there, list) else [] if is_empty(there) else [there]
    return [*kept, *(code for code in codes if code not in kept)]


def _code(target: Content, spec: FieldSpec, language: str) -> str:
    """What the vendor calls this language ('' where it does not take it): the code that its own summary reads so."""
    if not spec.suggests:
        return language
    for code in (language, *spec.suggests):
        value = code if spec.single else [code]
        read = target.vendor.summarise(overlay({}, [FieldChange(spec.path, None, value)])).languages
        if code in spec.suggests and read == (language,):
            return code
    return ""


def _phones(source: Content, target: Content, _meaning: str, spec: FieldSpec) -> Any:
    """The numbers that are not there yet; a single line takes the first of them."""
    there = target.values("phone")
    new = [number for number in source.values("phone") if not any(same_values("phone", [number], [x]) for x in there)]
    if not new:
        raise ForbiddenError("Both records have the same in this field.")
    if spec.single:
        return new[0]
    kept = find(target.raw, spec.path)
    label = spec.suggests[0] if spec.suggests else "phone"
    lines = [{"label": label, "number": number} for number in new]
    return [*(kept if isinstance(kept, list) else []), *lines]


def _unknown(value: str, target: Content) -> ForbiddenError:
    return ForbiddenError(
        said("{vendor} does not know “{value}”.", vendor=target.vendor.title, value=value), "Type it there."
    )


_BUILD: Mapping[FieldKind, Callable[[Content, Content, str, FieldSpec], Any]] = {
    FieldKind.TEXT: _first,
    FieldKind.LINES: _text,
    FieldKind.EMAIL: _first,
    FieldKind.URL: _first,
    FieldKind.DATE: _first,
    FieldKind.COUNTRY: _country,
    FieldKind.CHOICE: _choice,
    FieldKind.LANGUAGES: _languages,
    FieldKind.PHONES: _phones,
}
