"""Guests who were erased here, and who looked at or took out whose data."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE erased (
            token TEXT NOT NULL,
            account_id INTEGER NOT NULL,
            at TEXT DEFAULT '' NOT NULL,
            operator TEXT DEFAULT '' NOT NULL,
            seen_at TEXT DEFAULT '' NOT NULL,
            PRIMARY KEY (token)
        )
         WITHOUT ROWID
        """
    )
    op.execute(
        """
        CREATE TABLE desk_log (
            id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
            at TEXT DEFAULT '' NOT NULL,
            operator TEXT DEFAULT '' NOT NULL,
            did TEXT DEFAULT '' NOT NULL,
            who TEXT DEFAULT '' NOT NULL,
            account_id INTEGER DEFAULT '0' NOT NULL,
            contacts INTEGER DEFAULT '0' NOT NULL,
            fields TEXT DEFAULT '' NOT NULL,
            note TEXT DEFAULT '' NOT NULL,
            seal TEXT DEFAULT '' NOT NULL
        )
        """
    )
    op.execute("CREATE INDEX desk_log_of_guest ON desk_log (who)")
