"""The plain script of a run: one file of PyTorch, NumPy and polars that does what the run did."""
