"""From finished runs to tables and figures: `attractor-report outputs/<experiment>`.

runs finds and checks run folders, collect merges their tables, configs names what was run,
accuracy, constructions and summary compute, figures and its parts draw, table prints, cli puts
them together. Nothing heavy is imported here.
"""

VERSION = 8  # part of what decides whether a report is up to date: bump it when the report changes
