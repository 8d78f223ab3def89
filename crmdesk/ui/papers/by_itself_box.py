"""The part of Settings that says when shift packs are made by themselves, and where to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFormLayout, QLineEdit, QWidget

from crmdesk.core.daytimes import read_times
from crmdesk.core.seams import iso
from crmdesk.ui import choosing
from crmdesk.ui.kit import Heading, Muted, PlainLabel, button, column, row
from crmdesk.ui.still import StillChoice
from crmdesk.ui.words import breakable, clock_time, tr

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow
    from crmdesk.ui.papers.by_itself import ShiftPacks

NAME = "settings.packs"
LONGEST = 200  # letters of a list of times


class ShiftPackBox(QWidget):
    """Each change applies at once, and can be undone from its notice."""

    def __init__(self, packs: ShiftPacks, window: MainWindow) -> None:
        super().__init__()
        self.setObjectName(NAME)
        self._packs, self._window = packs, window
        self.times = QLineEdit()
        self.times.setObjectName(f"{NAME}.times")
        self.times.setMaxLength(LONGEST)
        self.times.setMaximumWidth(260)
        self.times.setPlaceholderText(tr("such as 6:30, 14:00, 22:00"))
        self.times.editingFinished.connect(self._times_typed)
        self.trouble = PlainLabel("", wrap=True)
        self.trouble.setObjectName(f"{NAME}.trouble")
        self.trouble.set_tone("error")
        self.trouble.hide()
        self.view = StillChoice()
        self.view.setObjectName(f"{NAME}.view")
        self.view.setMaximumWidth(260)
        self.view.currentIndexChanged.connect(lambda _index: self._set("pack_view", self.view.currentData()))
        self.folder = PlainLabel("", wrap=True, selectable=True)
        self.choose = button(f"{NAME}.folder", tr("Choose a folder…"), self._choose)
        self.none = button(f"{NAME}.off", tr("Switch off"), lambda: self._set("pack_folder", ""))
        self.state = Muted("", wrap=True)
        self.state.setObjectName(f"{NAME}.state")
        about = Muted(
            tr(
                "A PDF at each of these times, while crmdesk is open; a time that was missed is made up for at the "
                "next start within 12 hours. Anybody who may read the folder can read it: it is not encrypted."
            ),
            wrap=True,
        )
        column(self, Heading(tr("Shift pack made by itself"), self, factor=1.0), about, self._form(), self.state, gap=6)
        self.refresh()

    def _form(self) -> QWidget:
        form = QWidget()
        layout = QFormLayout(form)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(24)
        layout.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        times, place, presses = QWidget(), QWidget(), QWidget()
        column(times, self.times, self.trouble, gap=2)
        row(presses, self.choose, self.none, gap=8).addStretch(1)
        column(place, self.folder, presses, gap=4)
        for words, field, inner in (
            (tr("Times of day"), times, self.times),
            (tr("Guests of"), self.view, self.view),
            (tr("Folder"), place, self.choose),
        ):
            label = PlainLabel(words)
            label.setBuddy(inner)
            layout.addRow(label, field)
        for field, words in ((self.times, tr("Times of day for the shift pack")), (self.view, tr("Guests of"))):
            field.setAccessibleName(words)
        return form

    def refresh(self) -> None:
        """What is so now."""
        settings = self._window.settings
        self.times.setText(", ".join(settings.pack_times))
        self.trouble.hide()
        self._fill_views(settings.pack_view)
        folder = settings.pack_folder
        self.folder.setText(breakable(folder) if folder else tr("None chosen yet."))
        self.none.setVisible(bool(folder))
        self.state.setText(self._state())

    def _state(self) -> str:
        settings = self._window.settings
        if (following := self._packs.next_at()) is not None:
            at = clock_time(iso(following), self._window.clock.now())
            return tr("Next one: {time}.").replace("{time}", at)
        if settings.pack_times:
            return tr("Off. Choose a folder to switch it on.")
        return tr("Off. Give a time of day to switch it on.") if settings.pack_folder else tr("Off.")

    def _fill_views(self, chosen: int) -> None:
        with QSignalBlocker(self.view):
            self.view.clear()
            for view in self._window.navigation.views():
                self.view.addItem(tr(view.title) if view.id < 0 else view.title, view.id)
            if self.view.findData(chosen) < 0:
                self.view.addItem(tr("(a view that was deleted)"), chosen)
            self.view.setCurrentIndex(self.view.findData(chosen))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()

    # -- changing ----------------------------------------------------------------------------------------------------

    def _times_typed(self) -> None:
        try:
            times = list(read_times(self.times.text()))
        except ValueError as error:
            word = str(error)
            said = tr("“{text}” is no time of day. Type it like 6:30, several with commas.")
            self.trouble.setText(said.replace("{text}", word) if word else tr("At most 12 times a day."))
            self.trouble.show()
            return
        self._set("pack_times", times)

    def _choose(self) -> None:
        self._window.scope.start(self._chosen(), what="choose a folder", key="packs.folder", if_busy="keep")

    async def _chosen(self) -> None:
        folder = await choosing.choose_folder(self._window, self._window.settings.pack_folder)
        if folder:
            self._set("pack_folder", folder)

    def _set(self, name: str, value: Any) -> None:
        before = getattr(self._window.settings, name)
        if value in (before, None):
            self.refresh()
            return
        self._apply(name, value)
        said = tr("{setting} changed.").replace("{setting}", tr("Shift pack made by itself"))
        undo = (tr("Undo"), lambda: self._apply(name, before))
        self._window.feedback.notice(said, undo, lambda: getattr(self._window.settings, name) == value)

    def _apply(self, name: str, value: Any) -> None:
        setattr(self._window.settings, name, value)
        self._packs.changed()  # keeps the settings, too
        self.refresh()
