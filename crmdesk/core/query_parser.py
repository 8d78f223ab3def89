"""Tokens → Query. Never refuses, never recurses, its time grows with the text only; what is odd becomes a Hint."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from crmdesk.core.query_nodes import (
    EMPTY,
    And,
    Everything,
    Hint,
    Joined,
    Lexicon,
    Node,
    Not,
    Or,
    Phrase,
    Query,
    Term,
    Word,
)
from crmdesk.core.query_scan import Kind, Token, tokens
from crmdesk.core.query_values import MAX_WORDS, name_hint, read_value, short, value_hint
from crmdesk.core.text import digit_needles, phone_digits, words

MAX_TEXT: Final = 4000  # characters of a search that are looked at
MAX_TERMS: Final = 32  # terms of a search, so that the store's query stays one it can run
MAX_DEPTH: Final = 20  # brackets in brackets; readers of the tree may recurse

TOO_LONG: Final = "This search is too long: the rest is left out."
_SHOUTED: Final = {
    "AND": "All words must match anyway. AND is searched as a word.",
    "NOT": "Put - in front of a word to leave it out. NOT is searched as a word.",
}
_SPACES: Final = re.compile(r"\s+")


@dataclass(slots=True)
class _Group:
    """An open bracket: finished OR branches and the one being read."""

    start: int
    negated: bool = False
    branches: list[list[Term]] = field(default_factory=lambda: [[]])

    def node(self) -> Node | None:
        return any_of([node for branch in self.branches if (node := all_of(term.node for term in branch))])


def all_of(nodes: Iterable[Node]) -> Node | None:
    """The nodes joined by AND, AND within AND made flat; None for none."""
    flat = [part for node in nodes for part in (node.nodes if isinstance(node, And) else (node,))]
    return And(tuple(flat)) if len(flat) > 1 else flat[0] if flat else None


def any_of(nodes: Iterable[Node]) -> Node | None:
    """The nodes joined by OR, OR within OR made flat; None for none."""
    flat = [part for node in nodes for part in (node.nodes if isinstance(node, Or) else (node,))]
    return Or(tuple(flat)) if len(flat) > 1 else flat[0] if flat else None


def parse(text: str, *, now: datetime, lexicon: Lexicon = EMPTY) -> Query:
    """What `text` asks for. Never raises, whatever the text; brackets and quotation marks need no partner.

    `now` is aware, and its time zone is the desk's: dates are days there, bounds come out in UTC."""
    return _Parser(text, now, lexicon).run()


class _Parser:
    def __init__(self, text: str, now: datetime, lexicon: Lexicon) -> None:
        self._text = text
        self._now = now
        self._lexicon = lexicon
        self._groups = [_Group(0)]
        self._ignored = 0  # brackets opened beyond MAX_DEPTH
        self._terms = 0
        self._hints: list[Hint] = []

    def run(self) -> Query:
        read = self._text[:MAX_TEXT]
        for token in tokens(read):
            self._take(token)
        if self._text[MAX_TEXT:].strip():
            self._stop_at(MAX_TEXT)
        while len(self._groups) > 1:
            self._close(len(read))
        return self._query(self._groups[0], len(read))

    def _query(self, whole: _Group, end: int) -> Query:
        node = whole.node() or Everything()
        branches = [branch for branch in whole.branches if branch]
        top = tuple(branches[0]) if len(branches) == 1 else (Term(node, 0, end),) if branches else ()
        return Query(self._text, node, tuple(sorted(self._hints, key=lambda hint: hint.start)), top)

    def _take(self, token: Token) -> None:
        match token.kind:
            case Kind.OPEN:
                self._open(token)
            case Kind.CLOSE if self._ignored:
                self._ignored -= 1
            case Kind.CLOSE:
                self._close(token.end)
            case Kind.OR:
                self._groups[-1].branches.append([])
            case _ if self._terms >= MAX_TERMS:
                self._stop_at(token.start)
            case _:
                self._add(token)

    def _open(self, token: Token) -> None:
        if len(self._groups) > MAX_DEPTH:
            self._ignored += 1
        else:
            self._groups.append(_Group(token.start, token.negated))

    def _close(self, end: int) -> None:
        """End the innermost bracket; a closing one without partner means nothing."""
        if len(self._groups) == 1:
            return
        group = self._groups.pop()
        if node := group.node():
            self._groups[-1].branches[-1].append(Term(Not(node) if group.negated else node, group.start, end))

    def _stop_at(self, start: int) -> None:
        if not any(hint.text == TOO_LONG for hint in self._hints):
            self._hints.append(Hint(start, len(self._text), TOO_LONG))

    def _add(self, token: Token) -> None:
        if node := self._leaf(token):
            self._terms += len(node.nodes) if isinstance(node, Or) else 1
            term = Term(Not(node) if token.negated else node, token.start, token.end)
            self._groups[-1].branches[-1].append(term)

    def _leaf(self, token: Token) -> Node | None:
        """The token's node; None where it asks for nothing (yet)."""
        match token.kind:
            case Kind.PHRASE:
                return Phrase(short(token.text)) if words(token.text) else None
            case Kind.NUMBER:
                parts = [Word(part) for part in _SPACES.split(token.text, MAX_WORDS)[:MAX_WORDS] if words(part)]
                return Joined(phone_digits(token.text), tuple(parts), digit_needles(token.text))
            case Kind.FIELD:
                return self._field(token)
        self._remark(token)
        text = short(token.text.rstrip("*"))
        return Word(text) if words(text) else None

    def _field(self, token: Token) -> Node | None:
        room = MAX_TERMS - self._terms
        if len(token.values) > room:
            self._stop_at(token.start)
        readings = [read_value(token.text, value, self._now, self._lexicon) for value in token.values[:room]]
        nodes = [reading.node for reading in readings if reading.node]
        hint = next((reading.hint for reading in readings if reading.hint), "")
        if hint or not nodes:
            self._hints.append(Hint(token.start, token.end, hint or value_hint(token.text, self._lexicon)))
        return any_of(nodes)

    def _remark(self, token: Token) -> None:
        begin = token.start + token.negated
        if token.text in _SHOUTED:
            self._hints.append(Hint(begin, token.end, _SHOUTED[token.text]))
        elif found := name_hint(token.text):
            length, text = found
            self._hints.append(Hint(begin, begin + length, text))
