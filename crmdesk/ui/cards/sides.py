"""What stands beside each other in a comparison, in words: who the contacts are, and each field's values."""

from __future__ import annotations

from dataclasses import dataclass

from crmdesk.ui.words import tr


@dataclass(frozen=True, slots=True)
class Side:
    """One contact of a comparison. `source` is its vendor and account, `vendor` the vendor's title alone."""

    contact_id: int
    name: str
    source: str
    vendor: str
    account_id: int = 0
    remote_id: str = ""

    def told(self) -> str:
        """*Ana Ruiz, PrioTicket · Harbour Tours*"""
        return ", ".join(part for part in (self.name, self.source) if part)


@dataclass(frozen=True, slots=True)
class Target:
    """Where a value may be copied: the number of the side, and why not (None: it can be)."""

    side: int
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """A value in words, '' for an empty one. `has`: the vendor knows such a field at all."""

    text: str
    targets: tuple[Target, ...] = ()
    has: bool = True

    def shown(self) -> str:
        return self.text or (tr("empty") if self.has else tr("no such field"))


@dataclass(frozen=True, slots=True)
class Line:
    """One field of all sides. `key` names it to whoever copies."""

    key: str
    label: str
    cells: tuple[Cell, ...]
    differs: bool

    def spoken(self, sides: tuple[Side, ...]) -> str:
        """The whole line for a screen reader: *Phone, differs. BookingSync: +49 30; PrioTicket: empty*"""
        values = [f"{_who(side, sides)}: {cell.shown()}" for side, cell in zip(sides, self.cells, strict=True)]
        head = f"{self.label}, {tr('differs')}" if self.differs else f"{self.label}, {tr('the same')}"
        return f"{head}. {'; '.join(values)}"


def _who(side: Side, sides: tuple[Side, ...]) -> str:
    """As short as tells them apart."""
    for text in (side.vendor, side.source):
        if text and sum(text in (other.vendor, other.source) for other in sides) == 1:
            return text
    return " ".join(part for part in (side.vendor, f"#{side.remote_id}" if side.remote_id else "") if part)


def short_names(sides: tuple[Side, ...]) -> list[str]:
    """A few letters that tell each side from the others: vendor, else vendor and account, else vendor and id."""
    return [_who(side, sides) for side in sides]
