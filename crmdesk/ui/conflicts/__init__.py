"""Conflicts: the same field changed here and at the vendor; a person chooses."""
