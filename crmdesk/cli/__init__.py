"""The command line beside the window: for scripts and for people without a screen. No Qt."""
