"""HTTP and secrets. Knows no vendor."""
