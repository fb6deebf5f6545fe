"""Readers of labelled imagery: published data sets by their published layout, and plain folders."""
