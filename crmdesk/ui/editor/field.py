"""One field of the editor: label, control, and below it what was there, what is wrong and what could be done about it.

Only label and control are made at once; the rest comes when there is something to say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from crmdesk.core.fields import FieldSpec
from crmdesk.ui.editor.controls import Control
from crmdesk.ui.kit import FlatButton, IconWord, Muted, row, tr
from crmdesk.ui.theme import theme
from crmdesk.ui.words import isolated, tooltip

NEARLY_FULL = 0.8  # of a field's length, from which on letters are counted
BAR = 3  # pixels of the bar beside a changed field
LEFT = 9  # its room


class FindingLike(Protocol):
    """sync.validation.Finding."""

    @property
    def path(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def warning(self) -> bool: ...
    @property
    def fix(self) -> Any: ...


class Trouble(IconWord):
    """An error or a warning, in as many lines as it needs."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName(name)
        self._word.setWordWrap(True)


class FieldBox(QWidget):
    """`fixAsked(value)`: the proposal was taken."""

    fixAsked = Signal(str, object)  # path of the finding, proposed value

    def __init__(self, spec: FieldSpec, make: Callable[[QWidget], Control], parent: QWidget) -> None:
        """`make(parent)` gives the control."""
        super().__init__(parent)
        self._label = Muted(tr(spec.label), self)
        self._count: Muted | None = None
        self.spec, self.control = spec, make(self)
        self.findings: tuple[FindingLike, ...] = ()
        self._changed = self.required = False
        self._extras: dict[str, QWidget] = {}
        self._was = ""
        self._label.setBuddy(self.control.first)
        self._head = QHBoxLayout()
        self._head.setSpacing(6)
        self._head.addWidget(self._label)
        self._head.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(LEFT, 0, 0, 2)
        self._column.setSpacing(3)
        self._column.addLayout(self._head)
        self._column.addWidget(self.control)
        if spec.hint:  # in sight it would be more text than fields
            self._label.setToolTip(tooltip(tr(spec.hint)))
            self.control.first.setToolTip(tooltip(tr(spec.hint)))

    @property
    def wide(self) -> bool:
        return self.control.wide

    def hide_label(self) -> None:
        """The heading above has the same words."""
        self._label.hide()

    def mark_required(self) -> None:
        """For a new contact: this one has to be filled."""
        self.required = True
        self._label.setText(f"{tr(self.spec.label)} *")
        self._label.setToolTip(tr("Required"))
        self._describe()

    # what is said below

    def show_changed(self, was: str | None, theirs: str | None = None) -> None:
        """`was`: the value that is about to be changed, None where nothing is. `theirs`: what the vendor has now."""
        changed = was is not None
        if changed != self._changed:
            self._changed = changed
            self.update()
        texts = []
        if was is not None:
            texts.append(tr("was: {value}").replace("{value}", isolated(was) or tr("empty")))
        if theirs is not None:
            texts.append(tr("there now: {value}").replace("{value}", isolated(theirs) or tr("empty")))
        self._was = " · ".join(texts)
        self._say("was", self._was)
        self._describe()

    @property
    def changed(self) -> bool:
        return self._changed

    def show_findings(self, findings: Sequence[FindingLike]) -> None:
        self.findings = tuple(findings)
        errors = [one for one in self.findings if not one.warning]
        shown = errors or list(self.findings)
        text = "\n".join(dict.fromkeys(tr(one.text) for one in shown))
        trouble = self._extras.get("trouble")
        if text and trouble is None:
            trouble = self._extras["trouble"] = Trouble(f"editor.trouble.{self.spec.path}")
            self._insert(trouble)
        if isinstance(trouble, Trouble):
            trouble.set("cross" if errors else "warning", text, "error" if errors else "warning")
            trouble.setVisible(bool(text))
        self.control.set_wrong(frozenset(one.path for one in errors))
        self._offer_fix(next((one for one in self.findings if one.fix is not None), None))
        self._describe()

    def _offer_fix(self, finding: FindingLike | None) -> None:
        old = self._extras.pop("fix", None)
        if old is not None:
            old.hide()
            old.deleteLater()
        if finding is None:
            return
        words = tr("Use {value}").replace("{value}", str(finding.fix)[:80])
        line, made = QWidget(), FlatButton(f"editor.fix.{self.spec.path}", words.replace("&", "&&"))
        made.setProperty("link", True)
        made.clicked.connect(self._fixer(finding.path, finding.fix))
        row(line, made).addStretch(1)
        self._extras["fix"] = line
        self._insert(line)

    def _fixer(self, path: str, value: Any) -> Callable[[], None]:
        return lambda: self.fixAsked.emit(path, value)

    def tell(self, text: str) -> None:
        """Something that happened to the value, e.g. what was cleaned away; '' takes it back."""
        self._say("told", text)

    def show_length(self, length: int) -> None:
        """Letters left, from 80 % of what the vendor takes on."""
        most = self.spec.max_length
        wanted = most is not None and length >= NEARLY_FULL * most
        if self._count is None and wanted:
            self._count = Muted("", self)
            self._head.addWidget(self._count)
        if self._count is not None:
            self._count.setText(f"{length} / {most}")
            self._count.set_tone("error" if most is not None and length > most else "")
            self._count.setVisible(wanted)

    @property
    def length_words(self) -> str:
        """Letters so far and at most, as they are shown; '' for nothing."""
        return self._count.text() if self._count is not None and self._count.isVisibleTo(self) else ""

    def _say(self, name: str, text: str) -> None:
        label = self._extras.get(name)
        if label is None and text:
            label = self._extras[name] = Muted("", wrap=True)
            label.setObjectName(f"editor.{name}.{self.spec.path}")
            self._insert(label)
        if isinstance(label, Muted):
            label.setText(text)
            label.setVisible(bool(text))

    def _insert(self, widget: QWidget) -> None:
        """Below the control, what was said first on top."""
        widget.setParent(self)
        self._column.insertWidget(self._column.indexOf(self.control) + 1 + len(self._extras) - 1, widget)

    def said(self, name: str) -> str:
        """What is shown as `was`, `told` or `trouble`."""
        shown = self._extras.get(name)
        if shown is None or not shown.isVisibleTo(self):
            return ""
        return shown.word() if isinstance(shown, IconWord) else getattr(shown, "text", str)()

    def _describe(self) -> None:
        texts = [tr("Required.")] if self.required else []
        texts += [tr(one.text) for one in self.findings]
        self.control.describe(" ".join(filter(None, (*texts, self._was, tr(self.spec.hint)))))

    def paintEvent(self, event: QPaintEvent) -> None:
        """The bar of a changed field; *was: …* says the same in words."""
        if self._changed:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme().color("accent"))
            left = self.width() - BAR if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else 0
            painter.drawRoundedRect(QRectF(left, 2, BAR, self.height() - 4), 1.5, 1.5)
            painter.end()
