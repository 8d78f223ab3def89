"""The ledger is found by a part of its fingerprints: sending changes fewer pages. Nothing looks for the vendor's ids by
their index."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute("DROP INDEX IF EXISTS ledger_fingerprint")
    op.execute("DROP INDEX IF EXISTS ledger_remote_id")
    op.execute("CREATE INDEX IF NOT EXISTS ledger_mark ON ledger (substr(fingerprint, 1, 4))")
