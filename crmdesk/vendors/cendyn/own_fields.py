"""The custom fields that an account has at Cendyn: typed once in its settings, columns of every list that is sent.

page: contacts[[custom field]] You can create a custom field and use in every contact, only add parameter in the json
with the name of custom (no label); purchase[Purchase custom field] with a specific type. Which there are is the
account's own affair. Types are Cendyn's words (vendor reference, section 6).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from crmdesk.core.errors import SettingsError
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.said import named, said

CONTACT_SETTING, PURCHASE_SETTING = "custom_fields", "purchase_custom_fields"
GROUP = "Own fields"
MOST_TOLD = 30  # of those that Cendyn has
_TYPES = {
    "string": FieldKind.TEXT,
    "number": FieldKind.NUMBER,
    "date": FieldKind.DATE,
    "boolean": FieldKind.FLAG,
    "selectable_options": FieldKind.TEXT,
}
_NAME = re.compile(r"[^\s.,;:\0-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]{1,100}")
_SOURCES = {
    CONTACT_SETTING: "page: contacts[[custom field]] only add parameter in the json with the name of custom (no label)",
    PURCHASE_SETTING: "page: purchase[Purchase custom field] with a specific type and use it within your API request",
}


@dataclass(frozen=True, slots=True)
class OwnFields:
    """By their place in what is sent."""

    contact: tuple[FieldSpec, ...] = ()
    purchase: tuple[FieldSpec, ...] = ()


def read_own_fields(config: Mapping[str, str], taken: frozenset[str], bought: frozenset[str]) -> OwnFields:
    """What the settings say. `taken` and `bought` are the documented names. SettingsError(field)."""
    return OwnFields(_read(config, CONTACT_SETTING, taken), _read(config, PURCHASE_SETTING, bought))


def typeable(found: Mapping[str, str]) -> str:
    """Names that Cendyn lists, with its words for their types, as they can be typed into the setting; '' for none."""
    usable = {name: kind.casefold() for name, kind in found.items() if _NAME.fullmatch(name)}
    words = [f"{name}: {kind}" if kind in _TYPES and kind != "string" else name for name, kind in usable.items()]
    return ", ".join(words[:MOST_TOLD]) + (", …" if len(words) > MOST_TOLD else "")


def _read(config: Mapping[str, str], setting: str, taken: frozenset[str]) -> tuple[FieldSpec, ...]:
    found: dict[str, FieldSpec] = {}
    for entry in re.split(r"[,;\n]", config.get(setting, "")):
        name, _, word = (part.strip() for part in entry.partition(":"))
        if not name and not word:
            continue
        if not _NAME.fullmatch(name):
            title = said("“{name}” cannot be the name of a custom field.", name=name[:40])
            raise SettingsError(title, "A name has no spaces or dots: not the label, but the name.", field=setting)
        if name in taken or name in found:
            title = said("“{name}” is a field of every list already.", name=name[:40])
            raise SettingsError(title, "Name custom fields only, each once.", field=setting)
        kind = _TYPES.get(word.casefold() or "string")
        if kind is None:
            title = said("“{word}” is not the type of a custom field.", word=word[:40])
            raise SettingsError(title, said("It is one of: {words}.", words=", ".join(_TYPES)), field=setting)
        found[name] = FieldSpec(name, named(name), kind, GROUP, source=_SOURCES[setting])
    return tuple(found.values())
