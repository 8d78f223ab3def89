"""Runs the revisions that a data file lacks."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from crmdesk.store.connect import connect
from crmdesk.store.opening import MIGRATIONS, wrapped


def upgrade(connection: sa.Connection, migrations: Path) -> None:
    """All missing revisions, inside the caller's transaction: a failure leaves nothing half done."""
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def rehearse(path: Path, key: bytes) -> tuple[str, int]:
    """What the revisions that are there make in a new file at `path`: its revision, and how many tables. Can this
    installation update a data file?"""
    connection = connect(path, key, mode="rwc")
    try:
        with wrapped(connection) as opened, opened.begin():
            upgrade(opened, MIGRATIONS)
            revision = opened.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one()
            return str(revision), len(sa.inspect(opened).get_table_names())
    finally:
        connection.close()
