"""What can be sent to Cendyn in one call."""

from __future__ import annotations

from dataclasses import replace

from crmdesk.core.batch import BatchKind
from crmdesk.core.fields import FieldSpec
from crmdesk.vendors.cendyn.fields import CONTACT_FIELDS, REQUEST_FIELDS, ROW_PURCHASE
from crmdesk.vendors.cendyn.own_fields import OwnFields

MOST = 1000
"""page: contacts Array of contact data. Maximum 1000 contacts per request."""

PURCHASE, SHARED = "purchase", "purchase_shared"
"""Paths of a row's own purchase, or of one for all rows of a call, and of the tick that this is meant."""

CONTACTS = BatchKind(
    "contacts",
    "Contacts",
    (*CONTACT_FIELDS, ROW_PURCHASE),
    REQUEST_FIELDS,
    MOST,
    who=("user_id",),
    unique=("user_id", f"{PURCHASE}.0.transaction_code"),
    consents=(
        ("gdpr_marketing_consent", "gdpr_date"),
        ("gdpr_accept_terms", "gdpr_date"),
        ("gdpr_remote_ip", "gdpr_date"),
    ),
    picks=(
        ("user_id", "key"),
        ("name_first", "first"),
        ("name_last", "last"),
        ("email", "email"),
        ("phone", "phone"),
        ("full_address", "address"),
        ("zip", "zip"),
        ("city", "city"),
        ("region", "state"),
        ("country", "country"),
        ("language", "lang"),
        ("gender", "gender"),
    ),
    numbers=(("phone_countrycode", "phone_number"),),
    alone=PURCHASE,
    shared=(PURCHASE, SHARED),
    own_ids=True,
    costs=("options.email_validation.validate", "email"),
)
"""Identity is everything that is sent: the same contact with another address is another push. Of an agreement only the
date is asked for: sync_data has no field for where it was given, and the IP address is known of web forms only."""


def with_own(own: OwnFields, *, costs_on: bool = False) -> BatchKind:
    """The kind as an account has it: with its custom fields."""

    def bought(spec: FieldSpec) -> FieldSpec:
        return replace(spec, parts=(*spec.parts, *own.purchase)) if spec.path == PURCHASE else spec

    fields = (*CONTACT_FIELDS, *own.contact, bought(ROW_PURCHASE))
    return replace(CONTACTS, fields=fields, request=tuple(map(bought, REQUEST_FIELDS)), costs_on=costs_on)
