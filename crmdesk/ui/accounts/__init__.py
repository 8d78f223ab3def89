"""Accounts: what the desk is connected to."""
