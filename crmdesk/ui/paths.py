"""Where icons and other files of the program lie."""

from __future__ import annotations

from pathlib import Path


def resources() -> Path:
    """Beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).parent.parent
    inside = package / "_resources"
    return inside if inside.is_dir() else package.parent / "resources"
