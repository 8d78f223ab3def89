"""Sentences that are put together from pieces: nobody could translate them. `said` has templates for that."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.locale.source import BUGS, ROOT, SILENT, called, files, logs

# Two words in a row, or the first or last word of a sentence: paths and names of widgets have neither.
_SENTENCE = re.compile(r"[A-Za-z]{2,}[,;:]? [a-z]{2,}|^[”]? [a-z]{2,}[.?!]?$|^[A-Z][a-z]+ $")
_STATEMENT = re.compile(
    r"\b(?:SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|WHERE|ORDER BY|COLLATE|CASE|WHEN|THEN|NOT IN|LIKE)\b"
)
_FOR_MACHINES = re.compile(
    r"\r\n|^Bearer |^Basic |</?\w+>|crmdesk key check|certificate check|^\(\?|^(?:page|v2|bulk|model|docs)\b"
)
_ERROR = re.compile(r"\w*Error|Problem|Reason|Finding|Flaw|CheckStep|Remark|Refusal")
_FOR_US = ("source", "what")  # keywords: where the documents say it; the name of a task
_INNER = ("body", "orelse", "handlers", "finalbody", "cases")
_MAYBE = re.compile(r"""[fF]["']|["'] *[+%]|\+ *["']|["']\.format\(""")
_SHOWN = ("title", "hint", "text", "words", "problem", "why")  # keywords that are sentences


def pieces(file: Path) -> Iterator[str]:
    """Every f-string, sum or `format` of a file that makes a text for people: `file:line: source`."""
    source = file.read_text("utf-8")
    lines = source.split("\n")
    name = file.relative_to(ROOT).as_posix() if file.is_relative_to(ROOT) else file.name
    for statement in _statements(ast.parse(source)):
        if _MAYBE.search("\n".join(lines[statement.lineno - 1 : statement.end_lineno])):
            for node in _within(statement):
                yield f"{name}:{node.lineno}: {ast.unparse(node)}"


def _statements(block: ast.AST) -> Iterator[ast.stmt]:
    """Those without a block of their own."""
    inner = [one for name in _INNER for one in getattr(block, name, ())]
    if not inner and isinstance(block, ast.stmt):
        yield block
    for one in inner:
        yield from _statements(one)


def _within(statement: ast.stmt) -> Iterator[ast.expr]:
    above = {child: node for node in ast.walk(statement) for child in ast.iter_child_nodes(node)}
    for node in above:
        made = isinstance(node, ast.JoinedStr) and not isinstance(above[node], ast.JoinedStr | ast.FormattedValue)
        found = (made and _reads(node)) or (_is_sum(node) and _is_argument(node, above))
        if found and isinstance(node, ast.expr) and not _is_for_us(node, above):
            yield node


def _reads(node: ast.AST) -> bool:
    assert isinstance(node, ast.JoinedStr)
    values = [one.value for one in node.values if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    whole = "".join(values)
    if _STATEMENT.search(whole) or _FOR_MACHINES.search(whole):
        return False
    return any(_SENTENCE.search(value) for value in values)


def _is_sum(node: ast.AST) -> bool:
    match node:
        case ast.BinOp(op=ast.Add() | ast.Mod(), left=left, right=right):
            return any(isinstance(part, ast.Constant | ast.JoinedStr) and _is_text(part) for part in (left, right))
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="format")):
            return True
    return False


def _is_text(node: ast.Constant | ast.JoinedStr) -> bool:
    return isinstance(node, ast.JoinedStr) or isinstance(node.value, str)


def _is_argument(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Of an error, or of anything else that keeps a sentence."""
    match above.get(node):
        case ast.Call() as call:
            return bool(_ERROR.fullmatch(called(call)))
        case ast.keyword(arg=str() as name) as word:
            call = above.get(word)
            return name in _SHOWN and isinstance(call, ast.Call) and bool(_ERROR.fullmatch(called(call)))
    return False


def _is_for_us(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Within a log line, a mistake of ours, or what is executed."""
    while not isinstance(node, ast.stmt):
        if isinstance(node, ast.keyword) and node.arg in _FOR_US:
            return True
        if isinstance(node, ast.Assert | ast.Call):
            name = called(node) if isinstance(node, ast.Call) else ""
            if name in BUGS or name in SILENT or name == "print" or (isinstance(node, ast.Call) and logs(node)):
                return True
        node = above[node]
    return isinstance(node, ast.Assert)


def all_pieces() -> list[str]:
    return [piece for file in files() for piece in pieces(file)]
