"""Why two contacts may be the same person, in words, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

from crmdesk.core.match import Trait, Weights
from crmdesk.settings import Settings
from crmdesk.ui.words import number, tr

MATCHED = {
    Trait.EMAIL: "same e-mail",
    Trait.PHONE: "same phone number",
    Trait.NAME: "same name",
    Trait.SIMILAR_NAME: "similar name",
    Trait.ADDRESS: "same address",
    Trait.BIRTH: "same date of birth",
}
CONTRADICTING = {
    Trait.EMAIL: "another e-mail",
    Trait.PHONE: "another phone number",
    Trait.NAME: "another name",
    Trait.SIMILAR_NAME: "another name",
    Trait.ADDRESS: "another address",
    Trait.BIRTH: "another date of birth",
}


def for_it(matched: Sequence[Trait]) -> str:
    """*For it: same e-mail, same name*"""
    named = ", ".join(tr(MATCHED[trait]) for trait in matched)
    return tr("For it: {reasons}").replace("{reasons}", named) if named else ""


def against_it(contradicting: Sequence[Trait]) -> str:
    """*Against it: another date of birth*"""
    named = ", ".join(tr(CONTRADICTING[trait]) for trait in contradicting)
    return tr("Against it: {reasons}").replace("{reasons}", named) if named else ""


def sentence(matched: Sequence[Trait], contradicting: Sequence[Trait]) -> str:
    return " · ".join(part for part in (for_it(matched), against_it(contradicting)) if part)


def strength(score: int, strong: int) -> str:
    """*Very likely, 85 of 100*"""
    words = tr("Very likely, {n} of 100") if score >= strong else tr("Perhaps, {n} of 100")
    return words.replace("{n}", number(score))


def weights_of(settings: Settings) -> Weights:
    """As they are set; a limit for *very likely* below that for a look is taken for the same."""
    review = max(1, settings.match_review)
    return Weights(
        email=settings.match_email,
        phone=settings.match_phone,
        name=settings.match_name,
        similar_name=settings.match_similar_name,
        address=settings.match_address,
        birth=settings.match_birth_date,
        other_birth=-settings.match_other_birth_date,
        other_email=-settings.match_other_email,
        review=review,
        strong=max(review, settings.match_strong),
    )
