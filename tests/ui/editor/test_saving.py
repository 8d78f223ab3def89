"""What a save costs whoever waits for it."""

from __future__ import annotations

import pytest

from crmdesk.core.changes import Changes
from crmdesk.ui.contacts.detail_overview import Overview
from crmdesk.ui.contacts.page import ContactsPage
from tests.ui.contacts.conftest import settle
from tests.ui.editor.conftest import TypingEdits, Typist


async def test_what_is_saved_at_once_is_not_kept_as_a_draft_before(
    page: ContactsPage, typist: Typist, edits: TypingEdits
) -> None:
    await typist.edit()
    typist.fill("city", "Nantes")
    typist.editor.ask_save(close=True)
    await settle(lambda: page.detail.editor is None)
    assert len(edits.of("save")) == 1
    assert edits.of("keep_draft") == []


async def test_what_cannot_be_saved_is_kept_as_a_draft(page: ContactsPage, typist: Typist, edits: TypingEdits) -> None:
    await typist.edit()
    typist.fill("email", "nobody")
    typist.editor.ask_save(close=True)
    await settle()
    assert edits.of("save") == []
    typist.editor.keeper.keep()
    await settle(lambda: len(edits.of("keep_draft")) == 1)


async def test_the_contact_behind_the_editor_is_filled_once_it_can_be_seen(
    page: ContactsPage, typist: Typist, monkeypatch: pytest.MonkeyPatch
) -> None:
    await typist.choose(0)
    filled: list[str] = []
    fill = Overview.fill
    monkeypatch.setattr(Overview, "fill", lambda self, detail, *rest, **more: (
        filled.append(detail.body), fill(self, detail, *rest, **more)
    ))  # fmt: skip
    await typist.edit()
    opened = len(page.reader.opened)
    page.reader.body = page.reader.body.replace("Nevers", "Lyon")
    page.on_changes(Changes(contacts=frozenset({1})))
    await settle(lambda: len(page.reader.opened) > opened)
    await settle(lambda: typist.editor.session.now("city") == "Lyon")
    assert filled == [], "whoever types would feel it"
    typist.editor.cancelled.emit()
    await settle(lambda: len(filled) == 1)
    assert "Lyon" in filled[0]
