"""Land cover: the one table of classes, their colours, and the words that name them."""

from terrascope.landcover.table import ATOMS, CLASSES, COLOURS, LABELS, LANGUAGES, LandClass, can_be_seen

__all__ = ["ATOMS", "CLASSES", "COLOURS", "LABELS", "LANGUAGES", "LandClass", "can_be_seen"]
