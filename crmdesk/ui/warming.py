"""What the first editor and the first save would otherwise wait for: brought in after the start, while nobody waits."""

from __future__ import annotations

import asyncio
from importlib import import_module

_WIDGETS = ("accounts.inputs", "editor.picks", "editor.controls", "editor.field", "editor.session", "editor.checks",
            "editor.extras", "editor.form", "editor.head", "editor.editor", "editor.opening")  # fmt: skip
_REST = 0.03  # seconds between two modules: the window goes on


async def warm() -> None:
    """On the window's thread, where widgets' classes belong, a few milliseconds at a time."""
    await asyncio.to_thread(_rules)
    for name in _WIDGETS:
        import_module(f"crmdesk.ui.{name}")
        await asyncio.sleep(_REST)


def _rules() -> None:
    """The rules for what is typed bring large libraries."""
    from crmdesk.sync import validation

    validation.warm_up()
