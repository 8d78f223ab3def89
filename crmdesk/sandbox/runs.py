"""Submissions that practice mode begins with: what an emulator would have somebody compose and send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """`rows` by the vendor's paths. One that `sends` goes in calls of `per_call` rows; with `cut`, the answer of the
    call number `cut` (from 1) to an address that holds `address` is lost. Columns and cells are those of a file."""

    kind: str
    title: str
    rows: tuple[Mapping[str, Any], ...]
    sends: bool = False
    per_call: int = 200
    cut: int = 0
    address: str = ""
    file: str = ""
