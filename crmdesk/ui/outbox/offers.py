"""What can be done with an edit in its present state: the panel makes buttons of it, the menu asks, the tests read."""

from __future__ import annotations

from dataclasses import dataclass

from crmdesk.core.outbox import OpKind, OpState
from crmdesk.ui.outbox.listing import Line
from crmdesk.ui.words import tr


@dataclass(frozen=True, slots=True)
class Offer:
    """One button: its `key` names the verb, `words` stand on it (untranslated), `why` it cannot be done now, if so."""

    key: str
    words: str
    main: bool = False
    danger: bool = False
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides beside the edit itself. `after`: another edit of the contact goes first. `no_create`: why the vendor
    cannot be asked to make contacts, None where it can. `away`: it waits for its guest."""

    after: bool = False
    offline: bool = False
    no_create: str | None = None
    looked: bool = False  # somebody has looked for it at the vendor
    away: bool = False


OFFLINE = "You chose to work offline."
AFTER = "The edit above goes first: edits of one contact are sent in the order they were made."
LOOK_FIRST = "Check first whether the vendor has it already."
LEAVING = "It is being sent at this moment."

_DISCARD = Offer("discard", "Discard", danger=True)
_HOLD = Offer("hold", "Hold")
_CONTACT = Offer("contact", "Open contact")


def offers(kind: OpKind, state: OpState, situation: Situation) -> tuple[Offer, ...]:
    """The buttons in their order, the one to press first at the head."""
    made = _OFFERS[state](kind, situation)
    return tuple(one for one in made if one.key != "contact" or kind is not OpKind.DELETE)


def why_not(line: Line, verb: str, situation: Situation) -> str | None:
    """Why a verb cannot be used with this line now; None where it has a button that can be pressed."""
    if line.draft is not None:
        return None if verb in ("continue", "discard") else tr("This was never saved: go on with it, or discard it.")
    if line.op is None:
        return tr("Choose an edit first.")
    if verb == "request":
        return None if line.op.state.open else tr("It is done already.")
    offer = next((one for one in offers(line.op.kind, line.op.state, situation) if one.key == verb), None)
    if offer is None:
        return tr("This edit does not need it now.") if line.op.state.open else tr("It is done already.")
    return tr(offer.why) if offer.why else None


def _try(words: str, situation: Situation, *, main: bool = False) -> Offer:
    why = OFFLINE if situation.offline else AFTER if situation.after else None
    return Offer("try", words, main=main, why=why)


def _edit(kind: OpKind, *, main: bool = False) -> tuple[Offer, ...]:
    return () if kind is OpKind.DELETE else (Offer("edit", "Edit…", main=main),)


def _pending(kind: OpKind, situation: Situation) -> tuple[Offer, ...]:
    sign_in = (Offer("sign_in", "Sign in…", main=True),) if situation.away else ()
    return (*sign_in, _try("Try now", situation), _HOLD, *_edit(kind), _CONTACT, _DISCARD)


def _held(kind: OpKind, _situation: Situation) -> tuple[Offer, ...]:
    return (Offer("release", "Release", main=True), *_edit(kind), _CONTACT, _DISCARD)


def _sending(_kind: OpKind, _situation: Situation) -> tuple[Offer, ...]:
    return (_CONTACT, Offer("discard", "Discard", danger=True, why=LEAVING))


def _rejected(kind: OpKind, situation: Situation) -> tuple[Offer, ...]:
    deletes = kind is OpKind.DELETE
    return (*_edit(kind, main=True), _try("Send again", situation, main=deletes), _CONTACT, _DISCARD)


def _parked(kind: OpKind, situation: Situation) -> tuple[Offer, ...]:
    return (_try("Try again", situation, main=True), *_edit(kind), _HOLD, _CONTACT, _DISCARD)


def _conflict(_kind: OpKind, _situation: Situation) -> tuple[Offer, ...]:
    return (Offer("resolve", "Resolve…", main=True), _CONTACT, _DISCARD)


def _gone(_kind: OpKind, situation: Situation) -> tuple[Offer, ...]:
    return (
        Offer("create", "Create again", main=situation.no_create is None, why=situation.no_create),
        Offer("draft", "Keep as draft", why=situation.no_create),
        Offer("drop", "Drop my change", danger=True),
        _CONTACT,
    )


def _in_doubt(_kind: OpKind, situation: Situation) -> tuple[Offer, ...]:
    look = Offer("look", "Check now", main=True, why=OFFLINE if situation.offline else None)
    again = Offer("again", "Send again", why=None if situation.looked else LOOK_FIRST)
    return (look, Offer("sent", "Mark sent"), again, _CONTACT, _DISCARD)


def _closed(_kind: OpKind, _situation: Situation) -> tuple[Offer, ...]:
    return (_CONTACT,)


_OFFERS = {
    OpState.PENDING: _pending,
    OpState.HELD: _held,
    OpState.SENDING: _sending,
    OpState.REJECTED: _rejected,
    OpState.PARKED: _parked,
    OpState.CONFLICT: _conflict,
    OpState.GONE: _gone,
    OpState.IN_DOUBT: _in_doubt,
    OpState.CONFIRMED: _closed,
    OpState.DROPPED: _closed,
}
