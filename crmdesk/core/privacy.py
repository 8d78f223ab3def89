"""What is written down about the handling of guests' data at this desk, and about guests who were erased. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

OF_ERASED = "erased="  # stands before the token of an erased guest where the ledger names people


class Handled(Enum):
    """What was done with a guest's data."""

    REVEALED = "shown"  # masked fields, while privacy mode is on
    COPIED = "copied"
    EXPORTED = "exported"
    EXTRACTED = "extract"
    ERASED = "erased"
    BACK = "allowed back"  # an erased guest may be stored again


@dataclass(frozen=True, slots=True)
class LogLine:
    """`at` is UTC ISO; `who` a pseudonym ('' where it is about several); `fields` names of fields, never values."""

    id: int
    at: str
    operator: str
    did: Handled
    who: str = ""
    account_id: int = 0
    contacts: int = 0
    fields: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class DeskLog:
    """Newest first. `sound` is False where lines were altered, taken out or added by somebody else."""

    lines: tuple[LogLine, ...]
    sound: bool


@dataclass(frozen=True, slots=True)
class ErasedGuest:
    """Somebody who is kept away. `seen_at`: when the vendor listed the guest last, '' = not since."""

    token: str
    account_id: int
    at: str
    operator: str
    seen_at: str = ""


@dataclass(frozen=True, slots=True)
class Clues:
    """By what else a guest may be named in files: whole e-mail addresses (case-folded) and the last digits of phone
    numbers; `names` are folded words of the name, for searches that were typed."""

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Held:
    """How much is kept of a guest. `waiting`: edits that are not at their vendor yet; `sending`: one is on its way just
    now. `rows`: of bulk events; `ledger`: lines of what was sent. `shared`: rows that name an address or a number which
    another contact has too. `views`: titles of saved views that name the guest."""

    waiting: int = 0
    drafts: int = 0
    history: int = 0
    trashed: int = 0
    rows: int = 0
    ledger: int = 0
    searches: int = 0
    shared: int = 0
    sending: bool = False
    views: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is stored of one contact, by table, as JSON values."""

    contact_id: int
    account_id: int
    remote_id: str
    name: str
    body: str
    as_of: str
    tables: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
