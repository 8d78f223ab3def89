"""The exact request of an edit: method, address, body; read-only, in letters of one width, with *Copy*."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from crmdesk.core.fields import FieldSpec
from crmdesk.core.outbox import Request
from crmdesk.sync.wording import DOTS
from crmdesk.ui.contacts.raw_view import pretty
from crmdesk.ui.kit import Muted, button, column, row, tr
from crmdesk.ui.theme import scaled, theme

MOST_LINES, LEAST_LINES = 16, 3


def request_text(request: Request, specs: Sequence[FieldSpec] = ()) -> str:
    """As it goes out, without secrets; dots in place of values that are masked on screen."""
    head = f"{request.method} {request.address}"
    return f"{head}\n\n{pretty(veiled(request.body, specs))[0]}" if request.body else head


def veiled(body: str, specs: Sequence[FieldSpec]) -> str:
    """The body with dots for masked fields, wherever they stand: vendors wrap a contact differently for sending."""
    names = {
        spec.path.rpartition(".")[2] for top in specs for spec in (top, *top.parts) if spec.masked or top.masked
    }  # fmt: skip
    if not names:
        return body
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return body
    return json.dumps(_veil(found, names), ensure_ascii=False)


def _veil(found: Any, names: set[str]) -> Any:
    if isinstance(found, dict):
        hide = {key for key, value in found.items() if key in names and value not in (None, "", [], {})}
        return {key: DOTS if key in hide else _veil(value, names) for key, value in found.items()}
    return [_veil(item, names) for item in found] if isinstance(found, list) else found


class RequestBox(QWidget):
    """Empty until `show_text`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QPlainTextEdit(self)
        self.text.setObjectName("outbox.request")
        self.text.setAccessibleName(tr("The exact request"))
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.copy = button("outbox.request.copy", tr("Copy"), self._copy)
        foot = QWidget(self)
        row(foot, Muted(tr("No token and no key is in it."), wrap=True), self.copy, stretch=0)
        column(self, self.text, foot, gap=6)
        theme().changed.connect(self._restyle)
        self._restyle()

    def show_text(self, text: str) -> None:
        self.text.setPlainText(text)
        self._restyle()

    def _restyle(self) -> None:
        mono = scaled(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont), theme().font_scale / 100)
        self.text.setFont(mono)
        lines = max(LEAST_LINES, min(MOST_LINES, self.text.blockCount()))
        self.text.setFixedHeight(self.text.fontMetrics().lineSpacing() * lines + 34)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
