"""Which faults are shown when: on leaving a field first, then with each key; all of them when it is to be saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from crmdesk.core.errors import Problem
from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.ui.editor.field import FindingLike
from crmdesk.ui.editor.session import Session


class Rules(Protocol):
    """sync.validation."""

    def validate(self, values: Mapping[str, Any], specs: Sequence[FieldSpec]) -> Sequence[FindingLike]: ...
    def missing(self, values: Mapping[str, Any], specs: Sequence[FieldSpec]) -> Sequence[FindingLike]: ...
    def cleaned(self, value: Any, spec: FieldSpec) -> tuple[Any, int]: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What the vendor said about a value. It does not keep anybody from saving: the vendor's next word counts."""

    path: str
    text: str
    warning: bool = False
    fix: Any = None
    told: bool = True


class Checks:
    """Findings of each field, by the field's path. An old contact's fields are checked only where they are changed: a
    record that breaks today's rules can be edited all the same."""

    def __init__(self, session: Session, rules: Rules, *, new: bool) -> None:
        self._session, self._rules, self._new = session, rules, new
        self._specs = tuple(session.specs.values())
        self._countries = [spec.path for spec in self._specs if spec.kind is FieldKind.COUNTRY]  # numbers go by them
        self._found: dict[str, tuple[FindingLike, ...]] = {}
        self.asked = False  # Save was tried: what is missing is shown from now on

    def of(self, path: str) -> tuple[FindingLike, ...]:
        return self._found.get(path, ())

    def leave(self, path: str) -> None:
        """The field was left."""
        if not any(isinstance(one, Told) for one in self.of(path)):
            self._found[path] = self._check([path]).get(path, ())

    def typed(self, path: str) -> None:
        """A key in the field: a fault that was told is looked at again, the vendor's word is about another value."""
        if self.of(path):
            self._found[path] = self._check([path]).get(path, ())

    def all(self) -> None:
        """Everything that would be saved."""
        self.asked = True
        self._found = {
            path: tuple(one for one in found if isinstance(one, Told)) for path, found in self._found.items()
        }
        for path, found in self._check(self._session.specs).items():
            self._found[path] = (*found, *self.of(path))

    def tell(self, problems: Iterable[Problem]) -> None:
        """The vendor's reasons, at their fields."""
        for problem in problems:
            path = self.field_of(problem.path)
            self._found[path] = (*self.of(path), Told(problem.path, problem.text))

    def field_of(self, path: str) -> str:
        """The field that a problem's path belongs to; the path itself where there is none."""
        head = path
        while head and head not in self._session.specs:
            head = head.rpartition(".")[0]
        return head or path

    def blocking(self) -> list[FindingLike]:
        """Errors that keep it from being saved, in the order of the fields."""
        return [
            one
            for path in self._session.specs
            for one in self.of(path)
            if not one.warning and not isinstance(one, Told)
        ]

    def forget(self) -> None:
        """It was saved: nothing is wrong with it as far as anybody knows."""
        self._found.clear()
        self.asked = False

    def told(self) -> list[FindingLike]:
        return [one for found in self._found.values() for one in found if isinstance(one, Told)]

    def _check(self, paths: Iterable[str]) -> dict[str, tuple[FindingLike, ...]]:
        wanted = [path for path in paths if path in self._session.specs]
        if self._new:
            filled = self._session.values()
            given = {path: filled[path] for path in wanted if path in filled}
        else:
            given = self._session.pick(path for path in wanted if self._session.changed(path))
            given |= self._session.pick(self._countries) if given else {}
        found = list(self._rules.validate(given, self._specs)) if given else []
        if self._new and self.asked:
            found += list(self._rules.missing(self._session.values(), self._specs))
        by_field: dict[str, tuple[FindingLike, ...]] = {}
        for one in found:
            path = self.field_of(one.path)
            if path in wanted:
                by_field[path] = (*by_field.get(path, ()), one)
        return by_field

    def clean(self, path: str) -> int:
        """Takes away spaces at the ends and letters that cannot be seen; how many of the latter there were."""
        value = self._session.now(path)
        better, hidden = self._rules.cleaned(value, self._session.specs[path])
        if better != value:
            self._session.replace(path, better)
        return hidden
