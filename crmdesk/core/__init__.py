"""Pure values and functions: standard library only, no input or output, no clock of its own."""
