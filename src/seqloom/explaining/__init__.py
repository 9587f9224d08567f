"""Explaining: what a trained run did and why, as plain values that reports draw."""
