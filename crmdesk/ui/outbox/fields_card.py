"""Fields with their values side by side, as a card: what an edit changes, what differs between two sides."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from crmdesk.core.fields import FieldSpec
from crmdesk.core.outbox import FieldChange
from crmdesk.sync import wording
from crmdesk.ui.contacts.detail_parts import ValueLabel
from crmdesk.ui.contacts.detail_rows import LABEL_CHARS
from crmdesk.ui.kit import Card, Muted, column, plural, tr
from crmdesk.ui.outbox.speech import SPEECH
from crmdesk.ui.words import breakable

MOST_FIELDS = 60


def fields_card(changes: Sequence[FieldChange], specs: Sequence[FieldSpec], titles: Sequence[str]) -> Card:
    """One line for each field, in the vendor's order. With two `titles` (field, value) only the new value is
    shown, with three the old one too."""
    card = Card()
    box = QWidget(card)
    grid = QGridLayout(box)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(14)
    grid.setVerticalSpacing(6)
    for place, title in enumerate(titles):
        grid.addWidget(Muted(title), 0, place)
        grid.setColumnStretch(place, 1 if place else 0)
    grid.setColumnMinimumWidth(0, QFontMetrics(card.font()).averageCharWidth() * LABEL_CHARS)
    pairs = wording.in_order(changes, specs)
    for number, (spec, change) in enumerate(pairs[:MOST_FIELDS], start=1):
        values = (change.now,) if len(titles) == 2 else (change.was, change.now)
        texts = [SPEECH.value(spec, value) or tr("empty") for value in values]
        for place, text in enumerate((tr(spec.label), *texts)):
            grid.addWidget(_cell(text, label=place == 0), number, place, Qt.AlignmentFlag.AlignTop)
    parts: list[QWidget] = [box]
    if len(pairs) > MOST_FIELDS:
        parts.append(Muted(plural(len(pairs) - MOST_FIELDS, "and 1 more field", "and {n} more fields")))
    column(card, *parts, gap=6, margins=(14, 10, 14, 12))
    return card


def _cell(text: str, *, label: bool) -> QWidget:
    made = Muted(breakable(text), wrap=True) if label else ValueLabel(breakable(text), wrap=True)
    made.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
    return made
