"""Areas, lengths, shares and counts: to text (`write`) and from text (`read`). The one place for both."""

from terrascope.units.write import area_text, count_text, length_text, number_text, share_text

__all__ = ["area_text", "count_text", "length_text", "number_text", "share_text"]
