"""Whether guests' values are masked on screen now (privacy mode), and what stands in their place.

One switch for the whole program, as there is one theme: rows, fields and sentences are worded in many places. Whoever
turns it has everything worded anew (`ui/privacy/watch.py`)."""

from __future__ import annotations

from dataclasses import replace

from crmdesk.core.fields import FieldSpec
from crmdesk.core.masking import DOTS, masked_email, masked_phone, masked_text, masked_year
from crmdesk.core.personal import Personal, is_street, personal_of
from crmdesk.core.types import ContactRow, Flag

_RESTRICTED = int(Flag.RESTRICTED)


class _Hiding:
    on = False


_switch = _Hiding()


def hides() -> bool:
    return _switch.on


def turn(on: bool) -> bool:
    """Whether that is another state than before."""
    changed, _switch.on = _switch.on != on, on
    return changed


def veil_of(spec: FieldSpec, text: str) -> str:
    """What is shown of a value in privacy mode; '' where the whole value may be seen, or privacy mode is off."""
    return _veil(spec, text) if _switch.on and text else ""


def _veil(spec: FieldSpec, text: str) -> str:
    match personal_of(spec):
        case Personal.EMAIL:
            return masked_email(text)
        case Personal.PHONE:
            return masked_phone(text)
        case Personal.BIRTH:
            return masked_year(text)
        case Personal.ADDRESS if is_street(spec):
            return DOTS
    hidden = masked_text(text)
    return hidden if hidden != text else ""


def veil_of_text(text: str) -> str:
    """Likewise of a value of which nothing is known."""
    hidden = masked_text(text) if _switch.on else text
    return hidden if hidden != text else ""


def row_on_screen(row: ContactRow) -> ContactRow:
    """As the list shows it. A guest who asked that the data is left alone is masked in lists in any case."""
    if not _switch.on and not row.flags & _RESTRICTED:
        return row
    return replace(
        row,
        name=masked_text(row.name),
        company=masked_text(row.company),
        email=masked_email(row.email),
        phone=masked_phone(row.phone),
        notes=masked_text(row.notes),
    )
