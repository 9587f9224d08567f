"""Advising: which architecture to take for these data, found by letting all that fit race within a budget."""
