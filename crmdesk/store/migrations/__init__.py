"""Alembic revisions of the data file, run by `crmdesk.store.opening` and by nothing else."""
