"""Messages, approvals and addresses in words. Everything of the vendor becomes one clean line."""

from __future__ import annotations

from datetime import datetime

from crmdesk.core.guest import Address, Approval, Communication
from crmdesk.core.text import one_line
from crmdesk.ui.contacts import names
from crmdesk.ui.contacts.detail_values import two_letters
from crmdesk.ui.guest.rows import Row
from crmdesk.ui.words import clock_time, tr

CHANNELS = {"EMAIL": "E-mail", "SMS": "Text message", "INAPP": "In the app", "IN_APP": "In the app", "DEVICE": "Device"}
CHOICES = ("EMAIL", "SMS", "INAPP", "DEVICE")  # of the filter
STATES = {"PENDING": "Waiting", "COMPLETED": "Sent", "REJECTED": "Rejected", "APPROVED": "Approved"}
TONES = {"PENDING": "unknown", "COMPLETED": "ok", "REJECTED": "error", "APPROVED": "ok"}
ICONS = {"EMAIL": "mail", "SMS": "phone", "INAPP": "command", "IN_APP": "command", "DEVICE": "phone"}
ANSWERS = {"PENDING": "Waiting for an answer", "APPROVED": "Approved", "REJECTED": "Rejected"}
ENTITIES = {"ORDER": "Order", "REWARD_OFFER": "Reward offer", "ORGANISATION": "Organisation",
            "SERVICE_REQUEST": "Service request"}  # fmt: skip
ADDRESS_TYPES = (("HOME", "Home"), ("BUSINESS", "Business"), ("ALTERNATIVE", "Alternative"))
LONGEST = 160


def coded(code: str, words: dict[str, str]) -> str:
    """The vendor's code in our words; one that is not known, as it is: READ_LATER → Read later."""
    clean = one_line(code, 40)
    return tr(words[clean]) if clean in words else clean.replace("_", " ").capitalize()


def subject(message: Communication) -> str:
    """What a message is called in a list."""
    for text in (message.subject, message.title, message.subtitle, message.name):
        if clean := one_line(text, LONGEST):
            return clean
    return tr("(no subject)")


def headline(message: Communication) -> str:
    """Title and subtitle of a message that is called otherwise, below each other."""
    known = subject(message)
    lines = (one_line(text, LONGEST) for text in (message.title, message.subtitle))
    return "\n".join(dict.fromkeys(line for line in lines if line and line != known))


def message_row(message: Communication, now: datetime, waiting: str = "") -> Row:
    """`waiting`: what is still to be done at the vendor, in words."""
    title, plan = subject(message), one_line(message.name, 80)
    fresh = message.is_viewed is False
    state = waiting or (tr("Not viewed") if fresh else "")
    channel, stands = coded(message.channel, CHANNELS), coded(message.state, STATES)
    rest = " · ".join(text for text in (channel, plan if plan != title else "", stands) if text)
    aside = clock_time(message.created_at, now)
    spoken = ", ".join(text for text in (title, state, channel, plan, stands, aside) if text)
    tone = "unknown" if waiting else "accent" if fresh else ""
    return Row(message.id, title, state, rest, aside, ICONS.get(message.channel, "note"), tone, fresh, spoken)


def entity(approval: Approval) -> str:
    """*Order 4711*: what is to be approved, as questions and results name it."""
    kind = one_line(approval.entity_type, 40)
    words = coded(kind.removesuffix("S") if kind.removesuffix("S") in ENTITIES else kind, ENTITIES)
    reference = one_line(approval.reference, 80) or one_line(approval.entity_id, 60)
    return f"{words} {reference}".strip() or tr("this request")


def approval_row(approval: Approval, held: str = "", note: str = "") -> Row:
    """`held`: what was answered and could not be told yet."""
    title, state = entity(approval), held or coded(approval.state, ANSWERS)
    rest = " · ".join(text for text in (tr("date unknown"), one_line(note, 80)) if text)
    tone = "unknown" if held else TONES.get(approval.state, "")
    return Row(approval.id, title, state, rest, tone=tone, icon=_answer_icon(approval, held),
               spoken=f"{title}, {state}, {rest}")  # fmt: skip


def _answer_icon(approval: Approval, held: str) -> str:
    if held:
        return "clock"
    return {"PENDING": "clock", "APPROVED": "tick", "REJECTED": "cross"}.get(approval.state, "question")


def address_title(address: Address) -> str:
    """*Home · Summer house*"""
    kind = coded(address.type, dict(ADDRESS_TYPES))
    return " · ".join(text for text in (kind, one_line(address.name, 80)) if text)


def address_lines(address: Address) -> str:
    """As on an envelope."""
    place = " ".join(text for text in (one_line(address.postal_code, 40), one_line(address.town_city, 80)) if text)
    lines = [
        tr("c/o {name}").replace("{name}", one_line(address.care_of, 80)) if address.care_of.strip() else "",
        one_line(address.address_line_1), one_line(address.address_line_2), place,
        one_line(address.state_province_county, 80), country(address.country_code),
    ]  # fmt: skip
    return "\n".join(line for line in lines if line)


def country(code: str) -> str:
    """Name of a code of three letters; anything else as it is."""
    return names.country(two_letters(one_line(code, 40)))
