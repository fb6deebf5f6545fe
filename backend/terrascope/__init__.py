"""TerraScope: reasoning about satellite images with masks inside the reasoning."""

from terrascope import telemetry
from terrascope.libraries import add_library_folders

__version__ = "0.1.0"

telemetry.switch_off()  # a library reads these variables when it is imported: they are set before any is
add_library_folders()
