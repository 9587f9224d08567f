"""Comparing: architectures trained alike, over seeds, and what can be told apart."""
