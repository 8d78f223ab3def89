"""Guest cards: possible duplicates, linking, linked contacts beside each other."""
