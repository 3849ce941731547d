"""Compiled loops (numba): products, recurrent layers, a softmax, and tables of vectors."""
