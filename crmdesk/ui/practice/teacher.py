"""The cards that teach: which one is shown, which steps are done, which cards are wanted no more."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QBoxLayout

from crmdesk.ui.commands import Command, key_text
from crmdesk.ui.feedback import announce
from crmdesk.ui.practice import noted
from crmdesk.ui.practice.card import LessonCard, Shown
from crmdesk.ui.practice.lessons import Lesson, Step, taught
from crmdesk.ui.practice.tab_order import put_before
from crmdesk.ui.practice.watching import Watching
from crmdesk.ui.words import tr

if TYPE_CHECKING:
    from crmdesk.ui.main_window import MainWindow

LOOK_MS = 100  # what happens in quick succession is looked at once
FOLLOW_MS = 400  # an open submission tells nobody outside of its page what happens in it


class Teacher(QObject):
    """Acts for its window. `file` is where dismissed cards are noted, by their ids."""

    def __init__(self, window: MainWindow, file: Path, emulators: Mapping[str, Any], parent: QObject) -> None:
        super().__init__(parent)
        self._window, self._file = window, file
        makes = (one.sample() for one in emulators.values() if hasattr(one, "sample"))
        self._sample: tuple[str, str] = next(makes, ("", ""))
        self.watching = Watching(window, self._sample[0])
        self.dismissed: set[str] = set()
        self.done: dict[str, int] = {}  # steps of each card
        self._at = ""  # id of the card that is shown
        self.card = LessonCard()
        self.card.hide()
        self._soon = QTimer(self, singleShot=True, interval=LOOK_MS)
        self._soon.timeout.connect(self.look)
        self._follow = QTimer(self, interval=FOLLOW_MS)
        self._follow.timeout.connect(self._look_inside)
        self._place()
        self._connect()
        self._add_command()
        window.scope.start(self._begin(), what="read which cards are dismissed", key="cards")

    def _place(self) -> None:
        """Between banners and pages."""
        pages = self._window.pages.area
        host = pages.parentWidget()
        layout = host.layout() if host is not None else None
        assert isinstance(layout, QBoxLayout)  # see MainWindow
        layout.insertWidget(layout.indexOf(pages), self.card)
        put_before(self._window.pages, self.card.buttons())
        self._window.installEventFilter(self)

    def _connect(self) -> None:
        window, card = self._window, self.card
        for signal in (window.commands.refreshed, window.contacts.countChanged, window.contacts.detail.opened):
            signal.connect(self._look_soon)
        card.stepped.connect(self.step)
        card.dismissed.connect(self.dismiss)
        card.closed.connect(self.close)
        card.saveAsked.connect(self._save)

    def _add_command(self) -> None:
        window = self._window
        again = Command("practice.cards", tr("Learn by doing: show the cards again"), self.bring_back, menu="Help",
                        icon="cards", words="practice teach lesson tutorial hint")  # fmt: skip
        window.commands.add(again)
        window.menus["Help"].addAction(window.commands.action(again.id))

    async def _begin(self) -> None:
        self.dismissed = await asyncio.to_thread(noted.read, self._file)
        self._show(0)

    # ── which card ───────────────────────────────────────────────────────────────────────────────────────────────

    def lessons(self) -> list[Lesson]:
        """Those that can be taught here and are wanted."""
        known = (command.id for command in self._window.commands)
        return [one for one in taught(known) if one.id not in self.dismissed]

    def _show(self, place: int) -> None:
        """The card at this place of the wanted ones, round and round; none where none is left."""
        lessons = self.lessons()
        self._at = lessons[place % len(lessons)].id if lessons else ""
        self._draw()
        self._make_room()
        self._follow.start() if lessons else self._follow.stop()

    def _make_room(self) -> None:
        """A submission that is open in a low window needs its height for its rows."""
        page = self._window.pages.built_events()
        crowded = page is not None and page.isVisible() and page.composer is not None and self.card.in_the_way
        self.card.setVisible(bool(self._at) and not crowded)

    def _shown_at(self) -> int:
        return next((at for at, one in enumerate(self.lessons()) if one.id == self._at), 0)

    def step(self, by: int) -> None:
        """To the next card, or the one before."""
        self._show(self._shown_at() + by)

    def close(self) -> None:
        """No card in this session, until somebody brings them back."""
        self._at = ""
        self._follow.stop()
        self.card.hide()

    def dismiss(self) -> None:
        """The shown card never comes again by itself."""
        place = self._shown_at()
        self.dismissed.add(self._at)
        self._note()
        self._show(place)
        if not self._at:
            self._window.focus_list()

    def bring_back(self) -> None:
        """Every card, from the beginning."""
        self.dismissed.clear()
        self.done.clear()
        self.watching.forget()
        self._note()
        self._show(0)
        self.card.after.setFocus()

    def _note(self) -> None:
        """At once, as settings are: a window that closes now would end a task before it wrote."""
        try:
            noted.write(self._file, self.dismissed)
        except OSError as error:
            text = tr("Which cards you dismissed could not be kept: {reason}. They come again with the next start.")
            self._window.banners.show_banner("cards", "warning", text.replace("{reason}", error.strerror or ""))

    # ── steps ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _look_soon(self, *_about: object) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _look_inside(self) -> None:
        if self._window.pages.shows("events"):
            self.look()

    def look(self) -> None:
        """Tick what has been done meanwhile, on every card that is wanted."""
        if self._window.outgoing is None:
            return
        self._make_room()
        for lesson in self.lessons():
            before = at = self.done.get(lesson.id, 0)
            while at < len(lesson.steps) and self.watching.done(lesson.steps[at].id):
                at += 1
            self.done[lesson.id] = at
            if at > before and lesson.id == self._at:
                told = tr("Done: {step}").replace("{step}", self._words(lesson.steps[at - 1]))
                announce(self.card, told)
                self._draw()

    def _draw(self) -> None:
        lessons, place = self.lessons(), self._shown_at()
        if not self._at:
            return
        lesson, done = lessons[place], self.done.get(self._at, 0)
        steps = [Shown(self._words(step), at < done, step.saves) for at, step in enumerate(lesson.steps)]
        where = tr("{n} of {all}").replace("{n}", str(place + 1)).replace("{all}", str(len(lessons)))
        self.card.show_lesson(tr(lesson.title), where, steps, alone=len(lessons) == 1)

    def _words(self, step: Step) -> str:
        commands = self._window.commands
        keys = key_text(commands.get(step.command)).split(", ")[0] if step.command in commands else ""
        return tr(step.text).replace("{key}", keys)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._window and self._at:
            self.card.follow_height()
            self._make_room()
        return super().eventFilter(watched, event)

    # ── the sample file ──────────────────────────────────────────────────────────────────────────────────────────

    def _save(self) -> None:
        self._window.scope.start(self._save_sample(), what="save the sample file", key="sample", if_busy="keep")

    async def _save_sample(self) -> None:
        from crmdesk.ui import choosing
        from crmdesk.ui.guest.disk import FileError
        from crmdesk.ui.guest.saving import save_as

        (name, text), window = self._sample, self._window
        try:
            path = await save_as(window, choosing.choose_place, name, text.encode())
        except FileError as error:
            window.feedback.show(error, "sample file")
            return
        if path:
            self.watching.sample, self.watching.written = Path(path).name, True
            window.feedback.notice(tr("Saved as {file}.").replace("{file}", Path(path).name))
            self.look()
