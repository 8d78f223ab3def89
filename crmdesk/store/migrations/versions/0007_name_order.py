"""Contacts in the order of their first names; who changed which contact, without reading the history."""

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
    op.execute("CREATE INDEX history_of_operator ON history (operator, did, contact_id)")
