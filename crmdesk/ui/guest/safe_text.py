"""A message's content as plain text: nothing is run, loaded or drawn, and links are handed out beside the text.

Total and without Qt: any text may be given. The content of a message is whatever the sender put there, so it is cut
before it is read, and what is read is cut again: a message of 10 MB must not keep a desk waiting. Meant for a thread.

The standard library's html.parser is not used: 300 KB of `<a href="` keep it busy for three minutes. Here every tag
has a greatest length, and after many that are none the rest is taken as it stands: always one way through the text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from crmdesk.core.text import one_line

MOST_READ = 300_000  # characters that are read
MOST_SHOWN = 100_000
MOST_LINKS = 30
LONGEST_LINE = 2_000  # a longer one goes on in the next: Qt is slow with them
LONGEST_WORDS = 120  # of a link
_HTML = re.compile(
    r"<(?:!doctype|!--|/?(?:a|abbr|address|article|b|big|blockquote|body|br|button|center|code|dd|div|dl|dt|em|font|"
    r"footer|form|h[1-6]|head|header|hr|html|i|iframe|img|input|li|link|main|meta|ol|p|pre|s|script|section|small|span|"
    r"strong|style|sub|sup|svg|table|tbody|td|tfoot|th|thead|title|tr|tt|u|ul)(?=[\s/>]))",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"https?://[^\s<>\"'\u00ab\u00bb\u201c\u201d]{1,2000}", re.IGNORECASE)
_AFTER_ADDRESS = ".,;:!?)]}…"
LONGEST_TAG = 3_000
MOST_BROKEN = 500  # openings that begin no tag
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})((?:[^<>\"']|\"[^\"]*\"|'[^']*')*+)>")
_OTHER_TAG = re.compile(r"<[!?/][^<>]*+>")  # <!doctype …>, <?xml …?>, </:x>
_NAMED = re.compile(r"(href|alt)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\n\r\f\v\u00a0]+")
_DATA = "data:"  # a picture inside the message
_DATA_END = re.compile(r"[\"'> \n\t]")
_HIDDEN = frozenset(
    {"script", "style", "title", "template", "svg", "math", "object", "iframe", "select", "textarea", "noembed",
     "audio", "video", "canvas", "applet"}
)  # fmt: skip
_NEXT_LINE = frozenset(
    {"address", "article", "center", "dd", "div", "dt", "fieldset", "footer", "form", "header", "li", "main", "section",
     "tbody", "tr", "body", "html"}
)  # fmt: skip
_PARAGRAPH = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "dl", "blockquote", "pre", "hr"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """Words and where they lead, as the sender wrote it: whether it may be opened is for others to say."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class SafeText:
    """Plain lines. `cut`: there was more than is shown."""

    text: str
    links: tuple[Link, ...] = ()
    cut: bool = False


def safe_text(content: str) -> SafeText:
    """HTML as its words, with `[1]` behind the words of the first link; anything else as it is, without controls."""
    if not _HTML.search(content[:MOST_READ]):
        lines, cut = _lines(content[:MOST_READ])
        text = "\n".join(lines)
        return SafeText(text, tuple(_bare(text, set())), cut or len(content) > MOST_READ)
    lean, cut = _lean(content)
    reader = _Reader()
    reader.read(lean)
    lines, long = _lines("".join(reader.pieces))
    text = "\n".join(lines).strip("\n")
    links = [*reader.links, *_bare(text, {link.address for link in reader.links})]
    return SafeText(text, tuple(links[:MOST_LINKS]), cut or long or reader.full)


def _lean(content: str) -> tuple[str, bool]:
    """Without comments, scripts, styles and pictures that are written into it: these may be most of a message, and the
    text stands behind them. In one pass: a pattern would begin anew at each of a million openings."""
    kept: list[str] = []
    size = at = 0
    low = content.lower()
    if len(low) != len(content):  # a letter whose small form is two: places would no longer fit
        low = content
    while at < len(content) and size <= MOST_READ:
        begin, end = _next_bulk(low, at)
        piece = content[at:begin]
        kept.append(piece)
        size += len(piece)
        at = end
    text = "".join(kept)
    return text[:MOST_READ], len(text) > MOST_READ


def _next_bulk(low: str, at: int) -> tuple[int, int]:
    """Where the next such part begins and ends; both the end of the text where there is none."""
    found = [(place, name) for name in _BULK if (place := low.find(name, at, at + MOST_READ + 1)) >= 0]
    if not found:
        return len(low), len(low)
    begin, name = min(found)
    if name == _DATA:
        found_end = _DATA_END.search(low, begin)
        return begin, found_end.start() if found_end else len(low)
    close = low.find(_BULK[name], begin)
    end = low.find(">", close) if close >= 0 else -1
    return begin, len(low) if end < 0 else end + 1


_BULK = {"<!--": "-->", "<script": "</script", "<style": "</style", _DATA: ""}


class _Reader:
    """`pieces` are the words, with line ends where a browser would begin a line."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.links: list[Link] = []
        self.full = False
        self._size = 0
        self._breaks = 0  # line ends due before the next word
        self._begun = False
        self._space = False  # a blank is due before the next word
        self._hidden: list[str] = []
        self._plain = 0  # inside how many <pre>
        self._open: tuple[str, int] | None = None  # a link's address, and where its words begin

    def read(self, content: str) -> None:
        at = broken = 0
        while not self.full and at < len(content):
            begin = content.find("<", at) if broken <= MOST_BROKEN else -1
            if begin < 0:
                break
            end = begin + LONGEST_TAG
            tag = _TAG.match(content, begin, end)
            other = None if tag else _OTHER_TAG.match(content, begin, end)
            if tag is None and other is None:  # a sign in the text
                broken += 1
                self._text(content[at : begin + 1])
                at = begin + 1
                continue
            self._text(content[at:begin])
            if tag is not None:
                self._tag(tag[2].lower(), tag[3], ends=bool(tag[1]))
            at = (tag or other).end()  # type: ignore[union-attr]  # one of the two is there
        self._text(content[at:])
        self._close_link()

    # -- what comes --------------------------------------------------------------------------------------------------

    def _tag(self, name: str, inside: str, *, ends: bool) -> None:
        if self._hidden:
            if name == self._hidden[-1]:
                self._hidden.pop() if ends else self._hidden.append(name)
        elif name in _HIDDEN:
            if not ends and not inside.endswith("/"):
                self._hidden.append(name)
        elif ends:
            self._ends(name)
        else:
            self._begins(name, {found[1].lower(): _unescaped(_value(found)) for found in _NAMED.finditer(inside)})

    def _begins(self, name: str, named: dict[str, str]) -> None:
        self._break(name)
        if name == "br":
            self._end_line()
        elif name == "li":
            self._put("• ")
        elif name in ("td", "th"):
            self._space = True
        elif name == "pre":
            self._plain += 1
        elif name == "img":
            words = one_line(named.get("alt", ""), LONGEST_WORDS)
            if words:
                self._put(f"[{words}]")
        elif name == "a":
            self._close_link()
            address = named.get("href", "").strip()
            self._open = (address, len(self.pieces)) if address else None

    def _ends(self, name: str) -> None:
        if name == "a":
            self._close_link()
        elif name == "pre":
            self._plain = max(0, self._plain - 1)
        self._break(name)

    def _text(self, text: str) -> None:
        if self._hidden or self.full or not text:
            return
        data = _unescaped(text)
        if self._plain:
            for number, line in enumerate(data.split("\n")):
                if number:
                    self._end_line()
                if line:
                    self._put(line)
            return
        words = _SPACES.sub(" ", data)
        self._space = self._space or words.startswith(" ")
        if words.strip():
            self._put(words.strip())
            self._space = words.endswith(" ")

    # -- what is written ---------------------------------------------------------------------------------------------

    def _break(self, tag: str) -> None:
        if tag in _PARAGRAPH:
            self._breaks = 2
        elif tag in _NEXT_LINE:
            self._breaks = max(self._breaks, 1)

    def _end_line(self) -> None:
        if self._breaks:
            self._write("\n" * self._breaks if self._begun else "")
            self._breaks = 0
        self._breaks = 1

    def _put(self, words: str) -> None:
        if self._breaks:
            self._write("\n" * self._breaks if self._begun else "")
        elif self._space and self._begun:
            self._write(" ")
        self._breaks, self._space, self._begun = 0, False, True
        self._write(words)

    def _write(self, text: str) -> None:
        room = MOST_SHOWN + 1 - self._size
        if text and room > 0:
            self.pieces.append(text[:room])
            self._size += min(room, len(text))
        self.full = self.full or len(text) > room

    def _close_link(self) -> None:
        if self._open is None:
            return
        (address, begin), self._open = self._open, None
        words = one_line("".join(self.pieces[begin:]), LONGEST_WORDS)
        if len(self.links) < MOST_LINKS and not address.startswith("#"):
            self.links.append(Link(words, address))
            if words:
                self._write(f" [{len(self.links)}]")


def _value(found: re.Match[str]) -> str:
    """Of an attribute, in quotes or without."""
    return next((value for value in found.groups()[1:] if value is not None), "")


def _unescaped(text: str) -> str:
    """`&amp;` and the like as letters; thousands of digits are no letter."""
    try:
        return html.unescape(text)
    except ValueError:
        return text


def _lines(text: str) -> tuple[list[str], bool]:
    """Without control characters; no line too long, no more than one empty line together. And whether it was cut."""
    cut = len(text) > MOST_SHOWN
    found: list[str] = []
    for line in text[:MOST_SHOWN].replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        clean = one_line(line, MOST_SHOWN)
        if clean or (found and found[-1]):
            found += [clean[at : at + LONGEST_LINE] for at in range(0, max(1, len(clean)), LONGEST_LINE)]
    return found, cut


def _bare(text: str, known: set[str]) -> Iterator[Link]:
    """Addresses that stand in the text as they are."""
    for number, found in enumerate(_ADDRESS.finditer(text)):
        address = found[0].rstrip(_AFTER_ADDRESS)
        if number >= MOST_LINKS:
            return
        if address not in known:
            known.add(address)
            yield Link("", address)
