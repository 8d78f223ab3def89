"""The page of an extract: everything readable, nothing that a browser would run, fetch or take for markup."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from crmdesk.ui.privacy.sheet import page

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src="http://sink.example/x" onerror="alert(1)">',
    "</td></tr></table><h1>Owned</h1>",
    "<a href='javascript:alert(1)'>click</a>",
    "<style>@import url(http://sink.example/x)</style>",
    "&lt;b&gt;not bold&lt;/b&gt;",
    "\u202egnp.exe\u2066",
    "two\nlines\r\nand\u2028more",
    "NUL\0and half \ud800",
)
ALLOWED = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "h1",
    "h2",
    "h3",
    "p",
    "table",
    "tr",
    "th",
    "td",
    "bdi",
    "br",
}


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()
        self.text: list[str] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        self.headings.append("") if tag in ("h1", "h2", "h3") else None

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self.headings and not self.headings[-1]:
            self.headings[-1] = data


def record(text: str) -> dict[str, Any]:
    """The text wherever a vendor or a person can put one."""
    field = {"group": text, "label": text, "path": text, "value": text}
    deep = {
        "group": "Contact",
        "label": "Deep",
        "path": "deep",
        "value": [{text: [text, {"a": text}]}, None, 1.5, True],
    }
    return {
        "vendor": text, "account": text, "vendor_id": text, "name": text, "marks": [text], "as_of": text,
        "read_for_this_extract": False, "why_not_read": text, "gone_at_vendor": False, "fields": [field, deep],
        "consents": [field], "answer": {text: text}, "why_no_earlier": text,
        "earlier_at_vendor": [{"number": 1, "at": text, "answer": {text: text}}],
        "waiting_and_sent_edits": [{"created_at": text, "changes": [[text, text, {text: text}]], "operator": text}],
        "history": [{"at": text, "did": text, "changes": [[text, None, text]], "note": text}],
        "drafts": [{"at": text, "changes": text}], "trash": [{"deleted_at": text, "body": {text: text}}],
        "bulk_rows": [{"submission": text, "content": {text: text}, "cells": [text]}],
        "sent": [{"at": text, "who": text, "text": text, "note": text}], "searches": [{"text": text}],
        "handled_here": [{"at": text, "operator": text, "fields": [text]}],
    }  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_markup(text: str) -> None:
    made = page({"made_at": text, "made_by": text, "records": [record(text)]})
    seen = Seen()
    seen.feed(made.encode("utf-8", "replace").decode())
    assert seen.tags <= ALLOWED
    assert {name for _, name in seen.attributes} <= {"lang", "dir", "charset", "http-equiv", "content", "name", "class"}
    assert "Owned" not in seen.headings
    assert not set(made) & set("\0\u202e\u2066\u2028")
    assert "default-src 'none'" in made


def test_everything_of_a_record_can_be_read() -> None:
    seen = Seen()
    seen.feed(page({"made_at": "2026-11-27T10:00:00Z", "made_by": "Mia", "records": [record("Ünïque")]}))
    told = " ".join(seen.text)
    assert told.count("Ünïque") > 30 and "Mia" in told
    here = ("Consents", "Edits made here", "History here", "Rows of bulk events", "What was sent", "Not kept here")
    for heading in (*here, "Who looked at it or took it out", "Earlier states at the vendor", "In the trash"):
        assert heading in seen.headings
    assert "Not read from the vendor" in told or "Not read." in told


def test_an_empty_record_says_so() -> None:
    told = page(
        {"records": [{"read_for_this_extract": True, "as_of": "2026-11-27T10:00:00Z", "gone_at_vendor": False}]}
    )
    assert "A removed account" in told and "None are known" in told and "Read from the vendor for this extract" in told
