"""The command line: one file a verb, `main.py` the table of verbs and the exit codes."""
