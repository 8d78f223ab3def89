"""An extract as a page that any browser shows and prints: no script, no link, nothing that is fetched, and every text
escaped, for much of it is a vendor's."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QLocale, Qt

from crmdesk.core.text import one_line
from crmdesk.ui import language
from crmdesk.ui.words import exact_time, tr

LONGEST = 20_000  # letters of one value; the file for programs has all of it
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = (
    "body{font:15px/1.45 sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#111;background:#fff}"
    "h1{font-size:1.6rem}h2{font-size:1.25rem;margin:2rem 0 .3rem;border-bottom:2px solid #333}"
    "h3{font-size:1rem;margin:1.2rem 0 .2rem}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:start;vertical-align:top;padding:.25rem .5rem;border-bottom:1px solid #bbb;"
    "overflow-wrap:anywhere}th{width:30%;font-weight:600}.warn{border:2px solid #333;padding:.4rem .6rem}"
    "@media print{h2{break-before:auto}tr{break-inside:avoid}}"
)
# part of a record → heading; the columns that a person wants, by their names in the tables
_PARTS: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...] = (
    ("waiting_and_sent_edits", "Edits made here", (
        ("created_at", "When"), ("operator", "By"), ("kind", "What"), ("state", "State"), ("changes", "Values"))),
    ("drafts", "Typed, not saved", (("at", "When"), ("operator", "By"), ("changes", "Values"))),
    ("history", "History here", (
        ("at", "When"), ("operator", "By"), ("did", "What"), ("changes", "Values"), ("note", "Note"))),
    ("trash", "In the trash", (("deleted_at", "When"), ("operator", "By"), ("body", "Values"))),
    ("linked_records", "Linked with", (("remote_id", "Vendor id"),)),
    ("possible_duplicates", "Likened with other records", (
        ("score", "Score"), ("matched", "Alike"), ("contradicting", "Different"), ("verdict", "Decided"),
        ("decided_at", "When"), ("operator", "By"))),
    ("earlier_at_vendor", "Earlier states at the vendor", (("at", "When"), ("number", "Number"), ("answer", "Values"))),
    ("bulk_rows", "Rows of bulk events", (
        ("submission", "Bulk events"), ("stage", "State"), ("content", "Values"), ("cells", "The file’s cells"),
        ("note", "Note"))),
    ("sent", "What was sent", (
        ("at", "When"), ("operator", "By"), ("kind", "What"), ("stage", "State"), ("number", "Number"),
        ("who", "Named as"), ("text", "The vendor’s answer"), ("note", "Note"))),
    ("searches", "Recent searches", (("text", "Search"),)),
    ("handled_here", "Who looked at it or took it out", (
        ("at", "When"), ("operator", "By"), ("did", "What"), ("fields", "Fields"), ("note", "Note"))),
)  # fmt: skip
_GUARD = '<meta http-equiv="Content-Security-Policy" content="POLICY">'.replace("POLICY", _POLICY)
_TIMES = frozenset({"at", "created_at", "deleted_at", "decided_at"})


def page(found: Mapping[str, Any]) -> str:
    """HTML of a whole extract (`sync.extracting.document`)."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    code, mirrored = language.current(), QLocale().textDirection() == Qt.LayoutDirection.RightToLeft
    way = "rtl" if mirrored else "ltr"
    title = tr("What is kept here of one guest")
    yield f'<!DOCTYPE html>\n<html lang="{code}" dir="{way}"><head><meta charset="utf-8">'
    yield _GUARD
    yield '<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">'
    yield f"<title>{_safe(title)}</title><style>{_STYLE}</style></head><body><h1>{_safe(title)}</h1>"
    yield _table([(tr("Made on"), exact_time(str(found.get("made_at", "")))), (tr("By"), found.get("made_by", ""))])
    for record in found.get("records", ()):
        yield from _record(record)
    words = tr("Messages, approvals and files of signed-in guests, bookings, and whatever a vendor keeps besides these "
               "records are not kept here: ask the vendors named above.")  # fmt: skip
    yield f"<h2>{_safe(tr('Not kept here'))}</h2><p>{_safe(words)}</p></body></html>"


def _record(record: Mapping[str, Any]) -> Iterator[str]:
    where = " · ".join(dict.fromkeys(str(record[key]) for key in ("vendor", "account") if record.get(key)))
    yield f"<h2>{_safe(where or tr('A removed account'))}</h2>"
    yield f'<p class="{"" if record.get("read_for_this_extract") else "warn"}">{_safe(_freshness(record))}</p>'
    yield _table([(tr("Name"), record.get("name")), (tr("Vendor id"), record.get("vendor_id")),
                  (tr("Marks"), [tr(one) for one in record.get("marks", ())])])  # fmt: skip
    yield from _fields(record.get("fields", ()))
    yield f"<h3>{_safe(tr('Consents'))}</h3>"
    consents = record.get("consents") or ()
    yield _table([(tr(str(one["label"])), one["value"]) for one in consents]) if consents else f"<p>{_none()}</p>"
    for key, heading, columns in _PARTS:
        if rows := record.get(key):
            yield f"<h3>{_safe(tr(heading))}</h3>"
            yield from (_row(row, columns) for row in rows)
    if why := record.get("why_no_earlier"):
        yield f"<p>{_safe(tr('Earlier states at the vendor could not be read:'))} {_safe(tr(str(why)))}</p>"


def _none() -> str:
    return _safe(tr("None are known."))


def _freshness(record: Mapping[str, Any]) -> str:
    at = exact_time(str(record.get("as_of") or ""))
    if record.get("gone_at_vendor"):
        return tr("The vendor says that it no longer has this record. This is the last state that was known here.")
    if record.get("read_for_this_extract"):
        return tr("Read from the vendor for this extract on {time}.").replace("{time}", at)
    words = tr("Not read from the vendor for this extract. As of {time}. {why}") if at else tr("Not read. {why}")
    return words.replace("{time}", at).replace("{why}", tr(str(record.get("why_not_read") or "")))


def _fields(fields: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """In the vendor's groups."""
    for group in dict.fromkeys(str(one.get("group") or "") for one in fields):
        yield f"<h3>{_safe(tr(group) if group else tr('Contact'))}</h3>"
        some = (one for one in fields if str(one.get("group") or "") == group)
        yield _table([(tr(str(one["label"])), one["value"]) for one in some])


def _row(row: Mapping[str, Any], columns: Iterable[tuple[str, str]]) -> str:
    told = [(tr(words), exact_time(str(row[key])) if key in _TIMES and row.get(key) else row.get(key))
            for key, words in columns]  # fmt: skip
    return _table([(words, value) for words, value in told if value not in (None, "", [], {})])


def _table(lines: Iterable[tuple[str, Any]]) -> str:
    rows = (f"<tr><th>{_safe(label)}</th><td>{_value(value)}</td></tr>" for label, value in lines)
    return f"<table>{''.join(rows)}</table>"


def _value(value: Any) -> str:
    """Changes as *field: old → new*, objects as lines, everything in a direction of its own."""
    if isinstance(value, list) and value and all(_is_change(one) for one in value):
        return "<br>".join(f"{_own(path)}: {_own(_flat(was))} → {_own(_flat(now))}" for path, was, now in value)
    if isinstance(value, Mapping):
        return "<br>".join(f"{_own(str(key))}: {_own(_flat(part))}" for key, part in value.items() if part)
    if isinstance(value, list):
        return "<br>".join(_own(_flat(one)) for one in value)
    return _own(_flat(value))


def _is_change(one: Any) -> bool:
    return isinstance(one, list) and len(one) == 3 and isinstance(one[0], str)


def _flat(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return tr("Yes") if value else tr("No")
    if isinstance(value, Mapping | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def _own(text: str) -> str:
    """Foreign text: escaped, line by line, and unable to turn what stands around it."""
    return f"<bdi>{'<br>'.join(map(_safe, text[:LONGEST].splitlines() or ['']))}</bdi>"


def _safe(text: str) -> str:
    """One line, without what would turn or hide it."""
    return html.escape(one_line(text, LONGEST), quote=True)
