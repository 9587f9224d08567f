"""Fast paths: each is chosen in one function, equal to its plain form by test, and falls back by itself."""
