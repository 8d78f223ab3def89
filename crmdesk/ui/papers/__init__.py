"""What leaves the window as a file or on paper: exports and the shift pack."""
