"""Sentences that can be said again in another language."""

from __future__ import annotations

import json

from crmdesk.core.errors import OfflineError
from crmdesk.core.said import said

WORDS = {"{vendor} did not answer {what}.": "{what} beantwortet {vendor} nicht.", "the sign-in": "die Anmeldung"}


def german(text: str) -> str:
    return WORDS.get(text, text)


def test_it_is_a_plain_text_for_everybody_else() -> None:
    made = said("{vendor} did not answer {what}.", vendor="Acme", what="us")
    assert made == "Acme did not answer us." and json.dumps(made) == '"Acme did not answer us."'


def test_another_language_has_its_own_order_of_parts() -> None:
    made = said("{vendor} did not answer {what}.", vendor="Acme", what=said("the sign-in"))
    assert made.in_words(german) == "die Anmeldung beantwortet Acme nicht."


def test_a_part_that_looks_like_a_placeholder_is_left_alone() -> None:
    assert said("{a} and {b}", a="{b}", b="c") == "{b} and c"
    assert said("{unknown} {", a="x") == "{unknown} {"


def test_an_errors_title_is_plain_and_its_words_can_be_said_anew() -> None:
    """The title is stored and sent; what encodes it may know plain text only."""
    error = OfflineError(said("{vendor} did not answer {what}.", vendor="Acme", what="us"))
    assert type(error.title) is str and error.title == "Acme did not answer us."
    assert error.words.in_words(german) == "us beantwortet Acme nicht."  # type: ignore[attr-defined]
