"""Recorded answers damaged at random: what lines, proxies and other people's servers do to JSON."""

from __future__ import annotations

import random
import re

DEEP = b"[" * 100_000 + b"]" * 100_000
PIECES = [
    b"null",
    b"{}",
    b"[]",
    b'"\\ud800"',
    b"1e999",
    b"-1",
    b"\xff",
    b"\x00",
    b'"',
    b"{",
    b"]",
    b",",
    b"NaN",
    DEEP[:5000],
]
VALUES = re.compile(rb'(?<=: )("[^"]*"|null|true|false|\d+)')


def mutate(body: bytes, rng: random.Random) -> bytes:
    """One to four damages: a value replaced, bytes put in, taken out, doubled, or cut off."""
    for _ in range(rng.randint(1, 4)):
        at, length = rng.randrange(len(body) + 1), rng.choice([1, 1, 3, 40, 400])
        piece = rng.choice(PIECES)
        match rng.randrange(5):
            case 0:
                spots = list(VALUES.finditer(body))
                spot = rng.choice(spots) if spots else None
                body = body[: spot.start()] + piece + body[spot.end() :] if spot else body
            case 1:
                body = body[:at] + piece + body[at:]
            case 2:
                body = body[:at] + body[at + length :]
            case 3:
                body = body[: at + length] + body[at:]
            case _:
                body = body[:at] if rng.random() < 0.3 else body
    return body
