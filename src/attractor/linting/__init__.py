"""`attractor-lint`: the faults of a suite, found in its files as they are, before any importer."""
