"""What is being typed over one contact: values, what they were, undo, and what the vendor changed meanwhile. No widget.

A session knows three values of each field: `seen` is what the operator saw when they began (a change's `was`), `now`
what stands there, and `theirs` what the vendor has by now where that is something else and the field was touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crmdesk.core.fields import FieldSpec, find, forms_in
from crmdesk.core.merge import is_empty, same
from crmdesk.core.outbox import FieldChange
from crmdesk.core.types import Json
from crmdesk.ui.editor.values import Held, as_json, held

STEPS = 100  # of undo
JOINED_SECONDS = 2.0  # keys in one field that follow each other so closely are undone together


@dataclass(frozen=True, slots=True)
class _Step:
    """One thing to undo: JSON values before and after, by path."""

    before: Mapping[str, Any]
    after: Mapping[str, Any]


class Session:
    """`specs` are all fields of the vendor, `shown` the contact as it stands on screen (edits that wait included)."""

    def __init__(self, specs: Sequence[FieldSpec], shown: Json) -> None:
        usable = [spec for spec in specs if spec.writable and not spec.kind.secret]
        self.specs = {spec.path: spec for spec in forms_in(usable, shown)}
        self._seen: dict[str, Any] = {path: find(shown, path) for path in self.specs}
        self._latest = dict(self._seen)
        self._now = dict(self._seen)
        self.theirs: dict[str, Any] = {}
        self.touched: set[str] = set()
        self.revision = 0  # goes up with each change
        self._done: list[_Step] = []
        self._undone: list[_Step] = []
        self.as_saved = False  # nothing was typed, and nothing came, since it was saved
        self._open = ("", -JOINED_SECONDS)  # field and time of the step that further keys join

    # reading

    def held(self, path: str) -> Held:
        """What the field holds."""
        return held(self.specs[path], self._now[path])

    def was(self, path: str) -> Any:
        """JSON that the operator saw."""
        return self._seen[path]

    def now(self, path: str) -> Any:
        """JSON as it would be saved."""
        return self._now[path]

    def changed(self, path: str) -> bool:
        return not same(self._seen[path], self._now[path])

    @property
    def changes(self) -> tuple[FieldChange, ...]:
        """What Save would keep, in the order of the fields."""
        return tuple(FieldChange(path, self._seen[path], self._now[path]) for path in self.specs if self.changed(path))

    @property
    def dirty(self) -> bool:
        return any(self.changed(path) for path in self.specs)

    def values(self) -> dict[str, Any]:
        """Everything that is filled, by path: a new contact."""
        return {path: value for path, value in self._now.items() if not is_empty(value)}

    def pick(self, paths: Iterable[str]) -> dict[str, Any]:
        """The values of these fields."""
        return {path: self._now[path] for path in paths if path in self._now}

    # typing

    def type(self, path: str, value: Held, at: float, *, join: bool = False) -> bool:
        """A field holds something else now; False where it does not. `at` are seconds; with `join`, keys in the same
        field that follow each other are one step of undo."""
        spec, seen = self.specs[path], self._seen[path]
        if value == self.held(path):
            return False
        self.touched.add(path)
        wanted = seen if value == held(spec, seen) else as_json(spec, value, seen)
        if wanted == self._now[path]:  # a row that is still empty
            return False
        step = _Step({path: self._now[path]}, {path: wanted})
        joins = join and bool(self._done) and self._open[0] == path and at - self._open[1] <= JOINED_SECONDS
        if joins:
            step = _Step(self._done.pop().before, step.after)
        self._push(step)
        self._open = (path, at) if join else ("", 0.0)
        return True

    def replace(self, path: str, value: Any) -> None:
        """The same value in a cleaner form: undone together with what was typed before. JSON."""
        if self._done and path in self._done[-1].after:
            step = self._done.pop()
            self._push(_Step(step.before, {**step.after, path: value}))
        else:
            self.fill({path: value})

    def fill(self, values: Mapping[str, Any]) -> None:
        """Several fields at once, as one step of undo. JSON values."""
        known = {path: value for path, value in values.items() if path in self.specs}
        self.touched.update(known)
        self._push(_Step({path: self._now[path] for path in known}, known))
        self.seal()

    def seal(self) -> None:
        """What is typed next is another step of undo."""
        self._open = ("", 0.0)

    def _push(self, step: _Step) -> None:
        self.as_saved = False
        self._now.update(step.after)
        self._done = [*self._done[-STEPS + 1 :], step]
        self._undone.clear()
        self.revision += 1

    def undo(self) -> tuple[str, ...]:
        """Paths of the fields that went back; () where nothing is left."""
        return self._go(self._done, self._undone, forward=False)

    def redo(self) -> tuple[str, ...]:
        return self._go(self._undone, self._done, forward=True)

    def _go(self, source: list[_Step], target: list[_Step], *, forward: bool) -> tuple[str, ...]:
        if not source:
            return ()
        step = source.pop()
        target.append(step)
        self._now.update(step.after if forward else step.before)
        self.seal()
        self.revision += 1
        return tuple(step.after)

    # what comes from outside

    def lay(self, changes: Iterable[FieldChange]) -> None:
        """Put a draft or a refused change over the contact: its `was` stays what was seen then. Not undone."""
        for change in changes:
            if change.path in self.specs:
                self._seen[change.path], self._now[change.path] = change.was, change.now
                self.touched.add(change.path)
                if not same(change.was, self._latest[change.path]) and not same(change.now, self._latest[change.path]):
                    self.theirs[change.path] = self._latest[change.path]
        self.revision += 1

    def follow(self, shown: Json) -> tuple[str, ...]:
        """The contact is another one by now: what nobody changed takes the new value, what was changed keeps the
        operator's. Paths of what came in."""
        moved = [path for path in self.specs if not same(find(shown, path), self._latest[path])]
        for path in moved:
            value = self._latest[path] = find(shown, path)
            if self.changed(path):
                self.theirs[path] = value
                if same(value, self._seen[path]):
                    del self.theirs[path]
                continue
            self._seen[path] = self._now[path] = value
            self._forget(path)
        self.as_saved = self.as_saved and not moved
        self.revision += bool(moved)
        return tuple(moved)

    def saved(self, changes: Sequence[FieldChange], *, kept: bool = True) -> None:
        """These were saved: they are what is seen now. What was typed for it is taken back by the undo of the save;
        where nothing was `kept` there is none, and the window's newest one would be of something else."""
        for change in changes:
            self._seen[change.path] = self._latest[change.path] = change.now
            self.theirs.pop(change.path, None)
            if not self.changed(change.path):  # else somebody typed on meanwhile
                self._forget(change.path)
        if kept:
            self.as_saved = not self.dirty

    def _forget(self, path: str) -> None:
        """No step may bring back a value from before."""
        self.seal()
        for steps in (self._done, self._undone):
            steps[:] = [step for step in steps if path not in step.after]
