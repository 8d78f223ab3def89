"""The local cache: the only SQL in the program."""
