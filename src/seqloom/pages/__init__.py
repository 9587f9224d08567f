"""Pages: what a run, a comparison and a study came to, as HTML that needs no network."""
