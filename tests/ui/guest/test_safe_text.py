"""A message's content becomes plain text: nothing runs, nothing hides, nothing takes long."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crmdesk.ui.guest.safe_text import MOST_LINKS, MOST_SHOWN, safe_text

BIG = 10_000_000
MAIL = (
    "<html><head><title>t</title><style>p{color:red}</style></head><body><p>Dear <b>Ana</b>,</p>"
    '<p>see <a href="https://house.example/a?b=1&amp;c=2">our offer</a>.<br>Bye</p><ul><li>one<li>two</ul>'
    "<table><tr><td>a<td>b<tr><td>c</table><script>alert('x')</script>"
    '<img alt="Logo" src="http://track.example/x.gif"></body></html>'
)


def test_html_is_read_as_its_words() -> None:
    found = safe_text(MAIL)
    assert found.text == "Dear Ana,\n\nsee our offer [1].\nBye\n\n• one\n• two\n\na b\nc\n\n[Logo]"
    assert [(link.words, link.address) for link in found.links] == [("our offer", "https://house.example/a?b=1&c=2")]
    assert not found.cut


def test_what_is_no_html_stays_as_it_is() -> None:
    assert safe_text("I <3 you & 2 > 1 &amp;\n  next").text == "I <3 you & 2 > 1 &amp;\nnext"
    assert [link.address for link in safe_text("Look: https://house.example/x).").links] == ["https://house.example/x"]


@pytest.mark.parametrize(
    "content",
    [
        "<p>a</p><script>steal()</script><p>b</p>",
        "<p>a</p><style>x{}</style><p>b</p>",
        "<p>a</p><!-- steal() --><p>b</p>",
        "<p>a</p><SCRIPT SRC='http://x/y.js'>steal()</SCRIPT ><p>b</p>",
        "<p>a</p><svg onload='steal()'><title>steal()</title></svg><p>b</p>",
        "<p>a</p><iframe srcdoc='&lt;script&gt;'>steal()</iframe><p>b</p>",
        "<p onclick='steal()'>a</p><p>b</p>",
        '<p>a</p><img src="data:image/png;base64,' + "A" * 400_000 + '"><p>b</p>',
    ],
)
def test_scripts_styles_and_pictures_leave_nothing_behind(content: str) -> None:
    assert safe_text(content).text == "a\n\nb"


def test_letters_that_turn_or_hide_the_text_are_taken_out() -> None:
    found = safe_text("<p>a\u202eb\u200bc\0d\u2066</p>")
    assert found.text == "ab" + "c d"


@pytest.mark.parametrize(
    "piece",
    ["<div>", "<!--", "<", '<a href="', "<a b='", "&#x", "&", "</", "<?", "<![CDATA[", "<script>", "<svg>", "x",
     '<a href="http://e.example/">x</a> ', "http://e.example ", "<p>\u202e", "İ<!--", "<p>\0"],
)  # fmt: skip
def test_ten_megabytes_of_anything_take_no_time(piece: str) -> None:
    content = (piece * (BIG // len(piece) + 1))[:BIG]
    begun = time.process_time()
    found = safe_text(content)
    assert time.process_time() - begun < 5  # the standard library's parser took three minutes for some of these
    assert len(found.text) <= MOST_SHOWN * 1.01
    assert len(found.links) <= MOST_LINKS
    assert max((len(line) for line in found.text.split("\n")), default=0) <= 2_000


def test_a_long_message_says_that_it_was_cut() -> None:
    assert safe_text("<p>" + "word " * 100_000).cut
    assert safe_text("word " * 100_000).cut
    assert safe_text("<p>&#" + "9" * 5_000 + ";</p>").text.startswith("&#999")  # no number has so many digits


PIECES = (
    "<p>", "</p>", "<a href='http://e.example'>", "</a>", "<pre>", "</pre>", "<td>", "\n", "<br/>", "<li>", " ",
    "&lt;b&gt;", "word", "<", ">", "\u202e", "<script>", "</script>",
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_markup_gives_clean_lines(content: str) -> None:
    found = safe_text(content)
    assert "\u202e" not in found.text
    assert "\n\n\n" not in found.text
    assert all(line == line.strip() for line in found.text.split("\n"))
