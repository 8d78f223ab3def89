"""Cendyn's contact and purchase fields as data.

`source` quotes the vendor's page *sync_data/create* (*page*) or says which part of our vendor reference it is from
(*ref*); the README of this folder says where they are. `CONTACT_FIELDS` and `PURCHASE_FIELDS` go by the paths of what
is sent; `FIELDS` by those of what `crmdesk.sync.sent` keeps of it: Cendyn has no record that could be read.
"""

from __future__ import annotations

from dataclasses import replace

from crmdesk.core.fields import FieldKind, FieldSpec

CONTACT, ADDRESS, CONSENT, SOCIAL, MARKETING = "Contact", "Address", "Consent", "Social", "Marketing"
PURCHASE, SENDING = "Purchase", "Sending"

GENDERS = (("MALE", "Male"), ("FEMALE", "Female"))
CHANNELS = (("email", "E-mail"), ("sms", "SMS"), ("push", "Push"))
STATUSES = (
    ("add_cart", "Put into the cart"),
    ("purchase", "Purchased"),
    ("remove_cart", "Taken out of the cart"),
    ("product_view", "Product viewed"),
    ("product_refund", "Refunded"),
    ("purchase_failed", "Purchase failed"),
    ("canceled", "Cancelled"),
    ("no_show", "No show"),
    ("no_paid", "Not paid"),
    ("check_in", "Checked in"),
    ("check_out", "Checked out"),
    ("reserved", "Reserved"),
    ("confirmed", "Confirmed"),
)
STATES = (
    ("sending", "Being sent"),
    ("queued", "Accepted for processing"),
    ("processed", "Processed"),
    ("failed", "Failed at Cendyn"),
    ("refused", "Refused"),
    ("unknown", "Not known whether it arrived"),
)
"""What `crmdesk.sync.sent` writes as `state`."""

CONTACT_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "user_id",
        "Our id",
        group=CONTACT,
        source="page: contacts[user_id] Unique identifier of contact in your backend",
        required=True,
        hint="Cendyn finds the contact by it, so it must never change. Where a list has no ids, use its e-mails.",
        aliases=("user id", "id", "guest id", "contact id", "customer id", "reference"),
    ),
    FieldSpec(
        "name_first",
        "First name",
        group=CONTACT,
        aliases=("first name", "given name", "forename"),
        source="page: contacts[name_first] Name of the contact",
        meaning="first",
    ),
    FieldSpec(
        "name_last",
        "Last name",
        group=CONTACT,
        aliases=("last name", "surname", "family name"),
        source="page: contacts[name_last] Last name of the contact",
        meaning="last",
    ),
    FieldSpec(
        "email",
        "E-mail",
        FieldKind.EMAIL,
        CONTACT,
        aliases=("e-mail address", "mail"),
        source="page: contacts[email] Email of the contact",
        meaning="email",
    ),
    FieldSpec(
        "phone_countrycode",
        "Country code of the phone",
        group=CONTACT,
        source="page: contacts[phone_countrycode] Country code of the contact phone. Example: “+34”",
        hint="With a plus sign, as in +34.",
    ),
    FieldSpec(
        "phone_number",
        "Phone without country code",
        group=CONTACT,
        source="page: contacts[phone_number] Phone number without country code of the contact",
    ),
    FieldSpec(
        "phone",
        "Phone",
        FieldKind.PHONES,
        CONTACT,
        aliases=("mobile", "telephone", "phone number"),
        source="page: contacts[phone] Full phone number with country code of the contact",
        meaning="phone",
    ),
    FieldSpec(
        "born_date",
        "Date of birth",
        FieldKind.DATE,
        CONTACT,
        aliases=("birthday", "birth date", "dob"),
        source="page: contacts[born_date] The date of the birthday in ISO_8601 format, Example: 1990-01-01T00:00:00Z",
        meaning="birth",
    ),
    FieldSpec(
        "gender",
        "Gender",
        FieldKind.CHOICE,
        CONTACT,
        words=GENDERS,
        source="page: contacts[gender] Gender of the contact (MALE or FEMALE)",
        meaning="gender",
    ),
    FieldSpec(
        "language",
        "Language",
        FieldKind.LANGUAGES,
        CONTACT,
        source="page: contacts[language] Language of the contact in ISO-2 format, Example: ES",
        meaning="lang",
    ),
    FieldSpec(
        "full_address",
        "Address",
        group=ADDRESS,
        aliases=("street", "street address"),
        source="page: contacts[full_address] Address of the contact",
        hint="One line: several lines of a cell are put together, with commas between them.",
        meaning="address",
    ),
    FieldSpec(
        "zip",
        "Postal code",
        group=ADDRESS,
        aliases=("zip code", "postcode"),
        source="page: contacts[zip] Zip code of the contact",
        meaning="zip",
    ),
    FieldSpec("city", "City", group=ADDRESS, source="page: contacts[city] City of the contact", meaning="city"),
    FieldSpec(
        "region", "Region", group=ADDRESS, source="page: contacts[region] Region of the contact", meaning="state"
    ),
    FieldSpec(
        "country",
        "Country",
        FieldKind.COUNTRY,
        ADDRESS,
        source="page: contacts[country] Country of the contact; its sample is Germany, a name",
        meaning="country",
    ),
    FieldSpec(
        "gdpr_marketing_consent",
        "Agreed to marketing",
        FieldKind.FLAG,
        CONSENT,
        source="page: contacts[gdpr_marketing_consent] If true, the contact accepted marketing consent",
        hint="Left empty, nothing is said about it.",
    ),
    FieldSpec(
        "gdpr_accept_terms",
        "Accepted the terms",
        FieldKind.FLAG,
        CONSENT,
        source="page: contacts[gdpr_accept_terms] If true, the contact accepted your terms",
    ),
    FieldSpec(
        "gdpr_date",
        "Date of the consent",
        FieldKind.TIME,
        CONSENT,
        source="page: contacts[gdpr_date] Date for GDPR changes in ISO_8601 format, Example: 1990-01-01T00:00:00Z",
    ),
    FieldSpec(
        "gdpr_remote_ip",
        "IP address of the consent",
        group=CONSENT,
        source="page: contacts[gdpr_remote_ip] Contact IP when accepted GDPR",
    ),
    FieldSpec(
        "facebook_id", "Facebook id", group=SOCIAL, source="page: contacts[facebook_id] Facebook id of the contact"
    ),
    FieldSpec(
        "facebook_friends",
        "Facebook friends",
        FieldKind.NUMBER,
        SOCIAL,
        source="page: contacts[facebook_friends] Number of the friends in facebook of the contact",
    ),
    FieldSpec("twitter_id", "Twitter id", group=SOCIAL, source="page: contacts[twitter_id] Twitter id of the contact"),
    FieldSpec(
        "twitter_followers",
        "Twitter followers",
        FieldKind.NUMBER,
        SOCIAL,
        source="page: contacts[twitter_followers] Number of the followers in twitter of the contact",
    ),
    FieldSpec(
        "tags",
        "Tags",
        FieldKind.CHOICES,
        MARKETING,
        source="page: contacts[tags] Array containing tags for this contact",
    ),
    FieldSpec(
        "list_subscriptions",
        "Audience lists",
        FieldKind.RECORDS,
        MARKETING,
        source="page: contacts[list_subscriptions[…]]; ref: an array of objects is assumed",
        parts=(
            FieldSpec(
                "list_id",
                "List",
                required=True,
                source="page: contacts[list_subscriptions[list_id]] Id of audience list",
            ),
            FieldSpec(
                "subscribed",
                "Subscribed",
                FieldKind.FLAG,
                required=True,
                source="page: contacts[list_subscriptions[subscribed]] If true, subscribe from this list",
            ),
        ),
    ),
    FieldSpec(
        "channel_subscriptions",
        "Channels",
        FieldKind.RECORDS,
        MARKETING,
        source="page: contacts[channel_subscriptions[…]]; ref: an array of objects is assumed",
        parts=(
            FieldSpec(
                "channel",
                "Channel",
                FieldKind.CHOICE,
                required=True,
                words=CHANNELS,
                source="page: contacts[channel_subscriptions[channel]] Name of channel. Options: [email, sms, push]",
            ),
            FieldSpec(
                "blacklisted",
                "Blocked",
                FieldKind.FLAG,
                required=True,
                source="page: contacts[channel_subscriptions[blacklisted]] If true, blacklist this channel",
            ),
        ),
    ),
)

PURCHASE_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "UUID",
        "Product",
        group=PURCHASE,
        required=True,
        source="page: purchase[UUID] required Universally unique identifier (UUID) of the product",
    ),
    FieldSpec(
        "transaction_code",
        "Transaction",
        group=PURCHASE,
        required=True,
        source="page: purchase[transaction_code] required Transaction code of the product purchase of your backend "
        "(unique)",
    ),
    FieldSpec(
        "price",
        "Price",
        FieldKind.NUMBER,
        PURCHASE,
        required=True,
        source="page: purchase[price] required Price of the purchase transaction",
    ),
    FieldSpec(
        "currency",
        "Currency",
        group=PURCHASE,
        required=True,
        max_length=3,
        source="page: purchase[currency] required Currency of the purchase transaction in ISO 4217 format. For "
        "example USD, EUR",
    ),
    FieldSpec(
        "status",
        "Purchase status",
        FieldKind.CHOICE,
        PURCHASE,
        words=STATUSES,
        source="page: purchase[status] please use only the following status: "
        + ", ".join(code for code, _ in STATUSES),
    ),
    FieldSpec("name", "Purchase name", group=PURCHASE, source="page: purchase[name] Name of the purchase transaction"),
    FieldSpec(
        "description",
        "Purchase description",
        FieldKind.LINES,
        PURCHASE,
        source="page: purchase[description] Description of the purchase transaction",
    ),
    FieldSpec("campaign_id", "Campaign", group=PURCHASE, source="page: purchase[campaign_id] Id of the campaign"),
    FieldSpec(
        "redeem_coupon_code",
        "Coupon",
        group=PURCHASE,
        source="page: purchase[redeem_coupon_code] Coupon code used in the purchase",
    ),
)

COSTS = "Each check uses credits of your Cendyn account."
VALIDATION = (
    FieldSpec(
        "options.email_validation.validate",
        "Check e-mail addresses",
        FieldKind.FLAG,
        SENDING,
        source="page: options[email_validation[validate]] If true, validate all contact´s emails of the bulk. This "
        "service has an extra cost and will use credits from your Cendyn CRM account",
        hint=COSTS,
    ),
    FieldSpec(
        "options.email_validation.create_if_invalid",
        "Create if the address is invalid",
        FieldKind.FLAG,
        SENDING,
        source="page: options[email_validation[create_if_invalid]] If true, the contact will be created unless the "
        "email is invalid. By default: false",
        hint="Counts only together with the check. Cendyn's documents contradict each other on what it does.",
    ),
    FieldSpec(
        "options.email_validation.create_if_no_credit",
        "Create without credit",
        FieldKind.FLAG,
        SENDING,
        source="page: options[email_validation[create_if_no_credit]] If not enough credits the import will be "
        "processed without email validation. By default: false",
        hint="Counts only together with the check: contacts are taken unchecked when the credit is used up.",
    ),
)
WEBHOOK = (
    FieldSpec(
        "options.webhook.url",
        "Webhook",
        FieldKind.URL,
        SENDING,
        source="page: options[webhook[url]] URL where the webhook will send information",
        hint="A server of yours that Cendyn calls when it is done. crmdesk itself cannot be called.",
    ),
    FieldSpec(
        "options.webhook.contacts_extra_fields",
        "Contact fields for the webhook",
        FieldKind.CHOICES,
        SENDING,
        source="page: options[webhook[contacts_extra_fields]] by default _id, user_id, email, phone_countrycode, "
        "phone_number",
    ),
    FieldSpec(
        "options.webhook.purchase_extra_fields",
        "Purchase fields for the webhook",
        FieldKind.CHOICES,
        SENDING,
        source="page: options[webhook[purchase_extra_fields]] by default transaction_code, _id",
    ),
)
_ORIGIN = FieldSpec(
    "origin",
    "Origin",
    group=SENDING,
    source="page: origin required String field to indicate the origin of the Contact(s) and Purchase. Example: “PMS”",
    hint="Where the contacts come from. Left out, it is crmdesk.",
)

REQUEST_FIELDS: tuple[FieldSpec, ...] = (
    _ORIGIN,
    *VALIDATION,
    *WEBHOOK,
    FieldSpec(
        "purchase",
        "Purchase",
        FieldKind.RECORDS,
        PURCHASE,
        source="page: purchase Booking and Stay information for the contacts that are in the same request.",
        hint="One purchase for all contacts of a call. One guest's own purchase stands in that guest's row.",
        parts=PURCHASE_FIELDS,
    ),
    FieldSpec(
        "purchase_shared",
        "Shared by all",
        FieldKind.FLAG,
        PURCHASE,
        source="crmdesk: not sent. Cendyn has one purchase in a call, which speaks for all contacts in it",
        hint="Cendyn then books this one purchase for every guest of a call, as for a family in one room.",
    ),
)
"""What stands once in a call."""

ROW_PURCHASE = FieldSpec(
    "purchase",
    "Purchase",
    FieldKind.RECORDS,
    PURCHASE,
    source="page: purchase Booking and Stay information for the contacts that are in the same request.",
    hint="This guest's own. Cendyn has one purchase in a call, so the guest goes in a call of their own.",
    parts=PURCHASE_FIELDS,
)
"""A purchase in a row."""


def _kept(prefix: str, spec: FieldSpec) -> FieldSpec:
    """The field where what was sent keeps it."""
    return replace(spec, path=f"{prefix}.{spec.path}", required=False, writable=False)


def _told(path: str, label: str, kind: FieldKind = FieldKind.TEXT, *, hint: str = "", source: str = "") -> FieldSpec:
    """Something about the sending itself."""
    words = STATES if path == "state" else ()
    source = source or "crmdesk: how the sending went"
    return FieldSpec(path, label, kind, SENDING, writable=False, words=words, source=source, hint=hint)


FIELDS: tuple[FieldSpec, ...] = (
    *(_kept("sent", spec) for spec in CONTACT_FIELDS),
    *(_kept("purchase", spec) for spec in PURCHASE_FIELDS),
    replace(
        _kept("purchase", PURCHASE_FIELDS[0]),
        path="purchase.product_uuid",
        label="Product, second spelling",
        source="page: product_uuid in the printed request; its table says UUID",
    ),
    _told("state", "State", FieldKind.CHOICE, hint="Cendyn says that it took it, never what became of each contact."),
    _told("reason", "Details"),
    _told("sent_at", "Sent", FieldKind.TIME),
    _told("job", "Job", source="page: _id of the answer", hint="Cendyn's id of the call; its support asks for it."),
    *(replace(spec, writable=False) for spec in (_ORIGIN, *VALIDATION, *WEBHOOK)),
)
