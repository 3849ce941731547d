"""Recurrent networks behind one protocol."""
