"""The one exception that a person is meant to read."""


class UserError(Exception):
    """Bad input: one line that names the place (file, row, key) and the remedy; exit code 2."""
