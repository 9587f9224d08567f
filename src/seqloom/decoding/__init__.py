"""Decoding: from the scores of a next token to text, over any step function; knows no model."""
