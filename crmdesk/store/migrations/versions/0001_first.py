"""The first schema."""

from alembic import op

revision = "0001"
down_revision = None

_STATEMENTS = (
    """
    CREATE TABLE account (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        vendor TEXT DEFAULT '' NOT NULL,
        title TEXT DEFAULT '' NOT NULL,
        base_url TEXT DEFAULT '' NOT NULL,
        config TEXT DEFAULT '{}' NOT NULL,
        state TEXT DEFAULT '' NOT NULL,
        reason TEXT DEFAULT '' NOT NULL,
        checked_at TEXT DEFAULT '' NOT NULL,
        contacts INTEGER DEFAULT '0' NOT NULL,
        position INTEGER DEFAULT '0' NOT NULL,
        active INTEGER DEFAULT '1' NOT NULL
    )
    """,
    """
    CREATE TABLE contact_raw (
        contact_id INTEGER NOT NULL,
        doc TEXT DEFAULT '' NOT NULL,
        digits TEXT DEFAULT '' NOT NULL,
        marks TEXT DEFAULT '' NOT NULL,
        body BLOB NOT NULL,
        PRIMARY KEY (contact_id)
    )
    """,
    """
    CREATE TABLE meta (
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (name)
    )
     WITHOUT ROWID
    """,
    """
    CREATE TABLE recent_search (
        id INTEGER NOT NULL,
        text TEXT NOT NULL,
        PRIMARY KEY (id),
        UNIQUE (text)
    )
    """,
    """
    CREATE TABLE saved_view (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        title TEXT DEFAULT '' NOT NULL,
        "query" TEXT DEFAULT '' NOT NULL,
        sort TEXT DEFAULT '[]' NOT NULL,
        columns TEXT DEFAULT '[]' NOT NULL,
        position INTEGER DEFAULT '0' NOT NULL
    )
    """,
    """
    CREATE TABLE seen (
        contact_id INTEGER NOT NULL,
        generation INTEGER NOT NULL,
        PRIMARY KEY (contact_id)
    )
    """,
    """
    CREATE TABLE contact (
        id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
        account_id INTEGER NOT NULL,
        remote_id TEXT DEFAULT '' NOT NULL,
        name TEXT DEFAULT '' NOT NULL,
        sort_key TEXT DEFAULT '' NOT NULL,
        email TEXT DEFAULT '' NOT NULL,
        phone TEXT DEFAULT '' NOT NULL,
        phones INTEGER DEFAULT '0' NOT NULL,
        company TEXT DEFAULT '' NOT NULL,
        city TEXT DEFAULT '' NOT NULL,
        country TEXT DEFAULT '' NOT NULL,
        languages TEXT DEFAULT '' NOT NULL,
        kind TEXT DEFAULT '' NOT NULL,
        notes TEXT DEFAULT '' NOT NULL,
        created_at TEXT DEFAULT '' NOT NULL,
        updated_at TEXT DEFAULT '' NOT NULL,
        fetched_at TEXT DEFAULT '' NOT NULL,
        flags INTEGER DEFAULT '0' NOT NULL,
        base_hash BLOB NOT NULL,
        seen_gen INTEGER DEFAULT '0' NOT NULL,
        UNIQUE (account_id, remote_id),
        FOREIGN KEY(account_id) REFERENCES account (id)
    )
    """,
    "CREATE INDEX contact_order ON contact (sort_key, id, account_id, flags)",
    """
    CREATE TABLE cursor (
        account_id INTEGER NOT NULL,
        since TEXT DEFAULT '' NOT NULL,
        generation INTEGER DEFAULT '0' NOT NULL,
        is_full INTEGER DEFAULT '0' NOT NULL,
        checkpoint TEXT,
        PRIMARY KEY (account_id),
        FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE
    )
    """,
    """
    CREATE TABLE secret (
        account_id INTEGER NOT NULL,
        name TEXT NOT NULL,
        value TEXT DEFAULT '' NOT NULL,
        PRIMARY KEY (account_id, name),
        FOREIGN KEY(account_id) REFERENCES account (id) ON DELETE CASCADE
    )
     WITHOUT ROWID
    """,
    """
    CREATE VIRTUAL TABLE contact_fts USING fts5("name","first","last","email","company","phone","address","ci
    ty","zip","state","country","lang","gender","website","notes","id","type", content='', columnsize=0,
    detail=column, prefix='1 2 3', tokenize='ascii')
    """,
    """
    CREATE VIRTUAL TABLE contact_code USING fts5(digits, marks, content='', columnsize=0, detail=full,
    tokenize='ascii')
    """,
    "INSERT INTO meta(name, value) VALUES ('written_by', ''), ('commit', '0')",
)


def upgrade() -> None:
    for statement in _STATEMENTS:
        op.execute(statement)
