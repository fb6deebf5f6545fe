"""The laboratory: what makes and judges models. `terrascope` runs without it; it is a distribution of its own."""
