"""What is submitted: documents, their rows, the calls they go in, and the ledger of all that was sent."""

from alembic import op

revision = "0003"
down_revision = "0002"

_STATEMENTS = (
    """
    CREATE TABLE submission (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        account_id INTEGER NOT NULL,
        kind TEXT DEFAULT '' NOT NULL,
        title TEXT DEFAULT '' NOT NULL,
        stage TEXT DEFAULT '' NOT NULL,
        template INTEGER DEFAULT '0' NOT NULL,
        operator TEXT DEFAULT '' NOT NULL,
        request TEXT DEFAULT '{}' NOT NULL,
        settings TEXT DEFAULT '{}' NOT NULL,
        columns TEXT DEFAULT '[]' NOT NULL,
        file TEXT DEFAULT '' NOT NULL,
        file_hash TEXT DEFAULT '' NOT NULL,
        per_call INTEGER DEFAULT '200' NOT NULL,
        trial INTEGER DEFAULT '0' NOT NULL,
        pause TEXT DEFAULT '' NOT NULL,
        words TEXT DEFAULT '' NOT NULL,
        hint TEXT DEFAULT '' NOT NULL,
        stopping INTEGER DEFAULT '0' NOT NULL,
        created_at TEXT DEFAULT '' NOT NULL,
        changed_at TEXT DEFAULT '' NOT NULL,
        sent_at TEXT DEFAULT '' NOT NULL,
        ended_at TEXT DEFAULT '' NOT NULL
    )
    """,
    "CREATE INDEX submission_of_account ON submission (account_id, stage)",
    """
    CREATE TABLE submission_row (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        submission_id INTEGER NOT NULL,
        position INTEGER NOT NULL,
        stage TEXT DEFAULT '' NOT NULL,
        call_id INTEGER DEFAULT '0' NOT NULL,
        attempt INTEGER DEFAULT '0' NOT NULL,
        uid TEXT DEFAULT '' NOT NULL,
        code TEXT DEFAULT '' NOT NULL,
        text TEXT DEFAULT '' NOT NULL,
        remote_id TEXT DEFAULT '' NOT NULL,
        number TEXT DEFAULT '' NOT NULL,
        note TEXT DEFAULT '' NOT NULL,
        sent_at TEXT DEFAULT '' NOT NULL,
        who TEXT DEFAULT '' NOT NULL,
        fingerprint BLOB NOT NULL,
        content TEXT DEFAULT '' NOT NULL,
        cells TEXT DEFAULT '' NOT NULL
    )
    """,
    "CREATE INDEX row_in_order ON submission_row (submission_id, position)",
    "CREATE INDEX row_of_call ON submission_row (call_id, position)",
    "CREATE INDEX row_of_submission ON submission_row (submission_id, stage, position)",
    """
    CREATE TABLE call (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        submission_id INTEGER NOT NULL,
        account_id INTEGER NOT NULL,
        number INTEGER DEFAULT '0' NOT NULL,
        rows INTEGER DEFAULT '0' NOT NULL,
        stage TEXT DEFAULT '' NOT NULL,
        purpose TEXT DEFAULT '' NOT NULL,
        token TEXT DEFAULT '' NOT NULL,
        epoch INTEGER DEFAULT '0' NOT NULL,
        tries INTEGER DEFAULT '0' NOT NULL,
        next_at TEXT DEFAULT '' NOT NULL,
        sealed_at TEXT DEFAULT '' NOT NULL,
        sent_at TEXT DEFAULT '' NOT NULL,
        ended_at TEXT DEFAULT '' NOT NULL,
        words TEXT DEFAULT '' NOT NULL,
        hash BLOB NOT NULL,
        body BLOB NOT NULL,
        answer BLOB
    )
    """,
    "CREATE UNIQUE INDEX call_in_flight ON call (account_id) WHERE stage = 'sending'",
    "CREATE INDEX call_of_submission ON call (submission_id, stage)",
    "CREATE INDEX call_open ON call (stage) WHERE stage IN ('sealed', 'sending', 'answered')",
    """
    CREATE TABLE ledger (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        submission_id INTEGER NOT NULL,
        row_id INTEGER NOT NULL,
        call_id INTEGER NOT NULL,
        account_id INTEGER NOT NULL,
        kind TEXT DEFAULT '' NOT NULL,
        uid TEXT NOT NULL,
        attempt INTEGER DEFAULT '0' NOT NULL,
        at TEXT DEFAULT '' NOT NULL,
        operator TEXT DEFAULT '' NOT NULL,
        stage TEXT DEFAULT '' NOT NULL,
        who TEXT DEFAULT '' NOT NULL,
        code TEXT DEFAULT '' NOT NULL,
        text TEXT DEFAULT '' NOT NULL,
        remote_id TEXT DEFAULT '' NOT NULL,
        number TEXT DEFAULT '' NOT NULL,
        settled_by TEXT DEFAULT '' NOT NULL,
        note TEXT DEFAULT '' NOT NULL,
        fingerprint BLOB NOT NULL,
        UNIQUE (uid)
    )
    """,
    "CREATE INDEX ledger_at ON ledger (at)",
    "CREATE INDEX ledger_fingerprint ON ledger (fingerprint)",
    "CREATE INDEX ledger_of_call ON ledger (call_id)",
    "CREATE INDEX ledger_of_row ON ledger (row_id)",
    "CREATE INDEX ledger_remote_id ON ledger (remote_id)",
    "CREATE INDEX ledger_who ON ledger (who)",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
