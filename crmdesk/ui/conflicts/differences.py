"""Word-level differences of two texts, and both sides' changes of one text put together. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

MOST_WORDS = 1500  # of one text; comparing more would take seconds
_PARTS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of a text; `changed`: it is not so in the other one."""

    text: str
    changed: bool


def pieces(text: str, other: str) -> tuple[Piece, ...]:
    """`text` in runs, those marked that `other` does not have. Too long texts come as one piece without a mark."""
    mine, theirs = _PARTS.findall(text), _PARTS.findall(other)
    if not text or len(mine) > MOST_WORDS or len(theirs) > MOST_WORDS:
        return (Piece(text, False),) if text else ()
    found: list[Piece] = []
    for kind, start, end, _, _ in SequenceMatcher(None, mine, theirs, autojunk=False).get_opcodes():
        run = "".join(mine[start:end])
        if run:
            found.append(Piece(run, kind != "equal"))
    return tuple(found)


def spoken(parts: Sequence[Piece]) -> str:
    """For screen readers: what differs stands in brackets."""
    return "".join(f"[{part.text}]" if part.changed and part.text.strip() else part.text for part in parts)


Edit = tuple[int, int, list[str]]  # words from, to (of the base), and what stands there instead


def combined(base: str, mine: str, theirs: str) -> str:
    """Both sides' changes of `base`; where both changed the same words, ours and then theirs. A proposal for a person
    to go on with, not a result."""
    words = _PARTS.findall(base)
    sides = [_PARTS.findall(side) for side in (mine, theirs)]
    if max(len(words), *map(len, sides)) > MOST_WORDS:
        return f"{mine}\n{theirs}"
    ours, other = (_edits(words, side) for side in sides)
    result: list[str] = []
    at = 0
    while ours or other:
        start, end, left, right = _region(ours, other)
        result += words[at:start]
        result.append(_both("".join(words[start:end]), _put(words, start, end, left), _put(words, start, end, right)))
        at = end
    return "".join([*result, *words[at:]])


def _edits(base: list[str], side: list[str]) -> list[Edit]:
    codes = SequenceMatcher(None, base, side, autojunk=False).get_opcodes()
    return [(start, end, side[low:high]) for kind, start, end, low, high in codes if kind != "equal"]


def _region(ours: list[Edit], other: list[Edit]) -> tuple[int, int, list[Edit], list[Edit]]:
    """The next stretch of the base that was edited, with the edits of each side in it, taken off the lists."""
    start = min(edit[0] for edits in (ours, other) for edit in edits[:1])
    end, taken = start, ([], [])  # type: int, tuple[list[Edit], list[Edit]]
    grown = True
    while grown:
        grown = False
        for edits, found in zip((ours, other), taken, strict=True):
            while edits and edits[0][0] <= end:
                found.append(edits.pop(0))
                end, grown = max(end, found[-1][1]), True
    return start, end, taken[0], taken[1]


def _put(base: list[str], start: int, end: int, edits: list[Edit]) -> str:
    """The stretch as one side has it."""
    result: list[str] = []
    for low, high, words in edits:
        result += [*base[start:low], *words]
        start = high
    return "".join([*result, *base[start:end]])


def _both(base: str, mine: str, theirs: str) -> str:
    if mine in (theirs, base):
        return theirs
    if theirs == base:
        return mine
    gap = "" if mine[-1:].isspace() or theirs[:1].isspace() or not mine else " "
    return f"{mine}{gap}{theirs}"
