"""The lock of the window: idle time, what is hidden, unlocking by PIN."""
