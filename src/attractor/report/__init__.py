"""From finished runs to tables and figures: `attractor-report outputs/<experiment>`.

runs finds and checks run folders, collect merges their tables, summary makes one row a model,
panels and figures draw, table prints, cli puts them together. Nothing heavy is imported here.
"""

VERSION = 1  # part of what decides whether a report is up to date: bump it when the report changes
