"""Diagnostics: why a trained network answers as it does. One a file, each with its yaml."""
