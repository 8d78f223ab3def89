"""The catalogues of the program: one .po for each language, brought up to the source, with its .mo beside it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages import pofile
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from tests.locale.source import ROOT, messages

FOLDER = ROOT / "resources" / "locale"
PLACES = 3  # of a message that are named for the translator


class Plain(Catalog):
    """A catalogue without dates and versions in its head: the same messages give the same bytes."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        return [
            ("Project-Id-Version", "crmdesk"),
            ("Language", str(self.locale_identifier)),
            ("MIME-Version", "1.0"),
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Transfer-Encoding", "8bit"),
            ("Plural-Forms", self.plural_forms),
        ]


def po_file(code: str) -> Path:
    return FOLDER / code / "crmdesk.po"


def codes() -> list[str]:
    """Languages with a catalogue."""
    return sorted(file.parent.name for file in FOLDER.glob("*/crmdesk.po"))


def template() -> Catalog:
    """Every message of the source, untranslated."""
    made = Catalog(project="crmdesk", charset="utf-8")
    for message in messages().values():
        text = (message.one, message.many) if message.many else message.one
        files = dict.fromkeys(name for name, _ in message.places)  # without lines: they would change with every edit
        made.add(text, locations=[(name, 0) for name in files][:PLACES])
    return made


def read(code: str) -> Plain:
    """As it was written; nothing where there is no such file yet."""
    made = _empty(code)
    if po_file(code).is_file():
        with po_file(code).open("rb") as file:
            for message in pofile.read_po(file, locale=code, abort_invalid=True):
                if message.id:
                    made.add(message.id, message.string, locations=message.locations)
    return made


def _empty(code: str) -> Plain:
    made = Plain(locale=code, fuzzy=False)
    made.header_comment = f"# crmdesk in {made.locale.english_name if made.locale else code}"
    return made


def updated(code: str) -> Catalog:
    """The catalogue with all messages of the source and no others; translations are kept, none is guessed."""
    fresh = template()
    made, old = _empty(code), read(code)
    for message in fresh:
        if message.id:
            known = old.get(message.id)
            same = known is not None and isinstance(known.id, str) == isinstance(message.id, str)  # plural or not
            made.add(message.id, known.string if known and same else None, locations=message.locations)
    return made


def po_bytes(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    pofile.write_po(out, catalogue, width=120, include_lineno=False, sort_by_file=False)
    return out.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    out = io.BytesIO()
    write_mo(out, catalogue)
    return out.getvalue()


def update(code: str) -> None:
    """Writes the .po anew from the source and its .mo from that."""
    po_file(code).parent.mkdir(parents=True, exist_ok=True)
    po_file(code).write_bytes(po_bytes(updated(code)))
    po_file(code).with_suffix(".mo").write_bytes(mo_bytes(read(code)))


def missing(catalogue: Catalog) -> list[str | tuple[str, ...]]:
    """Messages without a translation in every form."""
    return [message.id for message in catalogue if message.id and not all(_forms(message.string))]


def faults(catalogue: Catalog) -> Iterator[str]:
    """Translations that would break a text: other {placeholders}, other lines at the ends, other tags."""
    for message in catalogue:
        originals = _forms(message.id)
        for text in _forms(message.string) if message.id else ():
            if text and all(not _same_frame(original, text) for original in originals):
                yield f"{originals[0]!r} → {text!r}"


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text or "",) if isinstance(text, str) or text is None else tuple(text)


def _same_frame(original: str, text: str) -> bool:
    """The same {placeholders}; the same blanks at both ends; the same closing dots."""
    ours, theirs = sorted(re.findall(r"\{\w*\}", original)), sorted(re.findall(r"\{\w*\}", text))
    ends = [(one[:1].isspace(), one[-1:].isspace(), one.endswith("…")) for one in (original, text)]
    return ours == theirs and ends[0] == ends[1]
