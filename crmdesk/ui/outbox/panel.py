"""One edit of the Outbox whole: its sentence, state and reason, what can be done, its fields, the exact request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QPushButton, QVBoxLayout, QWidget

from crmdesk.core.outbox import Draft, FieldChange, Op, OpKind, OpState
from crmdesk.sync import wording
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import (
    AROUND,
    Card,
    DetailPanel,
    FlatButton,
    Heading,
    IconWord,
    Muted,
    PlainLabel,
    button,
    column,
    scroll,
    tooltip,
    tr,
)
from crmdesk.ui.outbox.fields_card import fields_card
from crmdesk.ui.outbox.listing import Line
from crmdesk.ui.outbox.offers import Offer, Situation, offers
from crmdesk.ui.outbox.request_box import RequestBox
from crmdesk.ui.outbox.speech import SPEECH, Teller, sign_of, state_word
from crmdesk.ui.words import breakable, exact_time

TITLE_WORD = 24  # letters; a longer one may break anywhere
EXPLAINED = {
    OpState.HELD: "It stays here until you release it.",
    OpState.IN_DOUBT: "The connection broke while it was being made. The vendor may have it or not: it is never sent "
    "twice by itself. *Check now* looks for it at the vendor.",
    OpState.CONFLICT: "Nothing is sent for this contact until you have chosen; other contacts go on.",
    OpState.GONE: "What you typed is still here.",
    OpState.REJECTED: "Nothing was changed at the vendor. Put the values right, and it is sent again.",
}


class OpPanel(DetailPanel):
    """`wanted(verb, line)`: a button was pressed. `requestWanted(op)`: somebody wants to see the exact request."""

    wanted = Signal(str, object)
    requestWanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("outbox.panel")
        self.teller = Teller()
        self._line: Line | None = None
        self._shown: tuple[object, ...] = ()
        self._open: set[int] = set()  # ids of edits whose request is unfolded
        self._found: dict[int, str] = {}  # what *Check now* told, by id
        self._looked: set[int] = set()
        self.request: RequestBox | None = None
        self._body = QWidget(self)
        self._column: QVBoxLayout = column(self._body, gap=12, margins=(18, 16, 18, AROUND))
        self._area = scroll(self._body, "outbox.panel.area")
        column(self, self._area)

    # what is shown

    @property
    def line(self) -> Line | None:
        return self._line

    def show_line(self, line: Line | None, now: datetime, situation: Situation, teller: Teller) -> None:
        """Show another line, or the same one as it is now; the focus stays on the same button."""
        word = state_word(line, now) if line is not None else ""
        found = self._found.get(line.op.id, "") if line is not None and line.op is not None else ""
        shown = (line, word, situation, teller, found)
        if shown == self._shown:
            return
        other = self._line is None or line is None or self._line.key != line.key
        focused = QApplication.focusWidget()
        inside = focused.objectName() if focused is not None and self.isAncestorOf(focused) else ""
        self._line, self._shown, self.teller = line, shown, teller
        self._clear()
        if line is not None and line.op is not None:
            self._show_op(line, line.op, now, situation)
        elif line is not None and line.draft is not None:
            self._show_draft(line, line.draft, now)
        self._column.addStretch(1)
        if other:
            self._area.verticalScrollBar().setValue(0)
        if inside and not other:
            self._focus(inside)

    def tell_found(self, op_id: int, text: str, *, final: bool = True) -> None:
        """What a look at the vendor gave; shown with the next `show_line`. Not `final`: there is no answer yet."""
        self._found[op_id] = text
        (self._looked.add if final else self._looked.discard)(op_id)

    def looked(self, op_id: int) -> bool:
        """Whether it was looked for at the vendor since the start."""
        return op_id in self._looked

    def focus_first(self, reason: Qt.FocusReason = Qt.FocusReason.ShortcutFocusReason) -> None:
        """The first button that can be pressed."""
        for made in self._body.findChildren(QPushButton):
            if made.isEnabled() and made.isVisibleTo(self._body):
                made.setFocus(reason)
                self._area.ensureWidgetVisible(made)
                return

    def setFocus(self, reason: Qt.FocusReason = Qt.FocusReason.OtherFocusReason) -> None:
        """F6 comes here: the first button has it."""
        self.focus_first(reason)

    def _focus(self, name: str) -> None:
        again = self._body.findChild(QWidget, name)
        if again is not None and again.isEnabled():
            again.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.focus_first()

    def _put(self, widget: QWidget) -> None:
        """Shown at once: the layout would do it later, and till then nothing in it takes the focus."""
        self._column.addWidget(widget)
        widget.show()

    def _clear(self) -> None:
        self.request = None
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.setParent(None)
                old.deleteLater()

    # an edit

    def _show_op(self, line: Line, op: Op, now: datetime, situation: Situation) -> None:
        self._put(self._head(self.teller.sentence(op), line, now))
        self._put(self._facts(line, op, now))
        if (reason := self._reason(op)) is not None:
            self._put(reason)
        made = [self._button(offer) for offer in offers(op.kind, op.state, situation)]
        if made:
            self._put(_flow(made))
        if op.changes:
            self._put(self._fields(op.account_id, op.changes, fresh=op.kind is OpKind.CREATE))
        if op.state.open:
            self._put(self._request(op))

    def _head(self, sentence: str, line: Line, now: datetime) -> QWidget:
        box = QWidget(self._body)
        title = Heading(breakable(sentence, TITLE_WORD), factor=1.15)
        title.setWordWrap(True)
        title.setObjectName("outbox.title")
        icon, tone = sign_of(line)
        state = IconWord(icon, state_word(line, now), tone)
        column(box, title, state, gap=6)
        return box

    def _facts(self, line: Line, op: Op, now: datetime) -> QWidget:
        texts = [" · ".join(wording.facts(op, now, SPEECH))]
        if line.after:
            texts.append(tr("Goes after the edit above: edits of one contact are sent in the order they were made."))
        if op.sent_at and op.state.open:
            texts.append(tr("Last tried {time}").replace("{time}", exact_time(op.sent_at)))
        label = Muted("\n".join(text for text in texts if text), wrap=True)
        label.setObjectName("outbox.facts")
        return label

    def _reason(self, op: Op) -> QWidget | None:
        """Why it waits, in the server's words; what the state means; what a look at the vendor gave."""
        lines = list(self.teller.reasons(op)) if op.state.open else []
        explained = tr(EXPLAINED.get(op.state, "")).replace("*", "")
        found = self._found.get(op.id, "")
        if not (lines or explained or found):
            return None
        card = Card(self._body)
        card.setObjectName("outbox.reason")
        parts: list[QWidget] = []
        if lines:
            first = PlainLabel(breakable(lines[0]), wrap=True, selectable=True)
            first.set_tone("error" if op.state.needs_you else "")
            parts += [first, *(PlainLabel(f"• {breakable(text)}", wrap=True, selectable=True) for text in lines[1:])]
        if found:
            parts.append(PlainLabel(breakable(found), wrap=True, selectable=True))
        if explained:
            parts.append(Muted(explained, wrap=True))
        for part in parts:
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column(card, *parts, gap=5, margins=(14, 10, 14, 10))
        return card

    def _button(self, offer: Offer) -> QPushButton:
        made = button(
            f"outbox.{offer.key}", tr(offer.words), self._wish(offer.key), main=offer.main, danger=offer.danger
        )
        why = tr(offer.why) if offer.why else ""
        made.setEnabled(offer.why is None)
        made.setToolTip(tooltip(why))
        made.setAccessibleDescription(why)
        return made

    def _wish(self, verb: str) -> Callable[[], None]:
        return lambda: self.wanted.emit(verb, self._line)

    def _fields(self, account_id: int, changes: Sequence[FieldChange], *, fresh: bool) -> QWidget:
        titles = (tr("Field"), tr("Value")) if fresh else (tr("Field"), tr("Before"), tr("After"))
        card = fields_card(changes, self.teller.specs(account_id), titles)
        card.setObjectName("outbox.fields")
        return card

    # its request

    def _request(self, op: Op) -> QWidget:
        box = QWidget(self._body)
        toggle = FlatButton("outbox.request.show", "", box)
        toggle.setProperty("leading", True)
        self.request = RequestBox(box)
        opened = op.id in self._open
        self.request.setVisible(opened)
        toggle.setText(tr("Hide the exact request") if opened else tr("Show the exact request"))
        toggle.clicked.connect(lambda _checked=False: self._toggle(op, toggle))
        self._toggler = toggle
        layout = column(box, toggle, self.request, gap=6)
        layout.setAlignment(toggle, Qt.AlignmentFlag.AlignLeading)
        if opened:
            self.requestWanted.emit(op)
        return box

    def toggle_request(self) -> None:
        """As its button."""
        if self.request is not None:
            self._toggler.click()

    def _toggle(self, op: Op, toggle: FlatButton) -> None:
        assert self.request is not None  # it stands below this button
        opened = op.id not in self._open
        (self._open.add if opened else self._open.discard)(op.id)
        self.request.setVisible(opened)
        toggle.setText(tr("Hide the exact request") if opened else tr("Show the exact request"))
        if opened:
            self.requestWanted.emit(op)

    def show_request(self, op: Op, text: str) -> None:
        """The answer to `requestWanted`; late ones for another edit are dropped."""
        if (
            self.request is not None
            and self._line is not None
            and self._line.op is not None
            and self._line.op.id == op.id
        ):
            self.request.show_text(text)

    # typing that was not saved

    def _show_draft(self, line: Line, draft: Draft, now: datetime) -> None:
        self._put(self._head(self.teller.title(line, now), line, now))
        text = tr("It was typed and never saved, so nothing is sent. It stays here until you go on or discard it.")
        self._put(Muted(text, wrap=True))
        again, drop = Offer("continue", "Continue", main=True), Offer("undraft", "Discard", danger=True)
        self._put(_flow([self._button(again), self._button(drop)]))
        if draft.changes:
            self._put(self._fields(draft.account_id, draft.changes, fresh=not draft.contact_id))


def _flow(buttons: list[QPushButton]) -> QWidget:
    box = QWidget()
    layout = FlowLayout(8)
    box.setLayout(layout)
    for made in buttons:
        layout.addWidget(made)
    return box
