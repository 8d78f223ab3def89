"""What the program does: pulling, scheduling, accounts. No Qt, no SQL, no HTTP."""
