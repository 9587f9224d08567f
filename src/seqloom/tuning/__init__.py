"""Tuning: a search over any keys of a spec, by Optuna."""
