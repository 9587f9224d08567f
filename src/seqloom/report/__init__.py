"""Reports: plain arrays and events to text a person reads; knows no model and no data."""
