"""Choosing codes by typing: a country or a language is found by its code, its name here and its English name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from PySide6.QtCore import QEvent, QLocale, QObject, QStringListModel, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCompleter, QListView, QWidget

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.text import fold
from crmdesk.ui.contacts import names
from crmdesk.ui.editor.inputs import Line, tab_before
from crmdesk.ui.flow import FlowLayout
from crmdesk.ui.kit import IconButton, PlainLabel, column, row, tr
from crmdesk.ui.words import in_name_order

MOST_SHOWN = 12  # proposals below the line
NO_COUNTRIES = frozenset({"AC", "CP", "DG", "EA", "EU", "IC", "QO", "TA", "XK"})
"""Regions that Qt has a code for and ISO 3166-1 has none: the vendors take codes of that list only."""


@dataclass(frozen=True, slots=True)
class Option:
    """A code with its name in the desk's language; `keys` are folded words it is found by, the whole names first."""

    code: str
    name: str
    keys: tuple[str, ...]

    @property
    def shown(self) -> str:
        return f"{self.name} ({self.code})" if self.name != self.code else self.code


class Options:
    """All that can be chosen. `find` gives what fits best first: code, start of a name, start of a word in it."""

    def __init__(self, options: Sequence[Option]) -> None:
        self._options = in_name_order(options, lambda option: option.name)
        self._by_code = {option.code: option for option in options}
        self._by_name = {key: option for option in reversed(self._options) for key in option.keys}

    def shown(self, code: str) -> str:
        """A code in words; one that is not in the list as it is."""
        option = self._by_code.get(code)
        return option.shown if option else code

    def name(self, code: str) -> str:
        option = self._by_code.get(code)
        return option.name if option else code

    def find(self, typed: str) -> list[Option]:
        wanted = fold(typed.strip())
        if not wanted:
            return []
        ranked = [(rank, place) for place, option in enumerate(self._options) if (rank := _rank(option, wanted)) < 4]
        return [self._options[place] for _rank_, place in sorted(ranked)[:MOST_SHOWN]]

    def code_of(self, typed: str) -> str:
        """The code that a whole text stands for: a code, a name, or what begins only one name. '' where none."""
        text = typed.strip()
        for option in self._options:
            if text in (option.shown, option.code):
                return option.code
        exact = self._by_name.get(fold(text))
        if exact is not None:
            return exact.code
        found = [option for option in self.find(text) if _rank(option, fold(text)) <= 2] if len(text) > 2 else []
        return found[0].code if len(found) == 1 else ""


class AnyText(Options):
    """Where the vendor tells no codes: any text is one, as ids of its own lists are."""

    def __init__(self) -> None:
        super().__init__(())

    def code_of(self, typed: str) -> str:
        return typed.strip()


def _rank(option: Option, wanted: str) -> int:
    if fold(option.code) == wanted:
        return 0
    if any(key == wanted for key in option.keys):
        return 1
    if any(key.startswith(wanted) for key in option.keys):
        return 2
    return 3 if any(f" {wanted}" in key.replace("-", " ") for key in option.keys) else 4


def any_text(spec: FieldSpec) -> bool:
    """Whether its codes are known to the vendor alone."""
    return spec.kind is FieldKind.CHOICES and not spec.words


def options_of(spec: FieldSpec) -> Options:
    """What a field of codes offers."""
    if spec.kind is FieldKind.COUNTRY:
        return _countries(QLocale().name(), spec.three_letters)
    if spec.kind is FieldKind.LANGUAGES:
        return _languages(QLocale().name(), spec.suggests, spec.words)
    if any_text(spec):
        return AnyText()
    return Options([Option(code, tr(word), (fold(tr(word)), fold(word), fold(code))) for code, word in spec.words])


@lru_cache(maxsize=4)
def _countries(_locale: str, three_letters: bool) -> Options:
    """Names of `_locale`, which is the desk's. A vendor with codes of three letters gets those."""
    from crmdesk.sync.plausible import three_letter_codes

    found = {}
    longer = three_letter_codes() if three_letters else {}
    for territory in QLocale.Country:
        code = QLocale.territoryToCode(territory)
        new = len(code) == 2 and code.isalpha() and code not in found and code not in NO_COUNTRIES
        if new and (code in longer or not three_letters):
            english, name = QLocale.territoryToString(territory), names.country(code)
            found[code] = Option(longer.get(code, code), name, _keys(code, name, english, longer.get(code, code)))
    return Options(list(found.values()))


@lru_cache(maxsize=8)
def _languages(_locale: str, codes: tuple[str, ...], words: tuple[tuple[str, str], ...]) -> Options:
    """The vendor's own list; where it has none, every language with two letters."""
    own = dict(words)
    made = []
    for code in codes or tuple(dict.fromkeys((*_two_letters(), *own))):
        main, _, region = code.partition("-")
        english = QLocale.languageToString(QLocale.codeToLanguage(main))
        name = tr(own[code]) if code in own else names.language(code)
        plain = english if not region else f"{english} {region}"
        made.append(Option(code, name, _keys(code, name, own.get(code, plain))))
    return Options(made)


def _two_letters() -> Iterator[str]:
    for language in QLocale.Language:
        code = QLocale.languageToCode(language)
        if len(code) == 2:
            yield code


def _keys(code: str, *texts: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(fold(text) for text in (*texts, code)))


class PickLine(Line):
    """A line with proposals below it. `picked(code)` comes with Enter, a click or Tab on one of them.

    Esc closes the proposals first; Backspace in an empty line is told (`rubbed`)."""

    picked = Signal(str)
    rubbed = Signal()

    def __init__(self, name: str, label: str, options: Callable[[], Options], parent: QWidget | None = None) -> None:
        super().__init__(name, label, parent)
        self.options = options
        self._offered: list[Option] = []
        self._proposals: QStringListModel | None = None
        self._list: QListView
        self.textEdited.connect(self._propose)

    def _propose(self, text: str) -> None:
        """Made with the first letter: most fields are never typed into."""
        if self._proposals is None:
            self._make_proposals()
        assert self._proposals is not None
        self._offered = self.options().find(text)
        self._proposals.setStringList([option.shown for option in self._offered])
        completer = self.completer()
        if self._offered:
            completer.complete()
            quiet = completer.blockSignals(True)  # else Qt writes the marked proposal over what is being typed
            self._list.setCurrentIndex(completer.completionModel().index(0, 0))
            completer.blockSignals(quiet)
        else:
            self._list.hide()

    def _make_proposals(self) -> None:
        self._proposals, self._list = QStringListModel(self), QListView()
        self._list.setObjectName(f"{self.objectName()}.proposals")
        self._list.setAccessibleName(tr("Proposals"))
        completer = QCompleter(self._proposals, self)
        completer.setPopup(self._list)
        completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._list.installEventFilter(self)
        self.setCompleter(completer)
        completer.activated[str].connect(self._activated)  # type: ignore[index]  # Qt's overloads

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tab in the proposals takes the marked one and goes on."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Tab:
            number = self._list.currentIndex().row()
            if self._list.isVisible() and 0 <= number < len(self._offered):
                self._list.hide()
                self.picked.emit(self._offered[number].code)
                self.focusNextChild()
                return True
        return super().eventFilter(watched, event)

    def _activated(self, shown: str) -> None:
        code = next((option.code for option in self._offered if option.shown == shown), "")
        if code:
            self.picked.emit(code)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Backspace and not self.text():
            self.rubbed.emit()
        super().keyPressEvent(event)


class Pick(QWidget):
    """One code. Text that stands for none stays as it was typed: the check says what is wrong with it."""

    typed = Signal()

    def __init__(self, name: str, label: str, options: Callable[[], Options], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._code, self._options = "", options
        self.line = PickLine(name, label, options, self)
        self.line.setPlaceholderText(tr("Type a name or a code"))
        self.line.typed.connect(self._typed)
        self.line.picked.connect(self._picked)
        self.line.returnPressed.connect(self.settle)
        column(self, self.line)

    def put(self, code: str) -> None:
        self._code = code
        self.line.put(self._options().shown(code) if code else "")
        self.line.setToolTip("")

    def code(self) -> str:
        return self._code

    def _typed(self) -> None:
        self._code = self._options().code_of(self.line.text()) or self.line.text().strip()
        self.typed.emit()

    def _picked(self, code: str) -> None:
        self.put(code)
        self.typed.emit()

    def settle(self) -> None:
        """Enter, or the line is left: the name of what was understood stands there."""
        self.put(self._code)


class Chips(QWidget):
    """Several codes: a chip for each, and a line that adds more. Backspace in the empty line drops the last one."""

    typed = Signal()

    def __init__(
        self, name: str, label: str, options: Callable[[], Options], parent: QWidget | None = None, asked: str = ""
    ) -> None:
        """`asked`: what stands in the line while there is no code."""
        super().__init__(parent)
        self._asked = asked or tr("Type a name or a code")
        self._name, self._label, self._options = name, label, options
        self._codes: tuple[str, ...] = ()
        self._chips = QWidget(self)
        self._flow = FlowLayout(gap=6)
        self._chips.setLayout(self._flow)
        self.line = PickLine(name, label, options, self)
        self.line.picked.connect(self._add)
        self.line.rubbed.connect(lambda: self._set(self._codes[:-1]))
        self.line.returnPressed.connect(self.settle)
        column(self, self._chips, self.line, gap=5)
        self._draw()

    def put(self, codes: tuple[str, ...]) -> None:
        if codes != self._codes:
            self._codes = tuple(codes)
            self._draw()

    def codes(self) -> tuple[str, ...]:
        return self._codes

    def _set(self, codes: tuple[str, ...]) -> None:
        if codes != self._codes:
            self.put(codes)
            self.typed.emit()

    def _add(self, code: str) -> None:
        self.line.put("")
        if code not in self._codes:
            self._set((*self._codes, code))

    def settle(self) -> None:
        """Enter, or the line is left: what was understood becomes a chip; text that is no code stays to be seen."""
        code = self._options().code_of(self.line.text()) if self.line.text().strip() else ""
        if code:
            self._add(code)

    def left_over(self) -> str:
        """Text in the line that stands for nothing."""
        return self.line.text().strip()

    def _remove(self, code: str) -> None:
        self._set(tuple(one for one in self._codes if one != code))
        self.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _draw(self) -> None:
        while (item := self._flow.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        chips = [self._chip(code) for code in self._codes]
        for chip in chips:
            self._flow.addWidget(chip)
        tab_before(self.line, [chip.cross for chip in chips])
        self._chips.setVisible(bool(self._codes))
        names_ = ", ".join(self._options().name(code) for code in self._codes)
        self.line.setAccessibleDescription(names_)
        self.line.setPlaceholderText(tr("Add…") if self._codes else self._asked)

    def _chip(self, code: str) -> CodeChip:
        name = self._options().name(code)
        chip = CodeChip(f"{self._name}.{code}.remove", name, code, self._chips)
        chip.cross.clicked.connect(lambda _checked=False: self._remove(code))
        return chip


class CodeChip(QWidget):
    """One chosen code."""

    def __init__(self, button: str, name: str, code: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        label = PlainLabel(name, self)
        label.setToolTip(code)
        self.cross = IconButton(button, "close", tr("Remove {value}").replace("{value}", name), self)
        row(self, label, self.cross, gap=0, margins=(9, 0, 0, 0))
