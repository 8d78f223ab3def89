"""Backup and restore of the data folder, in the window."""
