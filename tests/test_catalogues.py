"""The catalogues fit the source, and what the program reads is what the translators wrote."""

from __future__ import annotations

import ast

import pytest

from crmdesk.settings import LANGUAGES
from tests.locale import catalogues
from tests.locale.source import Finder, messages, reads_like_words

CODES = catalogues.codes()


def test_there_is_german() -> None:
    assert "de" in CODES and set(CODES) <= set(LANGUAGES)


@pytest.mark.parametrize("code", CODES)
def test_the_catalogue_has_all_messages_of_the_source_and_no_others(code: str) -> None:
    """`python -m tests.locale update` brings it up to date."""
    found = catalogues.po_bytes(catalogues.updated(code)).decode("utf-8")
    assert catalogues.po_file(code).read_text("utf-8") == found


@pytest.mark.parametrize("code", CODES)
def test_the_compiled_catalogue_is_what_the_text_gives(code: str) -> None:
    compiled = catalogues.po_file(code).with_suffix(".mo").read_bytes()
    assert compiled == catalogues.mo_bytes(catalogues.read(code))


@pytest.mark.parametrize("code", CODES)
def test_translations_keep_placeholders_and_ends(code: str) -> None:
    assert list(catalogues.faults(catalogues.read(code))) == []


@pytest.mark.parametrize(
    "text",
    [
        "Settings",  # given to tr
        "Row height",  # data of a settings page
        "The address is empty.",  # an error of the network
        "Waits for the guest",  # a state's word
        "Postcode",  # a vendor's field
    ],
)
def test_messages_are_found_wherever_they_stand(text: str) -> None:
    assert text in messages()


def test_plurals_are_found_in_longer_tuples_too() -> None:
    finder = Finder()
    finder.visit(ast.parse('WORDS = {1: ("1 row not sent", "{n} rows not sent", "muted")}'))
    assert [(one, many) for one, many, _ in finder.found] == [("1 row not sent", "{n} rows not sent")]


def test_plurals_are_found_with_both_forms() -> None:
    assert messages()["1 contact"].many == "{n} contacts"


@pytest.mark.parametrize("text", ["SELECT id FROM contact", "detail.banner", "application/json", "padding: 2px;", "X"])
def test_code_is_no_message(text: str) -> None:
    assert not reads_like_words(text)
