"""Tasks: what a model reads of an item, and what it is asked."""
