"""One revision as a card: its number, when it was made, and each changed field as *label: old → new*."""

from __future__ import annotations

import re
from datetime import datetime

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFocusEvent, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from crmdesk.core.fields import FieldKind
from crmdesk.core.revisions import Change, Step
from crmdesk.core.text import one_line
from crmdesk.ui.contacts.detail_fields import words_in_line
from crmdesk.ui.contacts.detail_parts import ValueLabel
from crmdesk.ui.contacts.detail_rows import LABEL_CHARS, spoken
from crmdesk.ui.kit import Card, Heading, Muted, PlainLabel, column, isolated, plural, tr
from crmdesk.ui.theme import theme
from crmdesk.ui.words import ago, exact_time

MOST_CHANGES = 40  # of one revision on screen
MOST_LETTERS = 300  # of one value
LONG_WORD = 14  # a longer one may break anywhere
_NO_ISOLATES = str.maketrans("", "", "\u2068\u2069")
_ENTRIES = (FieldKind.RECORDS, FieldKind.PHONES, FieldKind.CHOICES, FieldKind.LANGUAGES)


class RevisionCard(Card):
    """Takes the focus, and is read as a whole: number, time, changes."""

    def __init__(self, step: Step, vendor: str, now: datetime) -> None:
        super().__init__()
        self.setObjectName(f"history.version.{step.revision.number}")
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.lines = [change_words(change) for change in step.changes[:MOST_CHANGES]]
        title = tr("Version {n}").replace("{n}", str(step.revision.number))
        when = exact_time(step.revision.at)
        when = f"{when}   ({ago(step.revision.at, now)})" if when else tr("The vendor does not say when")
        remark = self._remark(step, vendor)
        box = QWidget()
        self._lay_out(box)
        parts = [Heading(title, factor=1.0), Muted(when, wrap=True), box]
        if remark:
            parts.insert(2, PlainLabel(remark, wrap=True))
        column(self, *parts, gap=3, margins=(16, 10, 16, 10))
        read = [f"{label}: {spoken(text.translate(_NO_ISOLATES))}" for label, text in self.lines]
        self.setAccessibleName(". ".join(part for part in (title, when, remark, *read) if part))

    def _remark(self, step: Step, vendor: str) -> str:
        if step.first:
            if step.revision.number <= 1:
                return tr("First version")
            return tr("The oldest version that {vendor} keeps").replace("{vendor}", vendor)
        if not step.changes:
            return tr("Nothing that is shown here changed")
        left = len(step.changes) - MOST_CHANGES
        return plural(left, "and 1 more change", "and {n} more changes") if left > 0 else ""

    def _lay_out(self, box: QWidget) -> None:
        grid = QGridLayout(box)
        grid.setContentsMargins(0, 2, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        grid.setColumnStretch(1, 1)
        wide = QFontMetrics(self.font()).averageCharWidth() * LABEL_CHARS
        for place, (label, text) in enumerate(self.lines):
            named = Muted(breakable(label), wrap=True)
            named.setFixedWidth(wide)
            value = ValueLabel(breakable(text), wrap=True)
            value.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
            grid.addWidget(named, place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, place, 1, Qt.AlignmentFlag.AlignTop)
        box.setVisible(bool(self.lines))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus():
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme().color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 9, 9)
            painter.end()


def change_words(change: Change) -> tuple[str, str]:
    """Label and *old → new*; of a list what came and what went. Masked values stay dots: history is no way around."""
    spec = change.spec
    label = one_line(tr(spec.label), 60)
    was, now = (_short(words_in_line(spec, value, veiled=True)) for value in (change.was, change.now))
    if spec.kind in _ENTRIES and was != now and not (was and now):
        words = tr("added {value}") if now else tr("removed {value}")
        return label, words.replace("{value}", isolated(was or now))
    return label, f"{isolated(was) or tr('empty')} → {isolated(now) or tr('empty')}"


def _short(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else text[:MOST_LETTERS] + "…"


def breakable(text: str) -> str:
    """The text with places where a label may break a word that is too long for a line."""
    return re.sub(rf"\S{{{LONG_WORD}}}(?=\S)", lambda found: f"{found[0]}\u200b", text)
