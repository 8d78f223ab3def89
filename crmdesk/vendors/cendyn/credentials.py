"""What an account at Cendyn needs, each with the sentence it comes from (as in `fields`)."""

from __future__ import annotations

from crmdesk.core.fields import FieldKind, FieldSpec
from crmdesk.core.said import together
from crmdesk.vendors.cendyn.fields import COSTS, VALIDATION, WEBHOOK
from crmdesk.vendors.cendyn.own_fields import CONTACT_SETTING, PURCHASE_SETTING

EUROPE, UNITED_STATES = "https://api.eu.cendyncrm.com", "https://api.us.cendyncrm.com"
REGIONS = ((EUROPE, "Europe"), (UNITED_STATES, "United States"))

OWN_FIELDS_HINT = (
    "Their names at Cendyn, not their labels, with commas between. A type may follow: loyalty_level, vip: boolean, "
    "visits: number, member_since: date."
)

CREDENTIALS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "base_url",
        "Region",
        FieldKind.URL,
        required=True,
        words=REGIONS,
        source="ref: hosts api.eu.cendyncrm.com and api.us.cendyncrm.com; an account lives in one only",
        hint="Where your account lives; in the wrong region every secret is refused.",
    ),
    FieldSpec(
        "account_id",
        "Account id",
        required=True,
        place=True,
        max_length=64,
        source="page: account_id required Your account unique identifier to access API.",
        hint="In Cendyn under Settings, API: mostly 24 letters and digits. It is not the name of the hotel.",
    ),
    FieldSpec(
        "secret",
        "Account secret",
        FieldKind.SECRET,
        required=True,
        source="page: Authorization: Token token={account.secret}",
        hint="In Cendyn under Settings, API. Only the secret itself, without “Token token=”.",
    ),
    FieldSpec(
        "version",
        "Path of the API",
        FieldKind.CHOICE,
        words=(("", "As documented"), ("v2", "Under /v2")),
        source="page: POST /account/:account_id/sync_data; ref: all other calls stand under /v2",
        hint="Leave it as it is unless Cendyn's support says v2.",
    ),
    FieldSpec(
        "product_key",
        "Name of the product's id",
        FieldKind.CHOICE,
        words=(("both", "Both"), ("UUID", "UUID"), ("product_uuid", "product_uuid")),
        default="both",
        source="page: UUID in the table, product_uuid in the printed request",
        hint="Cendyn's documents spell it in two ways. Both are understood, so both are sent.",
    ),
    FieldSpec(
        "validate_emails",
        "Check e-mail addresses",
        FieldKind.FLAG,
        source=VALIDATION[0].source,
        hint=together(COSTS, "Without the tick, addresses are not checked."),
    ),
    FieldSpec(
        "create_if_invalid",
        "Create if the address is invalid",
        FieldKind.FLAG,
        source=VALIDATION[1].source,
        hint=VALIDATION[1].hint,
    ),
    FieldSpec(
        "create_if_no_credit",
        "Create without credit",
        FieldKind.FLAG,
        source=VALIDATION[2].source,
        hint=VALIDATION[2].hint,
    ),
    FieldSpec(
        CONTACT_SETTING,
        "Custom fields of contacts",
        max_length=2000,
        source="page: contacts[[custom field]] You can create a custom field and use in every contact",
        hint=OWN_FIELDS_HINT,
    ),
    FieldSpec(
        PURCHASE_SETTING,
        "Custom fields of purchases",
        max_length=2000,
        source="page: purchase[Purchase custom field] You can create Purchase custom field with a specific type",
        hint=OWN_FIELDS_HINT,
    ),
    FieldSpec("webhook_url", "Webhook", FieldKind.URL, source=WEBHOOK[0].source, hint=WEBHOOK[0].hint),
)
