"""The page of plots of a benchmark run."""
