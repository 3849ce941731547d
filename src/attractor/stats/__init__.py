"""Statistics of networks (seeds) that answer items: every interval holds the variance of both.

intervals: of an accuracy; curves: accuracy against distance, and reach; comparison: two models on
the same items; regression: what each factor costs; detection: bias toward one number; simulation:
answers from known curves, which test the others. Functions of arrays; nothing reads a file.
"""
