"""Training: the loop as a stream of events, checkpoints that survive anything, and the Run that comes of it."""
