"""What a person in practice mode has to know to play a guest: nobody gets a message there, and nobody has a phone."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from PySide6.QtWidgets import QWidget

from crmdesk.ui.kit import Banner, tr

WHO = "Practice: {email} can sign in with the password {password}, or with a code. Every code is {code}."
CODE = "Practice: no message is sent. Every code is {code}."
Described = Mapping[str, Any]  # an account as its emulator describes it; NOT_PRACTICE outside practice mode
NOT_PRACTICE: Described = MappingProxyType({})
NO_PRACTICE: Mapping[int, Described] = MappingProxyType({})


class PracticeNote(Banner):
    """Cannot be seen without anything to tell."""

    def __init__(self, name: str, words: str, described: Described, parent: QWidget) -> None:
        super().__init__("unknown", _filled(words, described), parent=parent)
        self.setObjectName(name)
        self.setVisible(bool(self.text()))

    def set(self, tone: str, text: str) -> None:
        super().set(tone, text)
        self._icon.set("theatre", "", tone)


def _filled(words: str, described: Described) -> str:
    """'' where the account has no code that is always the same."""
    code, given = str(described.get("code", "")), described.get("credentials", {})
    if not code:
        return ""
    text = tr(words).replace("{code}", code)
    for name in ("email", "password"):
        text = text.replace(f"{{{name}}}", str(given.get(name, "")))
    return text
