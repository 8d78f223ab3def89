"""What is to be sent: ops, their history, drafts, the trash."""

from alembic import op

revision = "0002"
down_revision = "0001"

_STATEMENTS = (
    """
    CREATE TABLE op (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        uid TEXT DEFAULT '' NOT NULL,
        account_id INTEGER NOT NULL,
        contact_id INTEGER NOT NULL,
        kind TEXT DEFAULT '' NOT NULL,
        state TEXT DEFAULT '' NOT NULL,
        title TEXT DEFAULT '' NOT NULL,
        operator TEXT DEFAULT '' NOT NULL,
        created_at TEXT DEFAULT '' NOT NULL,
        next_at TEXT DEFAULT '' NOT NULL,
        sent_at TEXT DEFAULT '' NOT NULL,
        closed_at TEXT DEFAULT '' NOT NULL,
        tries INTEGER DEFAULT '0' NOT NULL,
        joined INTEGER DEFAULT '1' NOT NULL,
        changes TEXT DEFAULT '' NOT NULL,
        orders TEXT DEFAULT '' NOT NULL,
        reason TEXT DEFAULT '' NOT NULL,
        "conflict" TEXT DEFAULT '' NOT NULL,
        clashes TEXT DEFAULT '' NOT NULL,
        theirs TEXT DEFAULT '' NOT NULL,
        theirs_at TEXT DEFAULT '' NOT NULL
    )
    """,
    "CREATE UNIQUE INDEX op_in_flight ON op (contact_id) WHERE state = 'sending'",
    "CREATE INDEX op_of_account ON op (account_id, state)",
    "CREATE INDEX op_of_contact ON op (contact_id, state)",
    """
    CREATE TABLE history (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        contact_id INTEGER NOT NULL,
        account_id INTEGER NOT NULL,
        at TEXT DEFAULT '' NOT NULL,
        did TEXT DEFAULT '' NOT NULL,
        operator TEXT DEFAULT '' NOT NULL,
        changes TEXT DEFAULT '' NOT NULL,
        note TEXT DEFAULT '' NOT NULL,
        op_uid TEXT DEFAULT '' NOT NULL
    )
    """,
    "CREATE INDEX history_of_contact ON history (contact_id, id)",
    """
    CREATE TABLE draft (
        "key" TEXT NOT NULL,
        account_id INTEGER NOT NULL,
        contact_id INTEGER NOT NULL,
        changes TEXT DEFAULT '' NOT NULL,
        orders TEXT DEFAULT '' NOT NULL,
        at TEXT DEFAULT '' NOT NULL,
        operator TEXT DEFAULT '' NOT NULL,
        PRIMARY KEY ("key")
    )
    """,
    "CREATE INDEX draft_of_contact ON draft (contact_id)",
    """
    CREATE TABLE trash (
        contact_id INTEGER NOT NULL,
        account_id INTEGER NOT NULL,
        remote_id TEXT DEFAULT '' NOT NULL,
        title TEXT DEFAULT '' NOT NULL,
        deleted_at TEXT DEFAULT '' NOT NULL,
        operator TEXT DEFAULT '' NOT NULL,
        base BLOB NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (contact_id)
    )
    """,
    "CREATE INDEX trash_of_account ON trash (account_id, remote_id)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
