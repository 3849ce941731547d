"""Compiled loops: matrix products, the LSTM, and tables of vectors (numba)."""
