"""The editor of one contact: fields, what is wrong with them, what changed, drafts, and Save. It closes only when what
was typed is safe: saved in a commit, or kept as a draft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QApplication, QBoxLayout, QWidget

from crmdesk.core.errors import CrmDeskError
from crmdesk.core.fields import FieldSpec
from crmdesk.core.outbox import Draft
from crmdesk.core.seams import Clock, iso
from crmdesk.core.tasks import TaskScope
from crmdesk.core.types import Json
from crmdesk.ui.contacts.detail_fields import words_in_line
from crmdesk.ui.editor.checks import Checks, Rules
from crmdesk.ui.editor.controls import control_of
from crmdesk.ui.editor.extras import Orders, Problems, Resends, SimilarList
from crmdesk.ui.editor.field import FieldBox
from crmdesk.ui.editor.form import Form
from crmdesk.ui.editor.head import Head
from crmdesk.ui.editor.inputs import is_undo
from crmdesk.ui.editor.keeper import DraftKeeper
from crmdesk.ui.editor.saving import Saver
from crmdesk.ui.editor.session import Session
from crmdesk.ui.editor.subject import Subject
from crmdesk.ui.editor.values import is_single
from crmdesk.ui.feedback import error_words
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.footer import Footer
from crmdesk.ui.kit import FlatButton, button, column, plural, scroll, tr
from crmdesk.ui.rest import Rest
from crmdesk.ui.undo import is_redo
from crmdesk.ui.words import clock_time

if TYPE_CHECKING:
    from crmdesk.sync.edits import Edits

SIMILAR_MS = 400  # of rest, before likely the same people are looked for
WAS_SHOWN = 200  # characters of an old value
KNOWN_FIELDS = 3  # of a new contact, from which on they are
SIDE_CHARS = 120  # characters of width from which on they stand at the side


class Editor(QWidget):
    """`edits` are services.edits, `rules` sync.validation; `vendor_of` gives the vendor's title of an account."""

    saved = Signal(object, bool, bool)  # sync.edits.Saved or None, whether anything was saved, whether to close
    cancelled = Signal()  # close; what is typed is to be kept as a draft
    discarded = Signal()  # close; what is typed is not wanted
    openAsked = Signal(int)  # another contact, likely the same person
    accountChosen = Signal(int)

    def __init__(
        self,
        subject: Subject,
        edits: Edits,
        rules: Rules,
        scope: TaskScope,
        clock: Clock,
        vendor_of: Callable[[int], str],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("editor")
        self.subject, self._edits, self._scope, self._clock = subject, edits, scope, clock
        self._vendor_of = vendor_of
        self.session = Session(subject.fields, subject.shown)
        self.session.lay(subject.laid)
        self.checks = Checks(self.session, rules, new=subject.new)
        if subject.op is not None and subject.op.reason is not None:
            self.checks.tell(subject.op.reason.problems)
        self._seen_base: Json = subject.base
        self._left: FieldBox | None = None
        self.over = False  # closed, or about to be: what is typed is safe
        self._build()
        self.keeper = DraftKeeper(edits, scope, subject.key, self.draft, self.show_error, self)
        self.keeper.begin(subject.draft)
        self._saver = Saver(self, edits, scope)
        if subject.draft is not None:
            self.head.show_draft(clock_time(subject.draft.at, clock.now()))
        self._similar = QTimer(self, singleShot=True, interval=SIMILAR_MS)
        self._similar.timeout.connect(self._look_for_similar)
        QApplication.instance().focusChanged.connect(self._focus_moved)  # type: ignore[union-attr]
        self.refresh()
        if subject.new and subject.laid:
            self._similar.start()

    # -- building ----------------------------------------------------------------------------------------------------

    def _build(self) -> None:
        """From the outside to the inside: a widget that gets another parent is styled anew."""
        subject = self.subject
        self.head = Head(subject, self)
        self.head.accountChosen.connect(self.accountChosen.emit)
        self.head.draftDropped.connect(self.discarded.emit)
        self.problems = Problems(self)
        self.problems.asked.connect(self.go_to)
        inner = QWidget(self)
        self.area = scroll(inner, "editor.scroll")
        self.similar = SimilarList(self)
        self.similar.opened.connect(self.openAsked.emit)
        outer = column(self, self.head, self.problems, gap=0)
        self._middle = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._middle.setContentsMargins(0, 0, 0, 0)
        outer.addLayout(self._middle, 1)
        self._middle.addWidget(Rest(self.area), 1)
        self._middle.addWidget(self.similar)
        self.form = Form(self.session.specs.values(), self._make_box, inner)
        self.form.grown.connect(self._grown)
        self.orders = self._make_orders(inner)
        wanted = subject.vendor.resends and not subject.new
        self.resends = Resends(subject.vendor.title, inner) if wanted else None
        column(inner, self.form, *filter(None, (self.orders, self.resends)), gap=6, margins=(0, 0, 0, 12), stretch=0)
        for fold in filter(None, (self.orders, self.resends)):
            fold.setContentsMargins(16, 0, 16, 0)
        self.footer = self._make_footer()  # last: Tab comes to it last
        outer.addWidget(self.footer)

    def _make_box(self, spec: FieldSpec, parent: QWidget) -> FieldBox:
        path, seen = spec.path, self.session.was(spec.path)
        first = self.session.now(path) or seen
        box = FieldBox(spec, partial(control_of, spec, first, is_single(spec, seen)), parent)
        box.control.put(self.session.held(path))
        if self.subject.new and spec.required:
            box.mark_required()
        box.control.edited.connect(lambda join: self._edited(box, join=join))
        box.control.pasted.connect(self._pasted)
        box.fixAsked.connect(lambda at, value: self._fix(box, at, value))
        return box

    def _grown(self, boxes: Sequence[FieldBox]) -> None:
        """Fields were made later: they show what is known of them, and Tab comes to them before what stands below."""
        for box in boxes:
            self._show(box)
        below = filter(None, (self.orders, self.resends, self.footer))
        order = [*_reached(boxes[-1])[-1:], *(widget for part in below for widget in _reached(part))]
        for before, widget in pairwise(order):
            QWidget.setTabOrder(before, widget)

    def _make_orders(self, parent: QWidget) -> Orders | None:
        subject = self.subject
        if not subject.vendor.orders or subject.new:
            return None
        made = Orders(tr(subject.vendor.orders), parent)
        kept = subject.draft.orders if subject.draft else subject.op.orders if subject.op else ()
        made.put(kept)
        made.typed.connect(self.show_dirty)
        return made

    def _make_footer(self) -> QWidget:
        footer = Footer(self)
        buttons, flow = QWidget(footer), FlowLayout(gap=8)
        buttons.setLayout(flow)
        column(footer, buttons, margins=(16, 9, 16, 10))
        words = tr("Save to {vendor}").replace("{vendor}", self.subject.vendor.title)
        self.save_button = button("editor.save", words, lambda: self.ask_save(close=True), main=True)
        keys = QKeySequence("Ctrl+Return").toString(QKeySequence.SequenceFormat.NativeText)
        self.save_button.setToolTip(f"{words} ({keys})")
        self.cancel_button = button("editor.cancel", tr("Cancel"), self.cancelled.emit)
        self.cancel_button.setToolTip(tr("Close; what you typed is kept as a draft (Esc)"))
        self.discard_button = FlatButton("editor.discard", tr("Discard draft"))
        self.discard_button.clicked.connect(lambda _checked=False: self.discarded.emit())
        for made in (self.save_button, self.cancel_button, self.discard_button):
            flow.addWidget(made)
        return footer

    def focus_first(self) -> None:
        """Where typing begins: at the vendor's first complaint, else in the first field."""
        told = self.checks.told()
        if told:
            self.go_to(told[0].path)
        elif self.form.made:
            next(iter(self.form.made.values())).control.focus("")

    def go_to(self, path: str) -> None:
        """The focus to a field or a part of it."""
        box = self.form.box_of(path)
        if box is not None:
            box.control.focus(path)
            self.area.ensureWidgetVisible(box, 0, 40)

    # -- typing ------------------------------------------------------------------------------------------------------

    def _edited(self, box: FieldBox, *, join: bool) -> None:
        path = box.spec.path
        if not self.session.type(path, box.control.value(), self._clock.monotonic(), join=join):
            return
        box.tell("")
        self.checks.typed(path)
        self._show(box)
        self.show_dirty()
        if self.problems.isVisible():
            self.show_problems()
        if self.subject.new:
            self._similar.start()

    def _fix(self, box: FieldBox, at: str, value: Any) -> None:
        """Take the proposal over: of the field, or of one part of it (`phones.0.number`)."""
        path = box.spec.path
        self.session.fill({path: _with_part(self.session.now(path), at[len(path) + 1 :], value)})
        self.checks.leave(path)
        box.control.put(self.session.held(path))
        self._show(box)
        self.show_dirty()
        box.control.focus(at)

    def _pasted(self, text: str) -> None:
        """Offer to take a pasted address block apart; nothing is filled before somebody says so."""
        from crmdesk.ui.editor import split  # with the first paste

        now = {path: self.session.now(path) for path in self.session.specs}
        found = split.into_fields(split.parts_of(text), self.session.specs.values(), now)
        if len(found) > 1:
            shown = ((tr(self.session.specs[path].label), self._words(path, value)) for path, value in found.items())
            preview = "; ".join(f"{label}: {words}" for label, words in shown)
            self.head.offer_split(preview, lambda: self._fill(found))

    def _fill(self, values: Json) -> None:
        """One step of undo."""
        self.head.drop("split")
        self.session.fill(values)
        for path in values:
            self.checks.leave(path)
        self.refresh()

    def _words(self, path: str, value: Any) -> str:
        return words_in_line(self.session.specs[path], value, veiled=True)[:WAS_SHOWN]

    def _focus_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        """UX-VAL-01: a field is checked when it is left."""
        if self.over or new is None:  # another program, or a popup: the field is not left
            return
        inside = self.form.box_at(new) if self.isAncestorOf(new) else None
        if inside is self._left:
            return
        if self._left is not None:
            self._leave(self._left)
        self._left = inside

    def _leave(self, box: FieldBox, *, keep: bool = True) -> None:
        """`keep` False: what was typed is about to be saved, so no draft of it has to be kept."""
        path = box.spec.path
        remark = box.control.leave()
        if path in self.session.touched:
            hidden = self.checks.clean(path)
            if hidden:
                box.tell(plural(hidden, "1 hidden character removed", "{n} hidden characters removed"))
            self.checks.leave(path)
            box.control.put(self.session.held(path))
            self._show(box)
            self.show_dirty()
        if remark:
            box.tell(remark)
        self.session.seal()
        if keep:
            self.keeper.keep()

    def undo(self) -> None:
        self._went(self.session.undo())

    def redo(self) -> None:
        self._went(self.session.redo())

    def _went(self, paths: Sequence[str]) -> None:
        """Undone or redone: the field shows it and has the focus."""
        for path in paths:
            self.checks.typed(path)
            box = self.form.boxes[path]
            box.tell("")
            box.control.put(self.session.held(path))
            self._show(box)
        if paths:
            if self.form.box_at(self.focusWidget()) is not self.form.boxes[paths[-1]]:
                self.go_to(paths[-1])
            self.show_dirty()

    def ask_save(self, *, close: bool) -> None:
        """Ctrl+Enter and the button save and close, Ctrl+S saves."""
        if self._left is not None:
            self._leave(self._left, keep=False)
        self._saver.start(close=close)

    def event(self, event: QEvent) -> bool:
        """Undo and redo are the editor's while the focus is in it; right after a save the window takes that back."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and is_undo(event):
            event.setAccepted(not self.session.as_saved)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif is_redo(event):
            self.redo()
        else:
            super().keyPressEvent(event)

    # -- showing -----------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Everything anew, e.g. after the vendor's values came."""
        for path, box in self.form.made.items():
            box.control.put(self.session.held(path))
            self._show(box)
        self.show_dirty()
        self.show_problems()

    def _show(self, box: FieldBox) -> None:
        path, spec = box.spec.path, box.spec
        changed = self.session.changed(path) and not self.subject.new
        theirs = self.session.theirs.get(path)
        words = self._words(path, self.session.was(path)) if changed else None
        there = self._words(path, theirs) if changed and path in self.session.theirs else None
        box.show_changed(words, there)
        box.show_findings(self.checks.of(path))
        if spec.max_length is not None:
            text = self.session.now(path)
            box.show_length(len(text) if isinstance(text, str) else 0)

    def show_dirty(self) -> None:
        dirty = self.dirty
        self.head.show_dirty(dirty)
        self.discard_button.setVisible(dirty or self.subject.draft is not None)
        if self.resends is not None:
            kept = [tr(spec.label) for path, spec in self.session.specs.items() if not self.session.changed(path)]
            self.resends.show_fields(kept if self.session.dirty else [])

    def show_problems(self) -> None:
        found = self.checks.blocking() if self.checks.asked else []
        refused_by = "" if found else self.subject.vendor.title
        found += self.checks.told()
        listed = [(one.path, self._label(one.path), tr(one.text)) for one in found]
        self.problems.show_problems(listed, refused_by)

    def _label(self, path: str) -> str:
        box = self.form.box_of(path)
        return tr(box.spec.label) if box is not None else path

    @property
    def dirty(self) -> bool:
        """Something is typed that is not saved."""
        return self.session.dirty or self.references() != self._kept_orders()

    def references(self) -> tuple[str, ...]:
        return self.orders.references() if self.orders is not None else ()

    def _kept_orders(self) -> tuple[str, ...]:
        return self.subject.op.orders if self.subject.op is not None and self.orders is not None else ()

    def show_error(self, error: CrmDeskError, again: Callable[[], object] | None = None) -> None:
        """It could not be kept or saved: everything stays on screen."""
        self.head.show_trouble(*error_words(error), again=again or self.keeper.keep)

    # -- drafts ------------------------------------------------------------------------------------------------------

    def draft(self) -> Draft | None:
        """What is typed, to be kept; None where nothing is."""
        if not self.dirty or self._same_as_refused():
            return None
        subject, now = self.subject, iso(self._clock.now())
        operator = str(getattr(self._edits, "operator", ""))
        return Draft(
            subject.key, subject.account.id, subject.contact_id, self.session.changes, now, operator, self.references()
        )

    def _same_as_refused(self) -> bool:
        """The refused values alone are in the outbox already."""
        op = self.subject.op
        if op is None or self.references() != op.orders:
            return False
        kept = {change.path: change.now for change in op.changes}
        return kept == {change.path: change.now for change in self.session.changes}

    def end(self) -> Draft | None:
        """The editor is over: what is unsaved, for whoever keeps it. Nothing is written by itself from now on."""
        if self._left is not None:
            self._left.control.leave()
        self.over = True
        self.keeper.end()
        return self.draft()

    # -- what comes from the vendor ----------------------------------------------------------------------------------

    def follow(self, shown: Json, base: Json) -> None:
        """The contact was stored anew: by a check, or by another change here."""
        moved = self.session.follow(shown)
        if not moved:
            self._seen_base = base
            return
        labels = ", ".join(tr(self.session.specs[path].label) for path in moved)
        elsewhere = base != self._seen_base
        self._seen_base = base
        words = tr("Changed at {vendor}: {fields}") if elsewhere else tr("Changed here meanwhile: {fields}")
        self.head.show_changed(
            words.replace("{vendor}", self.subject.vendor.title).replace("{fields}", labels),
            lambda: self.go_to(moved[0]),
        )
        self.refresh()

    def say_gone(self) -> None:
        """The contact is no longer here; what was typed is."""
        words = tr("This contact is no longer here. What you typed stays here until you close the editor.")
        self.head.show_gone(words)

    # -- the same person ---------------------------------------------------------------------------------------------

    def _look_for_similar(self) -> None:
        values = self.session.values()
        if not self.over and len(values) >= KNOWN_FIELDS:
            self._scope.start(self._similar_to(values), what="Look for the same person", key="editor similar")
        else:
            self.similar.show_similar((), self._vendor_of)

    async def _similar_to(self, values: Json) -> None:
        found = await self._edits.similar(values, self.subject.account.id)
        if not self.over:
            self.similar.show_similar(found, self._vendor_of)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = event.size().width() >= SIDE_CHARS * self.fontMetrics().averageCharWidth()
        side, below = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._middle.setDirection(side if wide else below)
        self.similar.setMaximumWidth(260 if wide else 16_777_215)


def _reached(part: QWidget) -> list[QWidget]:
    """What Tab comes to inside `part`, without what opens in a window of its own."""
    inside = (widget for widget in part.findChildren(QWidget) if widget.window() is part.window())
    return [one for one in inside if one.focusPolicy() & Qt.FocusPolicy.TabFocus and one.focusProxy() is None]


def _with_part(value: Any, part: str, fixed: Any) -> Any:
    """`value` with `fixed` at `0.number` of its rows; `fixed` itself where the whole value is meant."""
    number, _dot, key = part.partition(".")
    if not part or not isinstance(value, list) or not number.isdecimal() or int(number) >= len(value):
        return fixed
    rows = [dict(one) if isinstance(one, dict) else one for one in value]
    rows[int(number)] = {**rows[int(number)], key: fixed} if key and isinstance(rows[int(number)], dict) else fixed
    return rows
