"""Every text that the window words itself goes through the catalogues."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "crmdesk" / "ui").rglob("*.py"))
SHOWING = {  # what shows or says its text → which of its arguments is one
    "setText": (0,), "setToolTip": (0,), "setWindowTitle": (0,), "setPlaceholderText": (0,), "setTitle": (0,),
    "setAccessibleName": (0,), "setAccessibleDescription": (0,), "setStatusTip": (0,), "setSuffix": (0,),
    "setPrefix": (0,), "setSpecialValueText": (0,), "setInformativeText": (0,), "addAction": (0,), "addMenu": (0,),
    "setLabelText": (0,), "setWhatsThis": (0,), "addItem": (0,), "addTab": (1,), "addRow": (0,),
    "announce": (1,), "notice": (0,), "button": (1,), "FlatButton": (1,), "IconButton": (2,), "ChipButton": (1,),
    "PlainLabel": (0,), "Muted": (0,), "Heading": (0,), "Banner": (1,), "QLabel": (0,), "QPushButton": (0,),
    "QCheckBox": (0,), "QRadioButton": (0,), "QGroupBox": (0,), "QAction": (0,), "QMenu": (0,), "QToolButton": (0,),
    "FormRow": (0,), "set_error": (0,), "say": (0,), "tell": (0,), "complain": (0,), "show_banner": (2,),
}  # fmt: skip
NO_TEXTS = {"ok", "info", "error", "warning", "muted", "crmdesk"}  # tones, and the name
LETTERS = re.compile(r"[^\W\d_]{2,}")


def literal_texts(node: ast.AST) -> Iterator[str]:
    """Constants that reach the screen without `tr`: alone, joined, chosen, or in an f-string."""
    match node:
        case ast.Constant(value=str() as text) if LETTERS.search(text) and text not in NO_TEXTS:
            yield text
        case ast.JoinedStr(values=parts):
            for part in parts:
                yield from literal_texts(part)
        case ast.IfExp(body=body, orelse=other):
            yield from literal_texts(body)
            yield from literal_texts(other)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            yield from literal_texts(left)
            yield from literal_texts(right)
        case ast.BoolOp(values=values):
            for value in values:
                yield from literal_texts(value)


def bypassing(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            for place in SHOWING.get(name, ()):
                if place < len(node.args):
                    for text in literal_texts(node.args[place]):
                        yield f"{file.relative_to(ROOT)}:{node.lineno} {text!r}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT / "crmdesk" / "ui").as_posix())
def test_no_literal_is_shown_without_tr(file: Path) -> None:
    assert list(bypassing(file)) == []
