"""*Test connection* tells reachability, sign-in and rights apart."""

from __future__ import annotations

import pytest

from crmdesk.core.errors import (
    ForbiddenError,
    KnownError,
    OfflineError,
    ProtocolError,
    RateLimitedError,
    RejectedError,
    SettingsError,
    SignInNeededError,
)
from crmdesk.net.probe import check_connection

YES, NO, UNKNOWN = True, False, None
HINTS = {SignInNeededError: "Look at the region."}


async def steps(*, wrong: KnownError | None = None, answer: KnownError | str = "May read.") -> list[tuple[str, object]]:
    async def prepare() -> None:
        if wrong is not None:
            raise wrong

    async def probe() -> str:
        if isinstance(answer, KnownError):
            raise answer
        return answer

    found = await check_connection(
        "Acme",
        prepare=prepare,
        probe=probe,
        accepted="The key is good.",
        hints={SignInNeededError: "Look at the region."},
    )
    assert [step.name for step in found] == ["Reachable", "Sign-in", "Rights"]
    assert all(step.text for step in found)
    return [(step.text, step.ok) for step in found]


async def test_all_well() -> None:
    assert await steps() == [("Acme answers.", YES), ("The key is good.", YES), ("May read.", YES)]


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        (OfflineError("No line."), [NO, UNKNOWN, UNKNOWN]),
        (ProtocolError("A web page."), [NO, UNKNOWN, UNKNOWN]),
        (SignInNeededError("Refused."), [YES, NO, UNKNOWN]),
        (RejectedError("Wrong name."), [YES, NO, UNKNOWN]),
        (ForbiddenError("Not allowed."), [YES, YES, NO]),
        (RateLimitedError("Slow down."), [YES, UNKNOWN, UNKNOWN]),
    ],
)
async def test_each_error_fails_at_its_step(error: KnownError, ends: list[object]) -> None:
    assert [ok for _, ok in await steps(answer=error)] == ends


async def test_what_was_typed_is_looked_at_before_anything_is_sent() -> None:
    assert [ok for _, ok in await steps(wrong=SettingsError("It has a space."))] == [UNKNOWN, NO, UNKNOWN]


async def test_the_usual_mistake_is_told_behind_the_vendors_words() -> None:
    text = (await steps(answer=SignInNeededError("Refused.", "Enter it again.")))[1][0]
    assert text == "Refused. Enter it again. Look at the region."
