"""One table of all measures: value, floor of the same run, ratio, target, met or not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

HEADER = ("measure", "value", "floor", "ratio", "target", "verdict")


@dataclass(frozen=True)
class Row:
    """One measured number, `value` in `unit`. `floor` is what the bare minimum took in the same run.

    `most` bounds the value, `most_ratio` bounds value ÷ floor, `stretch` is the ratio hoped for. A row without a
    bound is information only."""

    measure: str
    value: float
    unit: str = "ms"
    floor: float | None = None
    most: float | None = None
    most_ratio: float | None = None
    stretch: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.floor if self.floor else None

    @property
    def met(self) -> bool | None:
        """None without a target. A target on the ratio is missed where no floor was measured."""
        if self.most is None and self.most_ratio is None:
            return None
        within = self.most is None or self.value <= self.most
        return within and (self.most_ratio is None or (self.ratio is not None and self.ratio <= self.most_ratio))

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio, "met": self.met}

    def cells(self) -> tuple[str, ...]:
        floor = "" if self.floor is None else amount(self.floor, self.unit)
        ratio = "" if self.ratio is None else f"{self.ratio:.2f} ×"
        return self.measure, amount(self.value, self.unit), floor, ratio, self._target(), self._verdict()

    def _target(self) -> str:
        parts = [] if self.most is None else [f"≤ {amount(self.most, self.unit)}"]
        if self.most_ratio is not None:
            stretch = f" (stretch {self.stretch:g} ×)" if self.stretch is not None else ""
            parts.append(f"≤ {self.most_ratio:g} ×{stretch}")
        return " and ".join(parts)

    def _verdict(self) -> str:
        if self.met is None:
            return "–"
        reached = self.stretch is not None and self.ratio is not None and self.ratio <= self.stretch
        return ("met, stretch too" if reached else "met") if self.met else "NOT MET"


def amount(value: float, unit: str) -> str:
    """Three significant digits below a hundred, whole numbers above."""
    digits = 0 if abs(value) >= 100 or value == int(value) else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f} {unit}".strip()


def centile(values: Iterable[float], percent: float) -> float:
    """The smallest value that at least `percent` of all values do not exceed (nearest rank). ValueError for none."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("nothing was measured")
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]


def median(values: Iterable[float]) -> float:
    return centile(values, 50)


def render(rows: Sequence[Row]) -> str:
    """A Markdown table that also reads well in a terminal."""
    lines = [HEADER, *(row.cells() for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADER))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_line(cells, widths) for cells in (lines[0], rule, *lines[1:]))


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [
        cell.rjust(width) if 1 <= at <= 3 and set(cell) != {"-"} else cell.ljust(width)
        for at, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return f"| {' | '.join(padded)} |"
