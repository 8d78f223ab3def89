"""The trash: contacts that were deleted here, and the way back."""
