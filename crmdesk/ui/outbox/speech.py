"""How edits are put into words on this desk: the locale's names and dates, translations, foreign text isolated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crmdesk.core.fields import FieldSpec
from crmdesk.core.outbox import Draft, Op, OpState
from crmdesk.core.text import one_line
from crmdesk.sync import wording
from crmdesk.sync.wording import Speech
from crmdesk.ui.contacts.detail_fields import words_in_line
from crmdesk.ui.language import capitals
from crmdesk.ui.outbox.listing import Line
from crmdesk.ui.words import clock_time, isolated, plural, tr

if TYPE_CHECKING:
    from crmdesk.core.vendor import Vendor


def _value(spec: FieldSpec, value: Any) -> str:
    return " ".join(words_in_line(spec, value, veiled=True).split())


SPEECH = Speech(_value, tr, isolated, capitals)
NO_MARKS = str.maketrans("", "", "\u2068\u2069")  # for screen readers and the clipboard

# (shape, tone): a state is never told by colour alone, the word stands beside it
SIGNS = {
    OpState.HELD: ("pause", ""),
    OpState.PENDING: ("clock", "unknown"),
    OpState.SENDING: ("send", "accent"),
    OpState.CONFIRMED: ("ok", "ok"),
    OpState.REJECTED: ("warning", "error"),
    OpState.CONFLICT: ("arrows", "error"),
    OpState.GONE: ("cross", "error"),
    OpState.IN_DOUBT: ("question", "warning"),
    OpState.PARKED: ("warning", "error"),
    OpState.DROPPED: ("dash", ""),
}
RETRY_SIGN = ("refresh", "unknown")
DRAFT_SIGN = ("pencil", "")


@dataclass(frozen=True, slots=True)
class Teller:
    """Words for the lines of the Outbox. `vendors` by key and `accounts` by id, as services and reader have them."""

    vendors: Mapping[str, Any] = field(default_factory=dict)
    accounts: Mapping[int, Any] = field(default_factory=dict)

    def vendor(self, account_id: int) -> Vendor | None:
        """The Vendor of an account; None where this version does not know it."""
        account = self.accounts.get(account_id)
        return self.vendors.get(account.vendor) if account is not None else None

    def vendor_title(self, account_id: int) -> str:
        vendor = self.vendor(account_id)
        return vendor.title if vendor is not None else tr("its vendor")

    def specs(self, account_id: int) -> tuple[FieldSpec, ...]:
        vendor = self.vendor(account_id)
        return tuple(vendor.fields) if vendor is not None else ()

    def title(self, line: Line, now: datetime) -> str:
        """The sentence of an edit, or of a draft."""
        if line.op is not None:
            return self.sentence(line.op)
        return draft_text(line.draft, line.name, now) if line.draft is not None else ""

    def sentence(self, op: Op) -> str:
        return wording.sentence(op, self.specs(op.account_id), self.vendor_title(op.account_id), SPEECH)

    def reasons(self, op: Op) -> tuple[str, ...]:
        return wording.reason_lines(op, self.specs(op.account_id), SPEECH)

    def under(self, line: Line, now: datetime) -> str:
        """What stands behind the state word: who and when, what goes first, and why it waits."""
        if line.op is None:
            return plural(len(line.draft.changes), "1 field", "{n} fields") if line.draft is not None else ""
        parts = list(wording.facts(line.op, now, SPEECH))
        if line.after:
            parts.append(tr("goes after the edit above"))
        if line.op.state.open and (reasons := self.reasons(line.op)):
            parts.append(reasons[0] if len(reasons) == 1 or line.op.state is not OpState.REJECTED else reasons[1])
        return " · ".join(parts)

    def spoken(self, line: Line, now: datetime) -> str:
        """All of it, for a screen reader."""
        if line.heading:
            return f"{tr(line.group.value)}, {line.count}"
        word = state_word(line, now)
        parts = (self.title(line, now), word, self.under(line, now))
        return ". ".join(part for part in parts if part).translate(NO_MARKS)


def sign_of(line: Line) -> tuple[str, str]:
    """Shape and tone of a line's state."""
    if line.op is None:
        return DRAFT_SIGN
    return RETRY_SIGN if line.op.state is OpState.PENDING and line.op.tries else SIGNS[line.op.state]


def state_word(line: Line, now: datetime) -> str:
    return wording.state_text(line.op, now, SPEECH) if line.op is not None else tr("Not saved")


def draft_text(draft: Draft | None, name: str, now: datetime) -> str:
    """*Unsaved typing of Ana Ruiz, 13:40*."""
    assert draft is not None
    when = clock_time(draft.at, now)
    who = isolated(one_line(name, 80))
    if draft.contact_id:
        text = tr("Unsaved typing of {name}, {time}") if when else tr("Unsaved typing of {name}")
        who = who or tr("a contact without a name")
    elif who:
        text = tr("New contact {name}, not saved, {time}") if when else tr("New contact {name}, not saved")
    else:
        text = tr("New contact, not saved, {time}") if when else tr("New contact, not saved")
    return text.replace("{name}", who).replace("{time}", when)
