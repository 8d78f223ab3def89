"""What is told of guest cards, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crmdesk.core.cards import Linked, Verdict
from crmdesk.core.compare import Compared
from crmdesk.core.fields import FieldSpec
from crmdesk.core.text import one_line
from crmdesk.core.types import ContactRow
from crmdesk.ui.cards.sides import Cell, Line, Side, Target
from crmdesk.ui.contacts import names
from crmdesk.ui.contacts.columns import Desk, display_name
from crmdesk.ui.contacts.detail_values import date_words
from crmdesk.ui.hiding import row_on_screen, veil_of
from crmdesk.ui.kit import isolated
from crmdesk.ui.words import tr

DONE = {
    "link": "Linked as one person: {name}. No vendor is told.",
    "unlink": "No longer linked: {name}. No vendor is told.",
    Verdict.DIFFERENT: "Marked as different people.",
    Verdict.LATER: "Put off: it stands under Later.",
    Verdict.OPEN: "It is to be decided again.",
}
UNDO = {
    "link": "Undo linking {name}",
    "unlink": "Undo unlinking {name}",
    "decide": "Undo the decision about {name}",
}
GENDERS = {"male": "Male", "female": "Female", "other": "Other"}
Offered = Callable[[str, int], tuple[Target, ...]]  # field, number of the side → where its value may go
UNDONE = {
    "link": "Not linked any more.",
    "unlink": "Linked again.",
    "decide": "As it was before.",
}


def side(row: ContactRow, desk: Desk) -> Side:
    """Who a contact is."""
    account = desk.accounts.get(row.account_id)
    vendor = desk.titles.get(account.vendor, "") if account is not None else ""
    name = one_line(display_name(row_on_screen(row)), 120) or tr("a contact without a name")
    return Side(row.id, name, desk.source(row.account_id), vendor, row.account_id, row.remote_id)


def lines(compared: Sequence[Compared], offered: Offered) -> tuple[Line, ...]:
    """The fields of a comparison in words; `offered` says where each value may be copied."""
    return tuple(_line(one, offered) for one in compared)


def nowhere(_field: str, _place: int) -> tuple[Target, ...]:
    """Where nothing is copied: the contacts are not linked."""
    return ()


def _line(one: Compared, offered: Offered) -> Line:
    cells = tuple(
        Cell(
            "\n".join(on_screen(one.field, value) for value in cell.values),
            offered(one.field, place) if one.differs and cell.values else (),
            has=cell.has,
        )
        for place, cell in enumerate(one.cells)
    )
    return Line(one.field, tr(one.label), cells, one.differs)


def on_screen(field: str, value: str) -> str:
    """As it is shown now: in privacy mode what tells who it is is masked."""
    text = value_words(field, value)
    return veil_of(FieldSpec(field, field), text) or text


def value_words(field: str, value: str) -> str:
    """One value by what it means: names for codes, days as they are written here."""
    if field == "country":
        return names.country(value)
    if field == "lang":
        return names.language(value)
    if field == "birth":
        return date_words(value) or value
    if field == "gender":
        return tr(GENDERS.get(value.casefold(), value))
    return value


def done(linked: Linked) -> str:
    """Beside *Undo*."""
    return _filled(DONE[linked.verdicts[1] if linked.did == "decide" else linked.did], linked)


def undo(linked: Linked) -> str:
    """For the menu."""
    return _filled(UNDO[linked.did], linked)


def undone(linked: Linked) -> str:
    return tr(UNDONE[linked.did])


def _filled(template: str, linked: Linked) -> str:
    name = isolated(one_line(linked.title, 60)) or tr("a contact without a name")
    return tr(template).replace("{name}", name)
