"""The slow way through a damaged list has an end, whatever the document."""

from __future__ import annotations

import pytest

from crmdesk.net import tolerant

MANY = 1_200_000


@pytest.mark.parametrize(
    "document",
    [b'{"a":' + b"[" * MANY, b'{"a":[' + b"{}," * MANY + b"]}", b'{"a":[' + b"," * MANY, b'{"a":[' + b'"",' * MANY],
    ids=["deep", "wide", "commas", "texts"],
)
def test_a_document_of_nothing_but_brackets_does_not_hold_the_line(document: bytes) -> None:
    with pytest.raises(ValueError, match="too many parts"):
        tolerant.split(document, "a")


def test_a_large_page_is_within_bounds() -> None:
    contact = b'{"k":"v","l":[{"a":1,"b":"c"}],"m":{"n":null}}'
    entries, rest = tolerant.split(b'{"data":[' + b",".join([contact] * 20_000) + b"]}", "data")
    assert (len(entries), rest) == (20_000, b'{"data":[]}')
