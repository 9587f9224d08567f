"""Files to ids: readers by format, columns, vocabularies, streams, windows and batches. Knows no model."""
