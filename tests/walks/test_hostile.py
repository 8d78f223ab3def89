"""Bad input of the issue, end to end: what a vendor may send, from the socket to every place where it is shown."""

from __future__ import annotations

import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QTabWidget

from crmdesk.sandbox.faults import Answer, Call, Kind
from crmdesk.sandbox.server import LoopbackServer
from crmdesk.sync.progress import Phase
from crmdesk.vendors.bookingsync import VENDOR
from tests.helpers.house import House, until

SEA, SEA_ID = "Seaside Villas", 71
SURROGATE = "SURROGATEHERE"
NAME = "Qx"  # begins nobody else's name; short, because every letter typed is a search
TEXTS = ("firstname", "lastname", "fullname", "email", "address1", "address2", "city", "state", "zip", "country_code",
         "gender", "website", "private_notes")  # fmt: skip


@pytest.fixture
def emulator() -> Any:
    return VENDOR.sandbox(counts=(230,))


@asynccontextmanager
async def desk(folder: Path, emulator: Any) -> AsyncIterator[House]:
    """A desk with one account whose contacts are all here. No fixture: between a fixture and its test the loop stands
    still, but pytest-qt lets Qt's events run."""
    with LoopbackServer(emulator) as server:
        async with House(folder) as house:
            await house.ready()
            await until(lambda: house.there("welcome.connect"), "the first page")
            house.click("welcome.connect")
            await house.add_account(SEA, f"{server.base_url}/api/v3", "demo-seaside", test=False)
            await house.done(SEA)
            house.click_place("All contacts")
            yield house


# text


class Trap:
    """A port that nobody has a reason to call."""

    def __enter__(self) -> Trap:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/x.png"
        self.calls = 0
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def _listen(self) -> None:
        try:
            while True:
                self._socket.accept()[0].close()
                self.calls += 1
        except OSError:
            return

    def __exit__(self, *_: object) -> None:
        self._socket.close()


@pytest.fixture
def trap() -> Iterator[Trap]:
    with Trap() as made:
        yield made


def payloads(url: str) -> dict[str, str]:
    return {
        "markup": f'<b>bold</b><img src="{url}"><a href="{url}">x</a><script>alert(1)</script>',
        "document": f'<!DOCTYPE html><html><body><img src="{url}"><h1>big</h1></body></html>',
        "file": '<img src="file:///etc/passwd"><object data="file:///etc/hostname">',
        "entity": "&lt;b&gt; &amp;amp; &#0; &nbsp; &copy",
        "mnemonic": "&File && &Edit %1 %s {0} {n} %(name)s",
        "bidi": "\u202egnp.exe\u202c \u2066left\u2067right\u2069 \u200f\u200e\u061c",
        "controls": "".join(map(chr, range(1, 32))) + "\x7f\x85\u2028\u2029\ufeff end",
        "zalgo": "Z" + "\u0300\u0301\u0302\u0323\u0331" * 200,
        "long": "x" * 10_000,
        "long words": "Lorem ipsum " * 900,
        "lines": "one\r\ntwo\nthree\rfour" * 40,
        "emoji": "👩‍👩‍👧‍👦🏳️‍🌈" * 50,
        "surrogate": f"before {SURROGATE} after",
        "style": "</style><style>*{color:red}</style> QWidget { background: url(file:///etc/passwd) }",
        "formula": '=HYPERLINK("http://x","y")',
    }


def every_field(text: str, number: int) -> dict[str, Any]:
    """A contact with `text` everywhere; the last name begins so that it can be found."""
    fields: dict[str, Any] = dict.fromkeys(TEXTS, text)
    fields["lastname"] = f"{NAME}{number:02} {text}"
    fields["fullname"] = f"{NAME}{number:02} {text}"
    fields["phones"] = [{"label": text, "number": text}, {"label": "mobile", "number": text}]
    fields["spoken_languages"] = [text, "de"]
    fields[f"unknown {text[:200]}"] = {text[:200]: [text, None, {"deep": text}]}
    return fields


def with_surrogates(call: Call, answer: Answer) -> Answer:
    return Answer(answer.status, answer.body.replace(SURROGATE.encode(), b"\\ud800\\udfff\\ud83d"), answer.headers)


def might_be_markup(text: str) -> bool:
    """As Qt guesses, or stricter."""
    return re.search(r"<\s*[!/a-zA-Z]", text) is not None


def assert_plain() -> None:
    """Nothing on screen takes foreign text as markup."""
    for widget in QApplication.allWidgets():
        if isinstance(widget, QLabel) and widget.text():
            rich = widget.textFormat() != Qt.TextFormat.PlainText
            assert not rich or not might_be_markup(widget.text()), f"{widget.objectName()} takes markup"
        for tip in (widget.toolTip(), widget.statusTip(), widget.whatsThis()):
            if might_be_markup(tip):
                assert_escaped(tip)


def assert_escaped(tip: str) -> None:
    assert tip.startswith("<qt>"), tip[:200]
    assert tip.endswith("</qt>"), tip[-200:]
    assert not re.search(r"<(?!br>|/?qt>)", tip), tip[:300]


async def test_hostile_text_in_every_field_is_shown_as_plain_text(tmp_path: Path, emulator: Any, trap: Trap) -> None:
    async with desk(tmp_path, emulator) as house:
        await _show_hostile(house, emulator, trap)


async def _show_hostile(house: House, emulator: Any, trap: Trap) -> None:
    hostile = payloads(trap.url)
    ids = emulator.ids(SEA_ID)[: len(hostile)]
    for number, (remote_id, text) in enumerate(zip(ids, hostile.values(), strict=True)):
        living = {"canceled_at": None, "forget_me_at": None}
        emulator.edit(SEA_ID, remote_id, **every_field(text, number), **living)
    emulator.faults.set(Kind.REWRITE, rewrite=with_surrogates)
    assert (await house.check_now(SEA)).phase is Phase.DONE
    house.key("Esc")
    house.window.pages.set_setting("show_raw", True)
    for number, name in enumerate(hostile):
        await house.search(f"{NAME}{number:02}", hits=1)
        house.key("Down")
        await until(lambda: house.window.contacts.detail.contact_id == house.table.current_id(), "the detail pane")
        await until(lambda n=number: f"{NAME}{n:02}" in house.words("detail.pane"), f"the contact with {name}")
        _look_everywhere(house)
        await _raw_view(house, f"{NAME}{number:02}")
        house.key("Ctrl+K")
        house.type(f"@{NAME}{number:02}")
        await until(lambda: house.find("palette.list").model().rowCount() == 1, "the palette's hit")
        house.find("palette").grab()
        assert_plain()
        house.key("Esc")
    assert trap.calls == 0
    assert house.dialogs() == []


def _look_everywhere(house: House) -> None:
    """Every column's text and tooltip, the whole detail pane; painted."""
    for column in range(house.model.columnCount()):
        index = house.model.index(0, column)
        tip = index.data(Qt.ItemDataRole.ToolTipRole)
        if tip:
            assert_escaped(tip)
        shown = index.data(Qt.ItemDataRole.DisplayRole) or ""
        assert len(shown) <= 400, "a cell is one short line"
        assert not re.search(r"[\x00-\x1f\u2028\u2029\ud800-\udfff]", shown)
    house.window.grab()
    assert_plain()


async def _raw_view(house: House, name: str) -> None:
    """The stored answer, as text."""
    await until(lambda: house.find("detail.tabs", QTabWidget).count() > 2, "the tab")
    tabs = house.find("detail.tabs", QTabWidget)
    tabs.setCurrentIndex(tabs.count() - 1)
    await until(lambda: name in house.words(tabs), f"the answer of {name}")
    assert "raw.text" in [widget.objectName() for widget in tabs.currentWidget().findChildren(QPlainTextEdit)]
    tabs.grab()
    assert_plain()
    tabs.setCurrentIndex(0)


# answers


def _deep(call: Call) -> Answer:
    return Answer(200, b"[" * 100_000 + b"]" * 100_000)


def _body(content: Any) -> Callable[[Call], Answer]:
    return lambda call: Answer(200, json.dumps(content).encode())


def _changed(change: Callable[[dict[str, Any]], object]) -> Callable[[Call, Answer], Answer]:
    """The real answer with something altered in it."""

    def rewrite(call: Call, answer: Answer) -> Answer:
        content = json.loads(answer.body)
        change(content)
        return Answer(answer.status, json.dumps(content).encode(), answer.headers)

    return rewrite


REFUSED: dict[str, dict[str, Any]] = {
    "log-in page": {"kind": Kind.HTML},
    "half a body": {"kind": Kind.HALF_BODY, "value": "close"},
    "nested": {"kind": Kind.ANSWER, "answer": _deep},
    "a list": {"kind": Kind.ANSWER, "answer": _body([1, 2])},
    "a text": {"kind": Kind.ANSWER, "answer": _body("contacts")},
    "null": {"kind": Kind.ANSWER, "answer": _body(None)},
    "contacts that are a number": {"kind": Kind.ANSWER, "answer": _body({"contacts": 7, "meta": {}})},
    "no contacts": {"kind": Kind.ANSWER, "answer": _body({"meta": {}})},
    "nothing": {"kind": Kind.ANSWER, "answer": Answer(200, b"")},
    "not text": {"kind": Kind.ANSWER, "answer": Answer(200, bytes(range(256)) * 20)},
    "too large": {"kind": Kind.ANSWER, "answer": Answer(200, b'{"contacts":["' + b"x" * 40_000_000 + b'"]}')},
    "endless": {"kind": Kind.ENDLESS},
}


@pytest.mark.slow
async def test_answers_that_make_no_sense_change_nothing_and_are_named(tmp_path: Path, emulator: Any) -> None:
    async with desk(tmp_path, emulator) as house:
        await _refuse_all(house, emulator)


async def _refuse_all(house: House, emulator: Any) -> None:
    before = house.cached(SEA)
    for number in emulator.ids(SEA_ID)[:40]:  # fewer than what a check asks about
        emulator.edit(SEA_ID, number, city="Elsewhere")
    for name, fault in REFUSED.items():
        emulator.faults.clear()
        emulator.faults.set(target="contacts", **fault)
        last = await house.check_now(SEA)
        assert last.phase in (Phase.FAILED, Phase.OFFLINE), f"{name}: {last}"
        account = house.accounts()[SEA]
        await until(lambda a=account, word=last: word.text in house.words(f"sync.{a}"), f"words about {name}")
        words = house.words(f"sync.{account}")
        assert "BookingSync" in words or "connection" in words, f"{name}: {words}"
        assert "<" not in words and "Traceback" not in words, f"{name}: {words}"
        if name != "endless":  # its pages are good ones; only their end is missing
            assert house.cached(SEA) == before, f"{name} changed the cache"
        assert house.cached(SEA).keys() == before.keys(), f"{name} removed something"
        assert house.dialogs() == []
    emulator.faults.clear()
    assert (await house.check_now(SEA)).phase is Phase.DONE
    assert sum(raw["city"] == "Elsewhere" for raw in house.cached(SEA).values()) > 30


def _twice(content: dict[str, Any]) -> None:
    content["contacts"] += [{**contact, "city": "Twin"} for contact in content["contacts"]]


def _odd_types(content: dict[str, Any]) -> None:
    for number, contact in enumerate(content["contacts"]):
        contact.update({"fullname": 7, "email": ["a"], "phones": "none", "spoken_languages": {"de": 1}, "city": None,
                        "address1": {"x": []}, "created_at": "0000-00-00", "updated_at": number, "gender": True,
                        "website": -1.5})  # fmt: skip


def _odd_entries(content: dict[str, Any]) -> None:
    content["contacts"][0:0] = [None, 7, "text", [], {}, {"id": None}, {"id": "0x12"}, {"id": -5}, {"id": 2**70}]


def _megabytes(content: dict[str, Any]) -> None:
    content["contacts"][0].update(fullname="M" * 1_000_000, private_notes="n" * 2_000_000, city="c" * 1_000_000)


def _links_elsewhere(content: dict[str, Any]) -> None:
    """Page links lead to another host, with somebody's name in them; ours is the only one that is called."""
    content["meta"]["Link"] = {"next": "http://user:word@198.51.100.7/api/v3/contacts?page=9"}


TAKEN: dict[str, Callable[[dict[str, Any]], object]] = {
    "the same id twice": _twice,
    "odd types": _odd_types,
    "odd entries": _odd_entries,
    "megabytes": _megabytes,
    "links elsewhere": _links_elsewhere,
}


@pytest.mark.parametrize("name", TAKEN)
@pytest.mark.slow
async def test_one_odd_record_never_stops_the_others(name: str, tmp_path: Path, emulator: Any) -> None:
    async with desk(tmp_path, emulator) as house:
        await _take(house, emulator, TAKEN[name])


async def _take(house: House, emulator: Any, change: Callable[[dict[str, Any]], object]) -> None:
    before = house.cached(SEA)
    for number in emulator.ids(SEA_ID)[:50]:
        emulator.edit(SEA_ID, number, state="Touched")
    emulator.faults.set(Kind.REWRITE, rewrite=_changed(change), target="contacts")
    last = await house.check_now(SEA)
    if last.phase is Phase.BRAKED:  # other values in most contacts wait for a yes
        answer = f"sync.{house.accounts()[SEA]}.remove"
        await until(lambda: house.there(answer), "the question")
        house.find(answer).click()  # type: ignore[attr-defined]
        await until(lambda: house.phase(SEA) is not Phase.BRAKED, "the answer")
        await until(lambda: not house.phase(SEA).running, "the answered check")
    assert house.phase(SEA) is Phase.DONE, last
    cached = house.cached(SEA)
    assert cached.keys() == before.keys()
    assert sum(raw["state"] == "Touched" for raw in cached.values()) > 40
    house.key("Esc")
    await until(lambda: house.model.rowCount() == len(cached), "the list")
    for row in range(0, 40, 8):
        house.table.choose(row)
        await until(lambda: house.window.contacts.detail.contact_id == house.table.current_id(), "a contact")
    assert isinstance(house.window.grab().width(), int)
    assert_plain()


def test_the_look_for_markup_finds_some(qapp: QApplication) -> None:
    label = QLabel("<b>x</b>")
    with pytest.raises(AssertionError, match="markup"):
        assert_plain()
    label.deleteLater()
    for tip in ("<img src=x>", "<qt><img src=x></qt>"):
        with pytest.raises(AssertionError):
            assert_escaped(tip)
