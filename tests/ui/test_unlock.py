"""The key needs a person: clear words, another try, and nothing is ever deleted."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton, QLineEdit
from pytestqt.qtbot import QtBot

from crmdesk.core.errors import SecretsError
from crmdesk.core.tasks import TaskScope
from crmdesk.ui.unlock import UnlockPage, strength


class Keys:
    """The verbs, written down; `fail` is raised once."""

    def __init__(self) -> None:
        self.done: list[tuple[str, ...]] = []
        self.fail: SecretsError | None = None

    async def _do(self, *what: str) -> None:
        self.done.append(what)
        await asyncio.sleep(0)
        if self.fail is not None:
            error, self.fail = self.fail, None
            raise error

    def page(self, scope: TaskScope, qtbot: QtBot) -> UnlockPage:
        made = UnlockPage(
            scope,
            unlock=lambda text: self._do("unlock", text),
            create=lambda text: self._do("create", text),
            session_only=lambda: self._do("session"),
            retry=lambda: self._do("retry"),
        )
        qtbot.addWidget(made)
        made.resize(900, 600)
        made.show()
        return made


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def make(keys: Keys, scope: TaskScope, qtbot: QtBot) -> Callable[[], UnlockPage]:
    return lambda: keys.page(scope, qtbot)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_right_passphrase_opens(make: Callable[[], UnlockPage], keys: Keys, qtbot: QtBot) -> None:
    page, opened = make(), []
    page.opened.connect(lambda: opened.append(1))
    page.show_passphrase()
    qtbot.keyClicks(page.passphrase.edit, "four words are good")
    qtbot.keyClick(page.passphrase.edit, Qt.Key.Key_Return)
    await settle()
    assert (keys.done, opened) == ([("unlock", "four words are good")], [1])
    assert page.passphrase.edit.text() == ""


async def test_a_wrong_one_is_told_and_may_be_typed_again(make: Callable[[], UnlockPage], keys: Keys) -> None:
    page = make()
    page.show_passphrase()
    keys.fail = SecretsError("The passphrase is not right.", "Try again.")
    page.passphrase.edit.setText("wrong")
    page.open.click()
    await settle()
    assert page.trouble.isVisible()
    assert page.trouble.text() == "The passphrase is not right. Try again."
    assert page.open.isEnabled()
    assert page.passphrase.edit.selectedText() != ""


async def test_an_empty_passphrase_is_not_tried(make: Callable[[], UnlockPage], keys: Keys) -> None:
    page = make()
    page.show_passphrase()
    page.open.click()
    await settle()
    assert keys.done == []
    assert page.trouble.isVisible()


@pytest.mark.parametrize(
    ("first", "second", "words"), [("short", "short", "too short"), ("long enough", "not the same", "do not match")]
)
async def test_a_new_passphrase_must_be_good_and_twice_the_same(
    make: Callable[[], UnlockPage], keys: Keys, first: str, second: str, words: str
) -> None:
    page = make()
    page.show_first_start()
    page.new.edit.setText(first)
    page.again.edit.setText(second)
    page.choose.click()
    await settle()
    assert keys.done == []
    assert words in page.trouble.text()


async def test_a_new_passphrase_is_used(make: Callable[[], UnlockPage], keys: Keys) -> None:
    page = make()
    page.show_first_start()
    for field in (page.new, page.again):
        field.edit.setText("correct horse battery staple")
    page.choose.click()
    await settle()
    assert keys.done == [("create", "correct horse battery staple")]


async def test_only_this_session(make: Callable[[], UnlockPage], keys: Keys) -> None:
    page = make()
    page.show_first_start()
    page.session.click()
    await settle()
    assert keys.done == [("session",)]


async def test_a_locked_keyring_can_be_tried_again(make: Callable[[], UnlockPage], keys: Keys) -> None:
    page = make()
    page.show_locked(SecretsError("The keyring is locked.", "Unlock it."))
    assert (page.face(), page.locked_title.text(), page.locked_text.text()) == (
        "locked",
        "The keyring is locked.",
        "Unlock it.",
    )
    keys.fail = SecretsError("The keyring is still locked.", "Unlock it.")
    page.again_button.click()
    await settle()
    assert page.locked_title.text() == "The keyring is still locked."
    page.again_button.click()
    await settle()
    assert keys.done == [("retry",), ("retry",)]


async def test_impatient_clicks_count_once(make: Callable[[], UnlockPage], keys: Keys) -> None:
    page = make()
    page.show_passphrase()
    page.passphrase.edit.setText("four words are good")
    for _ in range(3):
        page.open.click()
    await settle()
    assert len(keys.done) == 1


def test_what_is_typed_is_hidden_until_asked(make: Callable[[], UnlockPage]) -> None:
    page = make()
    assert page.new.edit.echoMode() == QLineEdit.EchoMode.Password
    page.new.show_it.click()
    assert page.new.edit.echoMode() == QLineEdit.EchoMode.Normal


def test_nothing_here_deletes_anything(make: Callable[[], UnlockPage]) -> None:
    words = " ".join(made.text().lower() for made in make().findChildren(QAbstractButton))
    assert not any(word in words for word in ("delete", "remove", "reset", "erase"))


@pytest.mark.parametrize(
    ("text", "tone"), [("", ""), ("abc", "error"), ("abcdefgh", "warning"), ("correct horse battery staple", "ok")]
)
def test_strength_is_by_length_and_words(text: str, tone: str) -> None:
    assert strength(text)[2] == tone
