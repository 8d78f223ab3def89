"""The six kinds of bulk events as data: fields, either-or rules, and where each goes.

Page "customer_events/bulk", version 21 (R10 to R14); what later releases change is from the wiki pages of the single
methods: from R17 accounts take the place of rewards participants.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crmdesk.core.batch import BatchKind, OneOf
from crmdesk.core.fields import FieldSpec
from crmdesk.vendors.crmcom_events import fields as f

MOST = 1000
"""bulk: "the maximum number of … customer events that can be created is 1000"."""

FIRST_WITHOUT_PARTICIPANTS = (17, 0)


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind. `word` stands in the paths, `set_name` is the key of its rows in a call; `type` is what classifications
    and events of it are called."""

    batch: BatchKind
    word: str
    set_name: str
    type: str


Group = tuple[FieldSpec, ...]


def _paths(*groups: Group) -> tuple[str, ...]:
    return tuple(spec.path for group in groups for spec in group)


def _kind(
    word: str,
    type_: str,
    title: str,
    *,
    who: tuple[OneOf, ...],
    people: Iterable[Group],
    own: tuple[FieldSpec, ...] = (),
    optional: Iterable[Group] = (),
    classified: bool = False,
    texts: int = 8,
    products: bool = False,
) -> EventKind:
    """`who` are the rules over `people`; `own` are fields of this kind alone, `optional` identifiers it may have."""
    people = tuple(people)
    optional = tuple(optional)
    specs = (
        f.LABEL,
        *(spec for group in people for spec in group),
        *(*f.CLASSIFICATION, *f.UNIT, f.PERFORMED_ON, f.DESCRIPTION),
        *own,
        *(spec for group in optional for spec in group),
        *(f.EXTERNAL_SYSTEM, f.EXTERNAL_NUMBER, *f.own_fields(texts)),
        *((f.PRODUCTS,) if products else ()),
    )
    same = (
        *_paths(*people),
        *_paths(f.CLASSIFICATION, f.UNIT),
        f.PERFORMED_ON.path,
        *_paths(tuple(spec for spec in own if spec is not f.MEDIUM)),
    )
    batch = BatchKind(
        word,
        title,
        specs,
        request=f.CURRENCY if products else (),
        most=MOST,
        one_of=(*who, *_rules(optional, classified=classified, products=products)),
        identity=(*same, f.PRODUCTS.path) if products else same,
        who=_paths(*people),
        performed=f.PERFORMED_ON.path,
        differ=_pairs(people) if len(who) > 1 else (),
        sums=(((f.NET.path, f.VAT.path), f.TOTAL.path),) if products else (),
        reference=f.EXTERNAL_NUMBER.path,
        unique=(f.EXTERNAL_NUMBER.path,),
        currency=_paths(f.CURRENCY) if products else (),
        unit=_paths(f.UNIT),
    )
    return EventKind(batch, word, f"{type_.lower()}_customer_events_set", type_)


def _rules(optional: Iterable[Group], *, classified: bool, products: bool) -> Iterator[OneOf]:
    """Either-or rules beside those over the persons."""
    yield OneOf(_paths(f.CLASSIFICATION), required=classified)
    yield OneOf(_paths(f.UNIT), required=True)
    yield from (OneOf(_paths(group)) for group in optional)
    if products:
        yield OneOf(_paths(f.PRODUCT), required=True, within=f.PRODUCTS.path)
        yield OneOf(_paths(f.CURRENCY))


def _pairs(people: tuple[Group, ...]) -> tuple[tuple[str, str], ...]:
    """The same key of two participants."""
    return tuple((one.path, other.path) for one, other in zip(*people, strict=True))


def kinds_of(release: tuple[int, int]) -> tuple[EventKind, ...]:
    """The six kinds as this release takes them."""
    old = release < FIRST_WITHOUT_PARTICIPANTS
    people = (f.ACCOUNT, f.PARTICIPANT) if old else (f.ACCOUNT,)
    who = (OneOf(_paths(*people), required=True),)
    pair = (f.REFERRED, f.REFERRED_BY) if old else (f.REFERRED_ACCOUNT, f.REFERRED_BY_ACCOUNT)
    both = tuple(OneOf(_paths(side), required=True) for side in pair)
    payment = (f.BRAND, f.MEDIUM_TYPE)
    return (
        _kind("achievements", "ACHIEVEMENT", "Achievements", who=who, people=people, classified=True),
        _kind(
            *("purchases", "PURCHASE", "Purchases"),
            who=who,
            people=people,
            own=(f.REFERENCE, f.MEDIUM),
            optional=(*payment, f.INVOICE),
            texts=16,
            products=True,
        ),
        _kind("referrals", "REFERRAL", "Referrals", who=both, people=pair),
        _kind(
            *("social_media", "SOCIAL_MEDIA", "Social media"),
            who=who,
            people=people,
            own=(f.SOCIAL_MEDIA, f.PROFILE, f.ACTION),
        ),
        _kind("web", "WEB", "Web visits", who=who, people=people, own=(f.WEBSITE,)),
        _kind(
            *("financial_achievements", "FINANCIAL_ACHIEVEMENT", "Financial achievements"),
            who=who,
            people=people,
            own=(f.MEDIUM,),
            optional=(f.PRODUCT, *payment),
            classified=True,
        ),
    )
