"""What can be sent to Cendyn in one call."""

from __future__ import annotations

from crmdesk.core.batch import BatchKind
from crmdesk.vendors.cendyn.fields import CONTACT_FIELDS, REQUEST_FIELDS

MOST = 1000
"""page: contacts Array of contact data. Maximum 1000 contacts per request."""

CONTACTS = BatchKind("contacts", "Contacts", CONTACT_FIELDS, REQUEST_FIELDS, MOST)
