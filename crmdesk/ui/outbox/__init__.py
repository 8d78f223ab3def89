"""The Outbox: what was changed here and is not at the vendors yet, in plain words."""
