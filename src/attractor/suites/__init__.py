"""Suites: sets of items from anywhere, one importer a file."""
