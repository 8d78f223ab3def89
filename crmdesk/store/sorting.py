"""What the window's orders go by beside the columns themselves. Without numpy and SQLAlchemy, as a start is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crmdesk.store.driver import Driver

FAMILY, GIVEN = "sort_key", "given_key"  # the columns by which an order by name may go
BY_GIVEN = "contact_by_given"
"""The index that is there only while names are sorted by first names: it costs storing a page a sixth of its speed."""


@dataclass(frozen=True, slots=True)
class Sorting:
    """`names`: FAMILY or GIVEN. `countries`: code → what the country is called on screen, folded; a country without an
    entry goes by its own text."""

    names: str = FAMILY
    countries: Mapping[str, str] = field(default_factory=dict)


def has_index(driver: Driver) -> bool:
    """Whether the order by first names can be read off; else it has to be sorted (seconds at a million contacts)."""
    return driver.execute("SELECT 1 FROM sqlite_master WHERE name=?", (BY_GIVEN,)).fetchone() is not None


def keep_index(driver: Driver, *, by_given: bool) -> None:
    """Inside a write: makes the index, or takes it away."""
    made, dropped = f"CREATE INDEX IF NOT EXISTS {BY_GIVEN} ON contact ({GIVEN})", f"DROP INDEX IF EXISTS {BY_GIVEN}"
    driver.execute(made if by_given else dropped)
