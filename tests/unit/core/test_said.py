"""Sentences that can be said again in another language."""

from __future__ import annotations

import json

from crmdesk.core.errors import OfflineError
from crmdesk.core.said import listed, said, said_of, term, together

WORDS = {
    "{vendor} did not answer {what}.": "{what} beantwortet {vendor} nicht.",
    "the sign-in": "die Anmeldung",
    "It is closed.": "Es ist zu.",
    "City": "Ort",
    "The {field} is missing.": "„{field}“ fehlt.",
    "1 row": "1 Zeile",
    "{n} rows": "{n} Zeilen",
}


class German:
    def gettext(self, message: str) -> str:
        return WORDS.get(message, message)

    def ngettext(self, one: str, many: str, count: int, /) -> str:
        return self.gettext(one if count == 1 else many)

    def number(self, value: int) -> str:
        return f"{value:,}".replace(",", ".")


german = German()


def test_it_is_a_plain_text_for_everybody_else() -> None:
    made = said("{vendor} did not answer {what}.", vendor="Acme", what="us")
    assert made == "Acme did not answer us." and json.dumps(made) == '"Acme did not answer us."'


def test_another_language_has_its_own_order_of_parts() -> None:
    made = said("{vendor} did not answer {what}.", vendor="Acme", what=said("the sign-in"))
    assert made.in_words(german) == "die Anmeldung beantwortet Acme nicht."


def test_counts_have_the_languages_form_and_grouping() -> None:
    made = said_of(4711, "1 row", "{n} rows")
    assert made == "4,711 rows" and made.in_words(german) == "4.711 Zeilen"
    assert said_of(1, "1 row", "{n} rows").in_words(german) == "1 Zeile"


def test_a_label_inside_a_sentence_is_translated_and_other_texts_are_not() -> None:
    made = said("The {field} is missing.", field=term("City", "city"))
    assert made == "The city is missing." and made.in_words(german) == "„Ort“ fehlt."
    assert said("The {field} is missing.", field="City").in_words(german) == "„City“ fehlt."


def test_sentences_and_words_in_a_row_are_translated_one_by_one() -> None:
    made = together("It is closed.", "", said_of(2, "1 row", "{n} rows"))
    assert made == "It is closed. 2 rows" and made.in_words(german) == "Es ist zu. 2 Zeilen"
    assert listed(["City", "Zip"]).in_words(german) == "Ort, Zip" and together("", "") == ""


def test_a_part_that_looks_like_a_placeholder_is_left_alone() -> None:
    assert said("{a} and {b}", a="{b}", b="c") == "{b} and c"
    assert said("{unknown} {", a="x") == "{unknown} {"


def test_an_errors_title_is_plain_and_its_words_can_be_said_anew() -> None:
    """The title is stored and sent; what encodes it may know plain text only."""
    error = OfflineError(said("{vendor} did not answer {what}.", vendor="Acme", what="us"))
    assert type(error.title) is str and error.title == "Acme did not answer us."
    assert error.words.in_words(german) == "us beantwortet Acme nicht."  # type: ignore[attr-defined]
