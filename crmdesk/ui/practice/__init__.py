"""What the window has in practice mode only: the switches for troubles, and the cards that teach."""
