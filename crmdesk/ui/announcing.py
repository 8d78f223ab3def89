"""What a screen reader is to say: politely or, where it is bad news, at once; never more than one thing in a second."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

APART_MS = 1000  # a reader that is interrupted at every word says nothing
MOST_WAITING = 5  # older polite ones are overtaken by what is on screen meanwhile
_speaker: QWidget | None = None  # while the window is locked nothing else is heard
_announcer: Announcer | None = None


@dataclass(frozen=True, slots=True)
class _Words:
    widget: QWidget
    text: str
    assertive: bool


def speak_only(widget: QWidget | None) -> None:
    """From now on only `widget` and what is in it is announced; None: everything."""
    global _speaker
    _speaker = widget


def announce(widget: QWidget, text: str, *, assertive: bool = False) -> None:
    """Have a screen reader say it, politely unless it is bad news; a moment later where something was said just now."""
    global _announcer
    if not text or not _heard(widget):
        return
    if _announcer is None or not isValid(_announcer):
        _announcer = Announcer()
    _announcer.say(widget, text, assertive=assertive)


def _heard(widget: QWidget) -> bool:
    only = _speaker if _speaker is not None and isValid(_speaker) else None
    return only is None or widget is only or only.isAncestorOf(widget)


class Announcer(QObject):
    """One after the other: bad news first, else in their order. What waits and is no longer allowed to be heard, or
    whose widget is gone, is left out."""

    def __init__(self) -> None:
        super().__init__(QApplication.instance())
        self._waiting: list[_Words] = []
        self._pause = QTimer(self, singleShot=True, interval=APART_MS)
        self._pause.timeout.connect(self._next)

    def say(self, widget: QWidget, text: str, *, assertive: bool) -> None:
        words = _Words(widget, text, assertive)
        if not self._pause.isActive():
            self._speak(words)
        elif words not in self._waiting:
            self._waiting.append(words)
            polite = [one for one in self._waiting if not one.assertive]
            if len(self._waiting) > MOST_WAITING and polite:
                self._waiting.remove(polite[0])

    def _next(self) -> None:
        self._waiting = [one for one in self._waiting if isValid(one.widget) and _heard(one.widget)]
        if self._waiting:
            self._waiting.sort(key=lambda one: not one.assertive)  # stable: otherwise in their order
            self._speak(self._waiting.pop(0))

    def _speak(self, words: _Words) -> None:
        self._pause.start()
        tell(words.widget, words.text, assertive=words.assertive)


def tell(widget: QWidget, text: str, *, assertive: bool) -> None:
    """Straight to the reader."""
    from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent  # 5 ms that the first paint does not need

    event = QAccessibleAnnouncementEvent(widget, text)
    if assertive:
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Assertive)
    QAccessible.updateAccessibility(event)
