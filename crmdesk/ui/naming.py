"""Which part of guests' names leads on screen: one switch for the whole program, as there is one theme; names are shown
in many places. Whoever turns it has the list searched and worded anew."""

from __future__ import annotations

from crmdesk.core.name_order import NameOrder, arranged
from crmdesk.core.types import ContactRow


class _Naming:
    order = NameOrder.AUTO


_switch = _Naming()


def use(order: str = NameOrder.AUTO.value) -> bool:
    """Whether that is another order than before."""
    before, _switch.order = _switch.order, NameOrder(order)
    return _switch.order is not before


def shown_name(row: ContactRow) -> str:
    """The person's name as it stands in lists; '' where none is known."""
    return arranged(row.name, row.sort_key, _switch.order)
