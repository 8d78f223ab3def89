"""A contact that goes by the name of a company stands there in the list, not at the family name of somebody in it."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        "UPDATE contact SET sort_key = given_key WHERE company <> '' AND name = company AND sort_key <> given_key"
    )
