"""Layers in (choice, area, clone to GeoTIFF) and results out (groups, styles, time)."""
