"""Bulk events: the list of submissions, the composer with its grid, and what became of what was sent."""
