"""TerraScope: reasoning about satellite images with masks inside the reasoning."""

__version__ = "0.1.0"
