"""Filters: conditions on fields as chips and the builder show them, to and from the search grammar.

The typed text stays the only truth: a filter is read out of it and written back into it (UX-SRC-06).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from crmdesk.core.query_nodes import (
    AGE_FIELDS,
    CHOICES,
    OPEN_CHOICES,
    TEXT_FIELDS,
    TIME_FIELDS,
    Choice,
    Node,
    Not,
    Op,
    Or,
    Query,
    Word,
)
from crmdesk.core.query_parser import TOO_LONG
from crmdesk.core.query_scan import Kind, Token, Value, tokens
from crmdesk.core.query_times import read_time
from crmdesk.core.text import words


@dataclass(frozen=True, slots=True)
class Filter:
    """One condition. `values` are as typed, without quotation marks: any number for IS, EXACTLY and STARTS, none for
    EMPTY, two for BETWEEN, one for the others (a date or an age of the grammar). `negated` turns it round."""

    field: str
    op: Op
    values: tuple[str, ...] = ()
    negated: bool = False


_CAN_BE_EMPTY: Final = CHOICES["no"]
_AGES: Final = (Op.LAST, Op.OLDER)
_SIGNS: Final = {Op.AFTER: ">", Op.SINCE: ">=", Op.BEFORE: "<", Op.UNTIL: "<=", Op.OLDER: ">"}
_NEEDS_QUOTES: Final = re.compile(r'[\s"“”„‟«»＂()（），,|｜]|\*$|^$').search


def ops(field: str) -> tuple[Op, ...]:
    """What the builder may offer for a field; () for a name that is none."""
    if field in TIME_FIELDS:
        return (Op.LAST, Op.OLDER, Op.ON, Op.BEFORE, Op.UNTIL, Op.AFTER, Op.SINCE, Op.BETWEEN)
    if field in AGE_FIELDS:
        return _AGES
    if field in TEXT_FIELDS:
        return (Op.IS, Op.STARTS, Op.EXACTLY, *((Op.EMPTY,) if field in _CAN_BE_EMPTY else ()))
    return (Op.IS,) if field in CHOICES or field in OPEN_CHOICES else ()


# ── filters → text ───────────────────────────────────────────────────────────────────────────────────────────────────


def to_text(filters: Iterable[Filter], rest: str = "") -> str:
    """The filters as the grammar writes them, then `rest`."""
    return " ".join([*map(_filter_text, filters), rest]).strip()


def _filter_text(one: Filter) -> str:
    if one.op is Op.EMPTY:
        return f"{'has' if one.negated else 'no'}:{one.field}"
    return f"{'-' if one.negated else ''}{one.field}:{_value_text(one)}"


def _value_text(one: Filter) -> str:
    if one.op is Op.STARTS:
        return ",".join(f"{value}*" if not _NEEDS_QUOTES(value) else _quoted(value) for value in one.values)
    if one.op in (Op.IS, Op.EXACTLY):
        exactly = one.op is Op.EXACTLY
        return ",".join(_quoted(value) if exactly or _NEEDS_QUOTES(value) else value for value in one.values)
    if one.op is Op.BETWEEN:
        return "..".join(one.values)
    sign = "<" if one.op is Op.LAST and one.field in AGE_FIELDS else _SIGNS.get(one.op, "")
    return sign + one.values[0]


def _quoted(value: str) -> str:
    escaped = value.rstrip("\\").replace('"', '\\"')  # a backslash before the closing mark would undo it
    return f'"{escaped}"'


# ── query → filters ──────────────────────────────────────────────────────────────────────────────────────────────────


def from_query(query: Query) -> tuple[tuple[Filter, ...], str]:
    """The filters among the terms that must all match, and the rest of the text (words, brackets, half a filter).

    `to_text(filters, rest)` finds the same contacts as the query. Where taking the filters out would make one term of
    the text beside them (`06 city:berlin 12 31`), or the search is too long, there are none and all is rest."""
    all_tokens = list(tokens(query.text))
    nodes = {(term.start, term.end): term.node for term in query.top}
    taken: list[tuple[Token, Filter]] = []
    for token in all_tokens:
        node = nodes.get((token.start, token.end))
        one = _token_filter(token, node) if node and token.kind is Kind.FIELD else None
        if one:
            taken.append((token, one))
    cut = [token for token, _ in taken]
    left = [token for token in all_tokens if token not in cut]
    filters, rest = tuple(one for _, one in taken), _cut(query.text, cut)
    too_long = any(hint.text == TOO_LONG for hint in query.hints)
    if too_long or _after_or(all_tokens, cut) or not _stands_alone(filters, rest, left):
        return (), query.text.strip()
    return filters, rest


def _after_or(all_tokens: Sequence[Token], cut: Sequence[Token]) -> bool:
    """True if an OR with nothing before it would get something before it when a filter moves to the front."""
    depth, seen = 0, False
    for token in all_tokens:
        if token in cut and seen:
            return True
        seen = seen or (token.kind is Kind.OR and depth == 0)
        depth = max(0, depth + (token.kind is Kind.OPEN) - (token.kind is Kind.CLOSE))
    return False


def _cut(text: str, taken: Sequence[Token]) -> str:
    pieces, at = [], 0
    for token in taken:
        pieces.append(text[at : token.start])
        at = token.end
    return " ".join(" ".join([*pieces, text[at:]]).split())


def _stands_alone(filters: Sequence[Filter], rest: str, left: Sequence[Token]) -> bool:
    """True if the rest, alone and behind the filters, reads as the tokens it was."""
    written = [*tokens(to_text(filters)), *left]
    return _shapes(tokens(rest)) == _shapes(left) and _shapes(tokens(to_text(filters, rest))) == _shapes(written)


def _shapes(found: Iterable[Token]) -> list[tuple[object, ...]]:
    return [(token.kind, " ".join(token.text.split()), token.negated, token.values) for token in found]


def _token_filter(token: Token, node: Node) -> Filter | None:
    leaves = _leaves(node)
    if any(isinstance(leaf, Word) for leaf in leaves):
        return None  # a value that could not be read is searched as text
    if token.text in TIME_FIELDS or token.text in AGE_FIELDS:
        return _time_filter(token)
    if token.text in TEXT_FIELDS:
        return _text_filter(token)
    values = tuple(leaf.value for leaf in leaves if isinstance(leaf, Choice))
    if token.text in ("has", "no") and len(values) == 1:
        return Filter(values[0], Op.EMPTY, (), token.negated == (token.text == "no"))
    return Filter(token.text, Op.IS, values, token.negated)


def _leaves(node: Node) -> tuple[Node, ...]:
    match node:
        case Not(node=inner):
            return _leaves(inner)
        case Or(nodes=nodes):
            return nodes
    return (node,)


def _time_filter(token: Token) -> Filter | None:
    typed = [read_time(token.text, value.text) for value in token.values]
    if len(typed) != 1 or typed[0] is None:
        return None
    return Filter(token.text, typed[0].op, typed[0].literals, token.negated)


def _text_filter(token: Token) -> Filter | None:
    values = [value for value in token.values if words(value.text)]
    ways = {_way(value) for value in values}
    if ways == {Op.STARTS}:
        return Filter(token.text, Op.STARTS, tuple(value.text.rstrip("*") for value in values), token.negated)
    op = Op.EXACTLY if ways == {Op.EXACTLY} else Op.IS if ways <= {Op.IS, None} else None
    return Filter(token.text, op, tuple(value.text for value in values), token.negated) if op else None


def _way(value: Value) -> Op | None:
    """How this value alone is compared; None where IS and EXACTLY write it alike."""
    if value.quoted:
        return None if _NEEDS_QUOTES(value.text) else Op.EXACTLY
    return Op.STARTS if value.text.endswith("*") else Op.IS
