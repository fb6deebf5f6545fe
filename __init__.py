"""TerraScope Reasoning: ask questions about images in QGIS. This file is what QGIS loads."""

# SPDX-License-Identifier: GPL-2.0-or-later


def classFactory(iface):
    """Return the plugin. `iface` is a QgisInterface, or None when only Processing is wanted."""
    from .terrascope_plugin.plugin import TerraScopePlugin

    return TerraScopePlugin(iface)
