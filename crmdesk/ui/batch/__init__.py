"""Changing one field of many contacts at once, and one cell of the list in place."""
