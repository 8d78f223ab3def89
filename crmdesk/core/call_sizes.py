"""How many rows go into one call. Apart from `core.submission`, so that the words of the command line, which every
start reads, do without the rest of it."""

PER_CALL, LEAST, MOST = 200, 1, 1000  # rows of one call (UX-SND-01)
TRIAL = 5  # rows of the first call, after which a person looks (UX-SND-02)
