"""The part of TerraScope Reasoning that runs inside QGIS: qgis.PyQt, the QGIS API and the standard library only."""
