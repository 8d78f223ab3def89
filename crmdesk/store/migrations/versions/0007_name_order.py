"""Contacts in the order of their first names; who changed which contact, without reading the history; contacts of
PrioTicket are worded anew by their next listing, since `type:returning` looks for something that was not kept."""

from alembic import op

from crmdesk.core.text import sort_key

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # a connection that is open
    driver.create_function("key_of_name", 1, sort_key, deterministic=True)
    op.execute("ALTER TABLE contact ADD COLUMN given_key TEXT DEFAULT '' NOT NULL")
    op.execute("UPDATE contact SET given_key = key_of_name(name)")
    op.execute(
        "UPDATE contact SET base_hash = zeroblob(16)"
        " WHERE account_id IN (SELECT id FROM account WHERE vendor = 'prioticket')"
    )
    op.execute("CREATE INDEX history_of_operator ON history (operator, did, contact_id)")
