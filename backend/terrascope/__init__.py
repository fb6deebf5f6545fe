"""TerraScope: reasoning about satellite images with masks inside the reasoning."""

from terrascope.libraries import add_library_folders

__version__ = "0.1.0"

add_library_folders()
