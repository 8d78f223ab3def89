"""What stands above an opened contact because of its edits: conflict, refusal, unknown outcome, a draft."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from crmdesk.core.fields import FieldSpec
from crmdesk.core.outbox import NEW, ConflictKind, Draft, Op, OpKind, OpState, waits_for_guest
from crmdesk.core.types import ContactDetail, Flag
from crmdesk.sync.wording import Speech, reason_line
from crmdesk.ui.contacts.detail_parts import STATE_TONES, banner_text
from crmdesk.ui.kit import Banner, FlatButton, button, isolated, plural, tr
from crmdesk.ui.words import clock_time

Act = Callable[
    [str, Op | None], object
]  # "decide", "fix", "sign in", "continue", "discard", "duplicates", "extract", "erase"; the op where it is about one
SPEECH = Speech(tr=tr, foreign=isolated)
_STATE_ACTS = {Flag.RESTRICTED: ("extract", "Extract…"), Flag.FORGET: ("erase", "Erase here…")}
MOST_FIELDS = 5  # named in a sentence
_ORDER = (OpState.CONFLICT, OpState.REJECTED, OpState.GONE, OpState.PARKED, OpState.IN_DOUBT)


def op_banners(detail: ContactDetail, vendor: str, specs: Sequence[FieldSpec], act: Act) -> Iterator[Banner]:
    """One for each state that needs a person, worst first."""
    for state in _ORDER:
        op = next((op for op in detail.ops if op.state is state), None)
        if op is not None:
            yield _banner(op, vendor, specs, act)


def conflict_words(op: Op, vendor: str, specs: Sequence[FieldSpec]) -> str:
    """*Changed here and at BookingSync: City.*"""
    return tr(_about(op)[0]).replace("{vendor}", vendor).replace("{fields}", _clashing(op, specs))


def _banner(op: Op, vendor: str, specs: Sequence[FieldSpec], act: Act) -> Banner:
    words, name, todo, tone = _about(op)
    text = tr(words).replace("{vendor}", vendor).replace("{fields}", _clashing(op, specs))
    text = text.replace("{reason}", reason_line(op, specs, SPEECH)).strip()
    what = "fix" if op.state is OpState.REJECTED and op.kind is not OpKind.DELETE else "decide"
    made = Banner(tone, text, (button(f"detail.banner.{name}.act", tr(todo), lambda: act(what, op)),))
    made.setObjectName(f"detail.banner.{name}")
    return made


def _about(op: Op) -> tuple[str, str, str, str]:
    """Sentence, name, what to do, tone."""
    if op.state is OpState.CONFLICT:
        words = {
            ConflictKind.DELETED_HERE: "Deleted here, but changed at {vendor} since.",
            ConflictKind.OVERWRITTEN: "Your change replaced one that somebody made at {vendor}: {fields}.",
        }.get(op.conflict, "Changed here and at {vendor}: {fields}.")
        return words, "conflict", "Decide", "error"
    if op.state is OpState.REJECTED:
        fix = "Fix now" if op.kind is not OpKind.DELETE else "Look at it"
        return "{vendor} did not accept this change. {reason}", "needs_you", fix, "error"
    if op.state is OpState.GONE:
        return "No longer at {vendor}. What you changed is still here.", "gone", "Decide", "error"
    if op.state is OpState.IN_DOUBT:
        return "Whether {vendor} has this contact is not known.", "unknown", "Look at it", "unknown"
    return "This change could not be sent. {reason}", "parked", "Look at it", "error"


def _clashing(op: Op, specs: Sequence[FieldSpec]) -> str:
    return labels([clash.path for clash in op.clashes], specs)


def labels(paths: Sequence[str], specs: Sequence[FieldSpec]) -> str:
    """*City, Notes* of the fields with these paths."""
    by_path = {spec.path: tr(spec.label) for spec in specs}
    named = list(dict.fromkeys(by_path.get(path, by_path.get(path.partition(".")[0], path)) for path in paths))
    return ", ".join([*named[:MOST_FIELDS], *(["…"] if len(named) > MOST_FIELDS else [])])


def away_banner(detail: ContactDetail, act: Act) -> Banner | None:
    """Edits that only the guest can have sent, while nobody is signed in."""
    waiting = [op for op in detail.ops if waits_for_guest(op)]
    if not waiting:
        return None
    who = isolated(detail.row.name) or tr("the guest")
    text = plural(len(waiting), "1 edit waits until {name} signs in.", "{n} edits wait until {name} signs in.")
    sign_in = button("detail.banner.away.act", tr("Sign in…"), lambda: act("sign in", waiting[0]))
    made = Banner("warning", text.replace("{name}", who), (sign_in,))
    made.setObjectName("detail.banner.away")
    return made


def draft_banner(draft: Draft, specs: Sequence[FieldSpec], now: datetime, act: Act) -> Banner:
    """*Draft from 13:40: City, Notes*"""
    words = tr("Draft from {time}").replace("{time}", clock_time(draft.at, now))
    named = labels([change.path for change in draft.changes], specs)
    go_on = button("detail.draft.continue", tr("Continue"), lambda: act("continue", None))
    discard = FlatButton("detail.draft.discard", tr("Discard"))
    discard.clicked.connect(lambda _checked=False: act("discard", None))
    made = Banner("warning", f"{words}: {named}" if named else words, (go_on, discard))
    made.setObjectName("detail.banner.draft")
    return made


def new_banner(detail: ContactDetail, vendor: str) -> Banner | None:
    """Of a contact that no vendor has yet and that nothing keeps from being sent."""
    if not detail.row.remote_id.startswith(NEW) or any(op.state.needs_you for op in detail.ops):
        return None
    made = Banner("info", tr("New here. Will be sent to {vendor}.").replace("{vendor}", vendor))
    made.setObjectName("detail.banner.new")
    return made


def state_banner(flag: Flag, word: str, since: str, act: Act) -> Banner:
    """What the guest asked for, or the vendor did, and what a desk may do about it."""
    todo = _STATE_ACTS.get(flag)
    name = f"detail.banner.{word}"
    offered = (button(f"{name}.act", tr(todo[1]), lambda: act(todo[0], None)),) if todo is not None else ()
    made = Banner(STATE_TONES[flag], banner_text(flag, since), offered)
    made.setObjectName(name)
    return made


def pairs_banner(count: int, act: Act) -> Banner:
    """Others may be the same person."""
    compare = button("detail.banner.duplicates.act", tr("Compare"), lambda: act("duplicates", None))
    made = Banner("info", plural(count, "Possible duplicate (1)", "Possible duplicates ({n})"), (compare,))
    made.setObjectName("detail.banner.duplicates")
    return made


def opt_out_banner(flags: Sequence[FieldSpec]) -> Banner:
    """*This guest asks to be left alone: No e-mail wanted, No text messages wanted.*"""
    asked = ", ".join(tr(spec.label) for spec in flags)
    made = Banner("warning", tr("This guest has opted out: {what}.").replace("{what}", asked))
    made.setObjectName("detail.banner.opted_out")
    return made


def remark_banner(text: str) -> Banner:
    """What was done just now."""
    made = Banner("ok", text)
    made.setObjectName("detail.remark")
    return made
