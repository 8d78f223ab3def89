"""What the program may show a person: every message in its source.

Most visible texts stand where they are translated (`tr("…")`). The others stand as data (labels of fields, titles of
columns, words of states, errors) and are translated where they are shown; of these every constant that reads like words
counts. A message too many costs a translator a minute; one that is missing stays English on the screen."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
AREAS = ("ui", "core", "sync", "net", "store", "vendors", "practice.py", "folder.py", "app.py", "workspace.py",
         "backups.py", "epoch_file.py", "memory.py", "swap.py", "settings.py")  # fmt: skip
NOT_SHOWN = re.compile(r"sandbox|/store/versions/|/net/redact|/qt_preflight")
WORDS = re.compile(
    r"[A-Za-z]{2,}[,;:]? (?:[“‘(]?[A-Za-z{]|\d)|^[A-Z][a-z]{2,}(?:[ …:.,?]|$)|^(?:Is|To|On|Or|No|At|By)$"
    r"|^(?:OK|URL|PIN|ID|SMS|E-mail|&[A-Z][a-z]+)$|^E-mail |\{\w+\}:? [a-z]{2,}"
)
CODE = re.compile(
    r"(?:SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|WITH|FROM|WHERE|ORDER BY|AND|JOIN|VALUES|BEGIN|ALTER|DROP) "
    r"|\bpx\b|[\w-]+: ?[\w#-]+;|^[\w.-]+/[\w.+-]+$|^https?://\S*$|\(\?|\\[dws]|^[A-Z][a-z]+(?:-[A-Z][A-Za-z]+)+$"
    r"|^[a-z][\w ]*: [a-z]|^[a-z_]+='|^(?:[A-Z]{2,3} ){3,}|%(?:s|d|r|\.\d+f)\b"
)
SAYS = {
    "term": 0,
    "tr": 0,
    "said": 0,
    "fill": 0,
    "mark": 0,
    "Sign": 1,
    "_sign": 1,
}  # which argument is a message, like words or not
SILENT = {"compile", "getLogger", "execute", "text", "encode",
          "setObjectName", "cast", "TypeVar", "startswith", "endswith", "Namespace", "bytes"}  # fmt: skip
LOGS = re.compile(r"log(?:ger|ging)?")
BUGS = {"ValueError", "TypeError", "RuntimeError", "AssertionError", "NotImplementedError", "LookupError", "KeyError",
        "BugError", "EOFError", "AttributeError"}  # fmt: skip


@dataclass
class Message:
    """One message, with its plural where it counts, and where it stands."""

    one: str
    many: str = ""
    places: list[tuple[str, int]] = field(default_factory=list)


class Finder(ast.NodeVisitor):
    """Messages of one file: `found` maps the singular to (plural, line)."""

    def __init__(self) -> None:
        self.found: list[tuple[str, str, int]] = []

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):  # else a docstring
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """For us, not for people."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self.visit(part.value)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets):
            self.visit(node.value)

    def visit_Raise(self, node: ast.Raise) -> None:
        if not (isinstance(node.exc, ast.Call) and called(node.exc) in BUGS):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = called(node)
        if name in ("plural", "said_of") and len(node.args) == 3:
            one, many = node.args[1:]
            if isinstance(one, ast.Constant) and isinstance(many, ast.Constant):
                self._take(one.value, many.value, node.lineno)
                for part in (node.args[0], *(word.value for word in node.keywords)):
                    self.visit(part)
                return
        if name in SAYS:
            for text in _choices(node.args[SAYS[name]]) if len(node.args) > SAYS[name] else ():
                self._take(text.value, "", text.lineno)
        if name not in SILENT and not logs(node):
            keywords = [word for word in node.keywords if word.arg not in ("source", "path", "aliases", "what", "key")]
            for part in (node.func, *node.args, *(word.value for word in keywords)):
                self.visit(part)

    def visit_Tuple(self, node: ast.Tuple) -> None:
        """A text for one and a text for many stand beside each other, whatever else is in the tuple."""
        rest = list(node.elts)
        while rest:
            match rest:
                case [ast.Constant(value=str() as one), ast.Constant(value=str() as many), *_] if "{n}" in many:
                    self._take(one, many, node.lineno)
                    del rest[:2]
                case _:
                    self.visit(rest.pop(0))

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in (*node.args.defaults, *node.body):
            self.visit(part)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str) and reads_like_words(node.value):
            self._take(node.value, "", node.lineno)

    def _take(self, one: object, many: object, line: int) -> None:
        if isinstance(one, str) and isinstance(many, str) and one.strip():
            self.found.append((one, many, line))


def reads_like_words(text: str) -> bool:
    """Whether a constant is for people: several words, or one that begins with a capital."""
    return bool(WORDS.search(text)) and not CODE.search(text) and len(text) > 1


def called(node: ast.Call) -> str:
    """The last name of what is called; '' for anything else than a name."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def logs(node: ast.Call) -> bool:
    """Whether it writes to the log."""
    match node.func:
        case ast.Attribute(value=ast.Name(id=name)):
            return bool(LOGS.fullmatch(name))
    return False


def _choices(node: ast.expr) -> Iterator[ast.Constant]:
    """The constants that an argument can be: one, or either of an `if`."""
    match node:
        case ast.Constant(value=str()):
            yield node
        case ast.IfExp(body=body, orelse=orelse):
            yield from _choices(body)
            yield from _choices(orelse)
        case ast.BoolOp(values=values):
            for value in values:
                yield from _choices(value)


def files() -> Iterator[Path]:
    """Every file with texts for people."""
    for area in AREAS:
        top = ROOT / "crmdesk" / area
        for file in sorted(top.rglob("*.py")) if top.is_dir() else [top]:
            if not NOT_SHOWN.search(file.relative_to(ROOT).as_posix()):
                yield file


@lru_cache(maxsize=1)
def messages() -> dict[str, Message]:
    """All messages of the source, by their singular, in the order of the files."""
    made: dict[str, Message] = {}
    for file in files():
        name = file.relative_to(ROOT).as_posix()
        finder = Finder()
        finder.visit(ast.parse(file.read_text("utf-8")))
        for one, many, line in finder.found:
            message = made.setdefault(one, Message(one))
            message.many = message.many or many
            if (name, line) not in message.places:
                message.places.append((name, line))
    return made
