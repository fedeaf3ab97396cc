"""One script a figure, each printing a ratio against a named baseline measured in the same run. `python -m benchmarks.NAME`."""
