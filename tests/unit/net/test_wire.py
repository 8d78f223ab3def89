"""Decoding: a mismatch names the place and never shows the content."""

from __future__ import annotations

import json
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.errors import ProtocolError
from crmdesk.net.wire import decode, is_cut


class Entry(msgspec.Struct):
    id: int
    kind: Literal["a", "b"] = "a"
    score: float = 0


class Listing(msgspec.Struct):
    contacts: list[Entry]


GUEST = "Ana Reis"


@pytest.mark.parametrize(
    ("body", "words", "path"),
    [
        (b"", "it is empty", ""),
        (b"  \n", "it is empty", ""),
        (b"null", "null instead of object", "$"),
        (b"[]", "array instead of object", "$"),
        (b"{}", "“contacts” is missing", "$"),
        (b"<html>Ana Reis</html>", "it is a web page", ""),
        (b"\xef\xbb\xbf<!DOCTYPE html>", "it is a web page", ""),
        (
            b'{"contacts": [{"id": 1}, {"id": "Ana Reis"}]}',
            r"str instead of int at \$\.contacts\[1\]\.id",
            "$.contacts[1].id",
        ),
        (b'{"contacts": [{"id": 1, "kind": "Ana Reis"}]}', "an unexpected value", "$.contacts[0].kind"),
        (b'{"contacts": [{"id": ' + b"9" * 5000 + b"}]}", "out of range", "$.contacts[0].id"),
        (b'{"contacts": [{"id": 1, "score": 1e999}]}', "out of range", "$.contacts[0].score"),
        (b'{"contacts": [{"id": NaN}]}', "no valid JSON at byte 21", ""),
        (b'{"contacts": [{"id": 1},]}', "no valid JSON", ""),
        (b'{"contacts": []} {}', "no valid JSON", ""),
        (b'{"contacts": [{"id": 1', "it ends in the middle", ""),
        ('{"contacts": []}'.encode("utf-16"), "not UTF-8", ""),
    ],
)
def test_what_is_wrong_is_named(body: bytes, words: str, path: str) -> None:
    with pytest.raises(ProtocolError, match=words) as caught:
        decode(body, Listing, "BookingSync's list of contacts")
    assert caught.value.path == path
    assert GUEST not in str(caught.value) + repr(caught.value) + str(caught.value.details)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_bad_utf8_is_named_without_its_content() -> None:
    with pytest.raises(ProtocolError, match="not UTF-8") as caught:
        decode(b'{"name": "Ana Reis \xff"}', dict[str, Any], "It")
    assert caught.value.__context__ is None


def test_depth_is_bounded() -> None:
    with pytest.raises(ProtocolError, match="too deeply nested"):
        decode(b"[" * 100_000, Any, "It")


def test_a_byte_order_mark_is_skipped() -> None:
    assert decode(b"\xef\xbb\xbf[1]", list[int], "It") == [1]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r'"\ud800"', "\ufffd"),
        (r'"a\udc00b"', "a\ufffdb"),
        (r'"\ud83d\ude00"', "\U0001f600"),
        (r'"\\ud800"', r"\ud800"),
        (r'"\\\ud800"', "\\\ufffd"),
        (r'"\ud800\ud83d\ude00"', "\ufffd\U0001f600"),
    ],
)
def test_half_a_surrogate_pair_costs_one_sign_not_the_page(text: str, value: str) -> None:
    assert decode(f'{{"a": {text}}}'.encode(), dict[str, str], "It") == {"a": value}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda kids: st.lists(kids) | st.dictionaries(st.text(), kids),
        max_leaves=8,
    ),
    st.data(),
)
def test_every_proper_prefix_of_an_object_or_list_is_a_cut(value: Any, data: st.DataObject) -> None:
    whole = json.dumps([value]).encode()
    assert not is_cut(whole)
    assert is_cut(whole[: data.draw(st.integers(1, len(whole) - 1))])


@pytest.mark.parametrize("body", [b"", b"<html>", b"12", b"[" * 200_000, b"{]", b"[1] x", b'["\xff"]'])
def test_what_is_no_json_is_no_cut(body: bytes) -> None:
    assert not is_cut(body)


@given(st.binary(max_size=60))
def test_any_bytes_give_a_value_or_a_protocol_error(body: bytes) -> None:
    try:
        decode(body, Any, "It")
    except ProtocolError as error:
        assert error.hint
