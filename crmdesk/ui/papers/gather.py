"""What a shift needs on paper when the screen is gone: guests, changes, events, messages. Read here, without a line."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crmdesk.core.fields import FieldSpec
from crmdesk.core.masking import masked_email, masked_phone, masked_text
from crmdesk.core.outbox import Op, word_of
from crmdesk.core.submission import RowStage
from crmdesk.core.text import one_line
from crmdesk.core.types import ContactRow, SavedView, Sort
from crmdesk.sync.exporting import BARRED, CHUNK
from crmdesk.sync.wording import Speech, reason_line
from crmdesk.ui.contacts import names
from crmdesk.ui.contacts.columns import display_name, sort_words
from crmdesk.ui.papers.paper import NOTE, SECTION, TITLE, Block, Table, Text
from crmdesk.ui.words import clock_time, exact_time, number, plural, tr

if TYPE_CHECKING:
    from datetime import datetime

    from crmdesk.store.reader import Reader
    from crmdesk.ui.main_window import MainWindow

MOST_GUESTS = 2000  # more is no list for a desk
MOST_EVENTS = 200  # of one submission
LONGEST, LONGEST_NOTE = 160, 140  # letters of a cell
MOST_DIGITS = 4  # of a search; more may be somebody's number
GUESTS = (("Name", 21.0), ("Phone", 14.0), ("E-mail", 22.0), ("City", 11.0), ("Languages", 10.0), ("Notes", 16.0),
          ("As of", 9.0))  # fmt: skip
CHANGES = (("Contact", 20.0), ("What", 11.0), ("Fields", 24.0), ("State", 12.0), ("Why", 20.0), ("Since, by", 13.0))
EVENTS = (("Bulk events", 22.0), ("Row", 6.0), ("State", 12.0), ("Answer", 45.0), ("Sent", 15.0))
MARKS = (("Guest", 30.0), ("What waits", 70.0))
SPEECH = Speech(tr=tr)
_KINDS = {"create": "New contact", "update": "Change", "delete": "Deletion"}
_OPEN_ROWS = (RowStage.UNKNOWN, RowStage.FAILED)
_LEFT_OUT = (
    "1 contact was left out: its guest asked for restriction or to be forgotten.",
    "{n} contacts were left out: their guests asked for restriction or to be forgotten.",
)


@dataclass
class Gathered:
    """What is there, before it is worded with or without masks."""

    title: str
    query: str
    order: str
    sources: str
    operator: str
    at: str
    guests: list[ContactRow]
    listed: int
    left_out: int
    ops: list[Op]
    fields: dict[int, Sequence[FieldSpec]]  # by account
    barred: frozenset[int]
    events: list[tuple[str, str, str, str, str]]
    more_events: int
    signed_in: list[tuple[str, ...]]


@dataclass(frozen=True)
class Shown:
    """Whose guests are printed: the ids in their order, and the words for them."""

    ids: Any
    title: str
    query: str
    order: str
    account_id: int | None = None


def on_screen(window: MainWindow) -> Shown:
    """The list as it is shown."""
    page = window.contacts
    return Shown(page.model.ids, page.title(), page.listing.query_text, sort_words(page.listing.sort), page.account_id)


async def of_view(window: MainWindow, view: SavedView) -> Shown:
    """A view as it was saved, whatever is on screen."""
    from crmdesk.core.query import parse

    lexicon = await asyncio.to_thread(names.lexicon, window.contacts.vendor_titles())
    query = parse(view.query, now=window.clock.now(), lexicon=lexicon)
    hits = await window.reader.search(query, sort=view.sort or (Sort(),), first=0)
    title = tr(view.title) if view.id < 0 else view.title
    return Shown(hits.ids, title, view.query, sort_words(view.sort))


async def gather(window: MainWindow, shown: Shown) -> Gathered:
    """Everything that is printed; nothing is asked of a vendor."""
    desk, reader = window.contacts.desk, window.reader
    guests, left_out = await _guests(reader, shown.ids[:MOST_GUESTS])
    ops = [op for op in await reader.ops("open") if op.state.open]
    about = await reader.rows([op.contact_id for op in ops if op.contact_id])
    events, more = await _events(window)
    account = desk.accounts.get(shown.account_id or 0)
    used = [account] if account is not None else [one for one in desk.accounts.values() if one.active]
    return Gathered(
        title=shown.title, query=shown.query, order=shown.order,
        sources=", ".join(one.title for one in used), operator=window.settings.operator,
        at=exact_time(window.clock.now().isoformat()), guests=guests, listed=len(shown.ids), left_out=left_out, ops=ops,
        fields=_specs(window), barred=frozenset(row.id for row in about if row.flags & BARRED), events=events,
        more_events=more, signed_in=_signed_in(window),
    )  # fmt: skip


async def _guests(reader: Reader, ids: Any) -> tuple[list[ContactRow], int]:
    found: list[ContactRow] = []
    for start in range(0, len(ids), CHUNK):
        found += await reader.rows([int(item) for item in ids[start : start + CHUNK]])
    there = [row for row in found if row.account_id]
    kept = [row for row in there if not row.flags & BARRED]
    return kept, len(there) - len(kept)


async def _events(window: MainWindow) -> tuple[list[tuple[str, str, str, str, str]], int]:
    """A line for each row that failed or of which nobody knows, newest submission first; and how many are not told."""
    reader, now = window.reader.submissions, window.clock.now()
    every = await reader.all()
    tallies = await reader.tallies(one.id for one in every)
    lines: list[tuple[str, str, str, str, str]] = []
    more = 0
    for one in every:
        count = sum(tallies[one.id].get(stage, 0) for stage in _OPEN_ROWS)
        if count:
            rows = await reader.rows(one.id, _OPEN_ROWS, most=MOST_EVENTS)
            more += count - len(rows)
            for row in rows:
                told = " ".join(part for part in (row.code, tr(row.text), tr(row.note)) if part)
                state = tr(row.stage.value.capitalize())
                lines.append((one.title, str(row.position + 1), state, told, clock_time(row.sent_at, now)))
    return lines, more


def _specs(window: MainWindow) -> dict[int, Sequence[FieldSpec]]:
    vendors = window.services.vendors
    return {
        account.id: vendors[account.vendor].fields
        for account in window.contacts.desk.accounts.values()
        if account.vendor in vendors
    }


def _signed_in(window: MainWindow) -> list[tuple[str, ...]]:
    guests = window.services.guests
    lines: list[tuple[str, ...]] = []
    for one in guests.everyone():
        marks = guests.waiting(one.contact_id)
        waits = plural(len(marks), "1 mark on a message waits for the line", "{n} marks on messages wait for the line")
        lines.append((one.guest.name, waits if marks else tr("signed in, nothing waits")))
    return lines


# ── in words ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def footer(found: Gathered, *, hidden: bool) -> str:
    told = tr("phone numbers and e-mail addresses partly hidden") if hidden else tr("personal data in full")
    return f"{tr('Shift pack')} · {found.at} · {told}"


def blocks(found: Gathered, now: datetime, *, hidden: bool) -> list[Block]:
    """The document. `hidden`: phones and e-mail addresses are masked."""
    return [
        Text(f"{tr('Shift pack')}: {_short(found.sources)}", TITLE),
        Text(_made(found)),
        *_guest_part(found, now, hidden=hidden),
        *_part(tr("Changes that need somebody"), CHANGES, _changes(found, now, needs=True, hidden=hidden)),
        *_part(tr("Changes that wait to be sent"), CHANGES, _changes(found, now, needs=False, hidden=hidden)),
        *_event_part(found, hidden=hidden),
        *_message_part(found),
    ]


def _made(found: Gathered) -> str:
    who = tr("Made by {name}, {time}.") if found.operator else tr("Made {time}.")
    return who.replace("{name}", _short(found.operator)).replace("{time}", found.at)


def _guest_part(found: Gathered, now: datetime, *, hidden: bool) -> Iterable[Block]:
    yield Text(f"{tr('Guests')}: {_free(found.title, hidden)} ({number(len(found.guests))})", SECTION)
    personal = "@" in found.query or sum(letter.isdecimal() for letter in found.query) > MOST_DIGITS
    query = tr("(not printed)") if hidden and personal else _short(found.query)
    limits = [f"{tr('Search')}: {query}"] if found.query else []
    if limits or found.order:
        yield Text(". ".join([*limits, *([found.order] if found.order else [])]), NOTE)
    if found.listed > MOST_GUESTS:
        words = tr("Only the first {most} of {n} contacts are printed. Choose a view with fewer.")
        yield Text(words.replace("{most}", number(MOST_GUESTS)).replace("{n}", number(found.listed)), NOTE)
    if found.left_out:
        yield Text(plural(found.left_out, *_LEFT_OUT), NOTE)
    yield from _table(GUESTS, [_guest(row, now, hidden=hidden) for row in found.guests])


def _guest(row: ContactRow, now: datetime, *, hidden: bool) -> tuple[str, ...]:
    email, phone = one_line(row.email, LONGEST), one_line(row.phone, LONGEST)
    if hidden:
        email, phone = masked_email(email), masked_phone(phone)
    return (
        _free(display_name(row), hidden), phone, email,
        _short(row.city), _short(names.languages(row.languages)), _free(row.notes, hidden, LONGEST_NOTE),
        clock_time(row.fetched_at, now),
    )  # fmt: skip


def _changes(found: Gathered, now: datetime, *, needs: bool, hidden: bool) -> list[tuple[str, ...]]:
    return [_change(op, found, now, hidden=hidden) for op in found.ops if op.state.needs_you is needs]


def _change(op: Op, found: Gathered, now: datetime, *, hidden: bool) -> tuple[str, ...]:
    """What was changed, not to which value: the pack may lie on a counter."""
    specs = found.fields.get(op.account_id, ())
    labels = {spec.path: tr(spec.label) for spec in specs}
    fields = ", ".join(dict.fromkeys(labels.get(change.path, change.path) for change in op.changes))
    name = tr("(left out, as the guest asked)") if op.contact_id in found.barred else op.title
    since = ", ".join(part for part in (clock_time(op.created_at, now), op.operator) if part)
    why = reason_line(op, specs, SPEECH)
    kind = tr(_KINDS[op.kind.value])
    return _free(name, hidden), kind, _short(fields), tr(word_of(op)), _free(why, hidden), _short(since)


def _event_part(found: Gathered, *, hidden: bool) -> Iterable[Block]:
    lines = [
        (_free(title, hidden), at, state, _free(told, hidden), sent) for title, at, state, told, sent in found.events
    ]
    yield from _part(tr("Events that failed or of which the outcome is unknown"), EVENTS, lines)
    if found.more_events:
        yield Text(plural(found.more_events, "and 1 more", "and {n} more"), NOTE)


def _message_part(found: Gathered) -> Iterable[Block]:
    yield from _part(tr("Messages and approvals"), MARKS, found.signed_in)
    words = tr("Messages and approvals are kept at the vendor and seen while their guest is signed in; crmdesk keeps "
               "none of them, so none can be printed.")  # fmt: skip
    yield Text(words, NOTE)


def _part(title: str, columns: Sequence[tuple[str, float]], rows: Sequence[tuple[str, ...]]) -> Iterable[Block]:
    yield Text(f"{title} ({number(len(rows))})", SECTION)
    yield from _table(columns, [tuple(map(_short, row)) for row in rows])


def _table(columns: Sequence[tuple[str, float]], rows: Sequence[tuple[str, ...]]) -> Iterable[Block]:
    if rows:
        yield Table(tuple(tr(title) for title, _ in columns), tuple(share for _, share in columns), rows)
    else:
        yield Text(tr("None."), NOTE)


def _free(text: str, hidden: bool, longest: int = LONGEST) -> str:
    """Text in which anything may stand: a nameless contact is called by its address, a refusal may quote a number."""
    return one_line(masked_text(text) if hidden else text, longest)


def _short(text: str) -> str:
    return one_line(text, LONGEST)
