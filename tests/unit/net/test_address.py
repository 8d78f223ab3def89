"""Base addresses: what is accepted, in which form, and what the refusal says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmdesk.core.errors import SettingsError
from crmdesk.net.address import check_base_url, is_loopback


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("https://www.bookingsync.com", "https://www.bookingsync.com/api/v3"),
        ("  https://www.bookingsync.com/  ", "https://www.bookingsync.com/api/v3"),
        ("HTTPS://WWW.BookingSync.COM/api/v3/", "https://www.bookingsync.com/api/v3"),
        ("https://www.bookingsync.com:443/api/v4", "https://www.bookingsync.com/api/v4"),
        ("https://example.com.:8443/x", "https://example.com:8443/x"),
        ("http://localhost:8000", "http://localhost:8000/api/v3"),
        ("http://127.8.0.1:1/x", "http://127.8.0.1:1/x"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("https://10.0.0.5/api", "https://10.0.0.5/api"),
    ],
)
def test_good_addresses_get_one_form(typed: str, normal: str) -> None:
    assert check_base_url(typed, default_path="/api/v3/") == normal
    assert check_base_url(normal) == normal


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("www.bookingsync.com/api", "Try https://www.bookingsync.com/api"),
        ("localhost:8000", "Try http://localhost:8000"),
        ("127.0.0.1:8800/bookingsync/api/v3", "Try http://127.0.0.1:8800/bookingsync/api/v3"),
        ("127.0.0.1.example:8800", "Try https://127.0.0.1.example:8800"),
        ("//host/share", "Try https://host/share"),
        ("htps://example.com", "Did you mean https://?"),
        ("httpss://example.com", "Did you mean https://?"),
        ("ftp://example.com", "Only https://"),
        ("file:///etc/passwd", "Only https://"),
        ("javascript:alert(1)", "Only https://"),
        ("https:example.com", "two slashes"),
        ("http://example.com", "Use https://"),
        ("http://localhost.evil.example", "Use https://"),
        ("http://10.0.0.5", "Use https://"),
        ("http://[::ffff:10.0.0.5]", "Use https://"),
        ("https://user:secret@example.com", "user name or password"),
        ("https://good.example@evil.example", "user name or password"),
        ("https://example.com/?token=1", r"after \? or #"),
        ("https://example.com/?", r"after \? or #"),
        ("https://example.com/#x", r"after \? or #"),
        ("https://exa mple.com", "spaces"),
        ("https://example.com/\u202egpj", "spaces"),
        ("https://example.com/\r\nX: y", "spaces"),
        ("https://example.com\\@evil.example", "spaces"),
        ("https://", "no server name"),
        ("https:///x", "no server name"),
        ("https://example.com:99999", "port|cannot be read"),
        ("https://example.com:0", "port"),
        ("https://example.com:abc", "cannot be read"),
        ("https://[::1", "cannot be read"),
        ("https://example.com/api//v3", "plain form"),
        ("https://169.254.169.254/latest", "not the address of a server"),
        ("https://0.0.0.0", "not the address of a server"),
        ("https://bооkingsync.com", "different alphabets"),  # Cyrillic о
        ("https://xn--bkingsync-5fg.com", "different alphabets|cannot be read"),
        ("https://" + "a" * 3000, "too long"),
    ],
)
def test_bad_addresses_are_refused_with_the_reason(typed: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        check_base_url(typed)
    assert caught.value.field == "base_url"
    assert caught.value.hint
    assert "secret" not in str(caught.value)


@given(st.text(max_size=60).map(lambda text: f"https://{text}") | st.text(max_size=60))
def test_any_text_is_refused_or_has_a_stable_form(typed: str) -> None:
    try:
        normal = check_base_url(typed)
    except SettingsError:
        return
    assert normal.isascii()
    assert normal.startswith(("https://", "http://"))
    assert check_base_url(normal) == normal


@pytest.mark.parametrize(
    ("host", "own"),
    [("localhost", True), ("127.0.0.1", True), ("::1", True), ("128.0.0.1", False), ("x.localhost", False)],
)
def test_this_computer_is_known(host: str, own: bool) -> None:
    assert is_loopback(host) is own
