"""Checking: what is wrong with data, or odd, before anything is trained on it: leaks, duplicates, letters, order."""
