"""A guest signs in at the desk: the dialog with its ten states, and what opens it."""
