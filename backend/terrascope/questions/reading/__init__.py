"""The embedded reader: question text to Query, and what became of every word."""

from terrascope.questions.reading.context import Context, Layer
from terrascope.questions.reading.items import UnknownWords
from terrascope.questions.reading.reader import read

__all__ = ["Context", "Layer", "UnknownWords", "read"]
