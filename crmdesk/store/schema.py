"""Tables of the data file. A new file is made by `create`; an older one is brought here by the Alembic revisions under
`migrations/`, and a test holds both to the same result."""

from __future__ import annotations

import functools
from typing import Any

import sqlalchemy as sa

from crmdesk.core.query import TEXT_FIELDS
from crmdesk.store.connect import APPLICATION_ID, SCHEMA_VERSION

metadata = sa.MetaData()
ALEMBIC_HEAD = "0009"


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _number(name: str, default: int = 0) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, server_default=str(default))


account = sa.Table(
    "account",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("vendor"),
    _text("title"),
    _text("base_url"),
    sa.Column("config", sa.Text, nullable=False, server_default="{}"),
    _text("state"),
    _text("reason"),
    _text("checked_at"),
    _number("contacts"),  # kept with every commit: counting a million rows takes 20 ms at each start
    _number("position"),
    _number("active", 1),
    sqlite_autoincrement=True,
)

secret = sa.Table(
    "secret",
    metadata,
    sa.Column("account_id", sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    _text("value"),
    sqlite_with_rowid=False,
)

contact = sa.Table(
    "contact",
    metadata,
    # Never given out twice: a window may hold an id longer than the row lives.
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("account_id", sa.ForeignKey("account.id"), nullable=False),
    _text("remote_id"),
    _text("name"),
    _text("sort_key"),
    _text("email"),
    _text("phone"),
    _number("phones"),
    _text("company"),
    _text("city"),
    _text("country"),
    _text("languages"),
    _text("kind"),
    _text("notes"),
    _text("created_at"),
    _text("updated_at"),
    _text("fetched_at"),
    _number("flags"),
    sa.Column("base_hash", sa.LargeBinary(16), nullable=False),
    _number("seen_gen"),  # the listing that wrote the row; a listing that found it unchanged notes that in `seen`
    _text("given_key"),  # as `sort_key` (the family name first), for who sorts by first names; last: it came later
    sa.UniqueConstraint("account_id", "remote_id"),
    # Covers the order vector's load: view order, account and flags of every contact without touching the table.
    sa.Index("contact_order", "sort_key", "id", "account_id", "flags"),
    sqlite_autoincrement=True,
)

contact_raw = sa.Table(
    "contact_raw",
    metadata,
    sa.Column("contact_id", sa.Integer, primary_key=True),
    # What the two indices hold of this contact, to the letter: they forget a row only when told its exact words.
    _text("doc"),
    _text("digits"),
    _text("marks"),
    sa.Column("body", sa.LargeBinary, nullable=False),  # the vendor's JSON, see `packed.pack`
)

seen = sa.Table(
    "seen",
    metadata,
    sa.Column("contact_id", sa.Integer, primary_key=True),
    sa.Column("generation", sa.Integer, nullable=False),
)

cursor = sa.Table(
    "cursor",
    metadata,
    sa.Column("account_id", sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    _text("since"),  # where the next listing starts
    _number("generation"),
    _number("is_full"),
    sa.Column("checkpoint", sa.Text),  # JSON of core.types.Cursor while a listing is unfinished, else NULL
)

saved_view = sa.Table(
    "saved_view",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("title"),
    _text("query"),
    sa.Column("sort", sa.Text, nullable=False, server_default="[]"),
    sa.Column("columns", sa.Text, nullable=False, server_default="[]"),
    _number("position"),
    sqlite_autoincrement=True,
)

recent_search = sa.Table(
    "recent_search",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("text", sa.Text, nullable=False, unique=True),
)

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

op = sa.Table(
    "op",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),  # the order of a contact's ops
    _text("uid"),
    sa.Column("account_id", sa.Integer, nullable=False),
    sa.Column("contact_id", sa.Integer, nullable=False),  # the contact may be in the trash
    _text("kind"),
    _text("state"),
    _text("title"),
    _text("operator"),
    _text("created_at"),
    _text("next_at"),
    _text("sent_at"),
    _text("closed_at"),
    _number("tries"),
    _number("joined", 1),
    _text("changes"),
    _text("orders"),
    _text("reason"),
    _text("conflict"),
    _text("clashes"),
    _text("theirs"),  # the vendor's JSON as read when the conflict was found
    _text("theirs_at"),
    sa.Index("op_of_contact", "contact_id", "state"),
    sa.Index("op_of_account", "account_id", "state"),
    # One op of a contact is on its way at most, whatever the program thinks.
    sa.Index("op_in_flight", "contact_id", unique=True, sqlite_where=sa.text("state = 'sending'")),
    sqlite_autoincrement=True,
)

history = sa.Table(
    "history",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("contact_id", sa.Integer, nullable=False),
    sa.Column("account_id", sa.Integer, nullable=False),
    _text("at"),
    _text("did"),
    _text("operator"),
    _text("changes"),
    _text("note"),
    _text("op_uid"),
    sa.Index("history_of_contact", "contact_id", "id"),
    sa.Index("history_of_operator", "operator", "did", "contact_id"),  # `by:` without a look at the lines
    sqlite_autoincrement=True,
)

draft = sa.Table(
    "draft",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Integer, nullable=False),
    sa.Column("contact_id", sa.Integer, nullable=False),
    _text("changes"),
    _text("orders"),
    _text("at"),
    _text("operator"),
    sa.Index("draft_of_contact", "contact_id"),
)

trash = sa.Table(
    "trash",
    metadata,
    sa.Column("contact_id", sa.Integer, primary_key=True),
    sa.Column("account_id", sa.Integer, nullable=False),
    _text("remote_id"),
    _text("title"),
    _text("deleted_at"),
    _text("operator"),
    sa.Column("base", sa.LargeBinary, nullable=False),  # as the vendor had it, see `packed.pack`
    sa.Column("body", sa.LargeBinary, nullable=False),  # with the edits that were waiting, likewise
    sa.Index("trash_of_account", "account_id", "remote_id"),
)

submission = sa.Table(
    "submission",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("account_id", sa.Integer, nullable=False),
    _text("kind"),
    _text("title"),
    _text("stage"),
    _number("template"),
    _text("operator"),
    sa.Column("request", sa.Text, nullable=False, server_default="{}"),
    sa.Column("settings", sa.Text, nullable=False, server_default="{}"),
    sa.Column("columns", sa.Text, nullable=False, server_default="[]"),
    _text("file"),
    _text("file_hash"),
    _number("per_call", 200),
    _number("trial"),
    _text("pause"),
    _text("words"),
    _text("hint"),
    _number("stopping"),
    _text("created_at"),
    _text("changed_at"),
    _text("sent_at"),
    _text("ended_at"),
    sa.Index("submission_of_account", "account_id", "stage"),
    sqlite_autoincrement=True,
)

submission_row = sa.Table(
    "submission_row",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("submission_id", sa.Integer, nullable=False),
    sa.Column("position", sa.Integer, nullable=False),
    _text("stage"),
    _number("call_id"),
    _number("attempt"),
    _text("uid"),
    _text("code"),
    _text("text"),
    _text("remote_id"),
    _text("number"),
    _text("note"),
    _text("sent_at"),
    _text("who"),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    _text("content"),  # JSON of `NewRow.values`
    _text("cells"),
    sa.Index("row_in_order", "submission_id", "position"),
    sa.Index("row_of_submission", "submission_id", "stage", "position"),
    sa.Index("row_of_call", "call_id", "position"),
    sqlite_autoincrement=True,
)

call = sa.Table(
    "call",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),  # the order in which calls go
    sa.Column("submission_id", sa.Integer, nullable=False),
    sa.Column("account_id", sa.Integer, nullable=False),
    _number("number"),
    _number("rows"),
    _text("stage"),
    _text("purpose"),
    _text("token"),
    _number("epoch"),
    _number("tries"),
    _text("next_at"),
    _text("sealed_at"),
    _text("sent_at"),
    _text("ended_at"),
    _text("words"),
    sa.Column("hash", sa.LargeBinary, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),  # without its token, see `packed.pack`
    sa.Column("answer", sa.LargeBinary),  # as received, likewise
    sa.Index("call_of_submission", "submission_id", "stage"),
    # One call of an account is on its way at most, whatever the program thinks.
    sa.Index("call_in_flight", "account_id", unique=True, sqlite_where=sa.text("stage = 'sending'")),
    sa.Index("call_open", "stage", sqlite_where=sa.text("stage IN ('sealed', 'sending', 'answered')")),
    sqlite_autoincrement=True,
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("submission_id", sa.Integer, nullable=False),
    sa.Column("row_id", sa.Integer, nullable=False),
    sa.Column("call_id", sa.Integer, nullable=False),
    sa.Column("account_id", sa.Integer, nullable=False),
    _text("kind"),
    sa.Column("uid", sa.Text, nullable=False, unique=True),  # for ever: an answer belongs to one attempt of one row
    _number("attempt"),
    _text("at"),
    _text("operator"),
    _text("stage"),
    _text("who"),
    _text("code"),
    _text("text"),
    _text("remote_id"),
    _text("number"),
    _text("settled_by"),
    _text("note"),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    # A part of it finds it, too: each row that is sent changes another page of it, and of the whole there are more.
    sa.Index("ledger_mark", sa.text("substr(fingerprint, 1, 4)")),
    sa.Index("ledger_who", "who"),
    sa.Index("ledger_of_row", "row_id"),
    sa.Index("ledger_of_call", "call_id"),
    sa.Index("ledger_at", "at"),
    sqlite_autoincrement=True,
)

mapping = sa.Table(
    "mapping",
    metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    _text("columns"),  # titles
    _text("content"),  # JSON of `core.mapping`
    _text("used_at"),
)

card = sa.Table(
    "card",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("made_at"),
    _text("operator"),
    sqlite_autoincrement=True,
)

card_member = sa.Table(
    "card_member",
    metadata,
    # A record in the trash keeps its place on the card, for the case that it is restored.
    sa.Column("contact_id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("card_id", sa.Integer, nullable=False),
    sa.Index("member_of_card", "card_id"),
)

pair = sa.Table(
    "pair",
    metadata,
    sa.Column("a", sa.Integer, primary_key=True),  # contact ids, the lesser first; likewise kept in the trash
    sa.Column("b", sa.Integer, primary_key=True),
    _number("score"),
    _text("matched"),  # values of core.match.Trait, joined with commas
    _text("contradicting"),
    _text("verdict"),
    _text("decided_at"),
    _text("operator"),
    _number("scan"),  # the search that saw it last
    sa.Index("pair_of_b", "b"),
    sa.Index("pair_in_order", "verdict", "score"),
    sqlite_with_rowid=False,
)


# Guests whom somebody erased here: what their vendor goes on listing is not stored again. No name, no vendor's id.
erased = sa.Table(
    "erased",
    metadata,
    sa.Column("token", sa.Text, primary_key=True),  # see `pseudonyms`
    sa.Column("account_id", sa.Integer, nullable=False),
    _text("at"),
    _text("operator"),
    _text("seen_at"),  # when the vendor listed the guest last
    sqlite_with_rowid=False,
)

# Who looked at, took out or erased whose data here. Names of fields and pseudonyms, never a value.
desk_log = sa.Table(
    "desk_log",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _text("at"),
    _text("operator"),
    _text("did"),
    _text("who"),
    _number("account_id"),
    _number("contacts"),
    _text("fields"),
    _text("note"),
    _text("seal"),  # of this line and all before it
    sa.Index("desk_log_of_guest", "who"),
    sqlite_autoincrement=True,
)

FTS_COLUMNS = ",".join(f'"{name}"' for name in TEXT_FIELDS)
# Contentless: the index holds no second copy of the text. No `contentless_delete`: it needs a size per column and row.
# No `secure-delete`: it makes an update ten times dearer and still leaves the words of earlier versions in segments not
# yet merged; `Database` merges everything after an erasure instead, which leaves nothing.
VIRTUAL = (
    f"CREATE VIRTUAL TABLE contact_fts USING fts5({FTS_COLUMNS}, content='', columnsize=0, detail=column,"
    " prefix='1 2 3', tokenize='ascii')",
    "CREATE VIRTUAL TABLE contact_code USING fts5(digits, marks, content='', columnsize=0, detail=full,"
    " tokenize='ascii')",
)


@functools.cache
def _statements() -> tuple[str, ...]:
    """What makes the tables and indices. Writing them out takes longer than running them."""
    made: list[str] = []

    def note(statement: sa.schema.ExecutableDDLElement, *_: Any, **__: Any) -> None:
        made.append(str(statement.compile(dialect=writer.dialect)))

    writer = sa.create_mock_engine("sqlite://", note)
    metadata.create_all(writer, checkfirst=False)
    return tuple(made)


def create(connection: sa.Connection, written_by: str) -> None:
    """All tables of the current version in an empty file, inside the caller's transaction."""
    for statement in (*_statements(), *VIRTUAL):
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    connection.exec_driver_sql("INSERT INTO alembic_version VALUES (?)", (ALEMBIC_HEAD,))
    connection.execute(meta.insert(), [{"name": "written_by", "value": written_by}, {"name": "commit", "value": "0"}])
    stamp(connection)


def stamp(connection: sa.Connection) -> None:
    """Marks the file as ours, of the current version."""
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
