"""The search box's grammar, as the other layers see it: parse a text, take its terms, leave one out."""

from __future__ import annotations

from collections.abc import Iterator

from crmdesk.core.query_nodes import (
    CHOICES,
    EMPTY,
    FIELDS,
    OPEN_CHOICES,
    SORT_COLUMNS,
    TEXT_FIELDS,
    TIME_FIELDS,
    And,
    Choice,
    Everything,
    Hint,
    Joined,
    Lexicon,
    Node,
    Not,
    Op,
    Or,
    Phrase,
    Query,
    Term,
    TextIs,
    When,
    Word,
)
from crmdesk.core.query_parser import all_of, parse
from crmdesk.core.text import words

__all__ = [
    "CHOICES", "EMPTY", "FIELDS", "OPEN_CHOICES", "SORT_COLUMNS", "TEXT_FIELDS", "TIME_FIELDS",
    "And", "Choice", "Everything", "Hint", "Joined", "Lexicon", "Node", "Not", "Op", "Or", "Phrase", "Query", "Term",
    "TextIs", "When", "Word", "parse", "terms", "top_terms", "without",
]  # fmt: skip


def terms(query: Query) -> tuple[str, ...]:
    """Folded words to highlight, in typed order, each once; nothing of what `-` excludes."""
    return tuple(dict.fromkeys(_shown(query.node)))


def _shown(node: Node) -> Iterator[str]:
    match node:
        case Word(text=text) | Phrase(text=text):
            yield from words(text)
        case TextIs(field=field, value=value) if field != "type":  # a code's word; elsewhere it means something else
            yield from words(value.text)
        case Joined(words=parts, digits=digits):
            yield digits
            for part in parts:
                yield from words(part.text)
        case And(nodes=nodes) | Or(nodes=nodes):
            for inner in nodes:
                yield from _shown(inner)


def top_terms(query: Query) -> tuple[Term, ...]:
    """The terms that must all match, with their places in `query.text`."""
    return query.top


def without(query: Query, index: int) -> Query:
    """The query with its top-level term `index` left out, both as text and as tree. IndexError if there is none."""
    if not 0 <= index < len(query.top):
        raise IndexError(index)
    text, kept = "", []
    for number, term in enumerate(query.top):
        if number != index:
            start = len(text) + bool(text)
            text = f"{text} {query.text[term.start : term.end]}".lstrip()
            kept.append(Term(term.node, start, len(text)))
    return Query(text, all_of(term.node for term in kept) or Everything(), (), tuple(kept))
