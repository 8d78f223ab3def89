"""Which columns of a file feed which fields, kept by name."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE mapping (
            name TEXT NOT NULL,
            kind TEXT NOT NULL,
            columns TEXT DEFAULT '' NOT NULL,
            content TEXT DEFAULT '' NOT NULL,
            used_at TEXT DEFAULT '' NOT NULL,
            PRIMARY KEY (name, kind)
        )
        """
    )
