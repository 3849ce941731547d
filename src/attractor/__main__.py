"""`python -m attractor` is the console script `attractor`."""

from attractor.cli import main

main()
