"""Guest cards: records of one person, linked here; and pairs of records that may be."""

from alembic import op

revision = "0005"
down_revision = "0004"

_STATEMENTS = (
    """
    CREATE TABLE card (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        made_at TEXT DEFAULT '' NOT NULL,
        operator TEXT DEFAULT '' NOT NULL
    )
    """,
    """
    CREATE TABLE card_member (
        contact_id INTEGER NOT NULL,
        card_id INTEGER NOT NULL,
        PRIMARY KEY (contact_id)
    )
    """,
    "CREATE INDEX member_of_card ON card_member (card_id)",
    """
    CREATE TABLE pair (
        a INTEGER NOT NULL,
        b INTEGER NOT NULL,
        score INTEGER DEFAULT '0' NOT NULL,
        matched TEXT DEFAULT '' NOT NULL,
        contradicting TEXT DEFAULT '' NOT NULL,
        verdict TEXT DEFAULT '' NOT NULL,
        decided_at TEXT DEFAULT '' NOT NULL,
        operator TEXT DEFAULT '' NOT NULL,
        scan INTEGER DEFAULT '0' NOT NULL,
        PRIMARY KEY (a, b)
    ) WITHOUT ROWID
    """,
    "CREATE INDEX pair_of_b ON pair (b)",
    "CREATE INDEX pair_in_order ON pair (verdict, score)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
