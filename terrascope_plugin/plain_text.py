"""Texts of files, models and the system shown as they are.

Qt takes a text that looks like HTML for HTML and loads its images, menus underline letters, layouts evaluate.
Everything that shows a text which was not written here goes through these, or through a label with `Qt.PlainText`.
"""

from __future__ import annotations

from html import escape


def tooltip(text: str) -> str:
    """Return what a tool tip has to be for showing a text as it is: it has no switch for plain text."""
    return f"<span>{escape(text)}</span>".replace("\n", "<br>") if "<" in text or "&" in text else text


def no_expression(text: str) -> str:
    """Return what a label of a layout has to hold for showing a text as it is: `[% ... %]` is evaluated there."""
    return text.replace("[%", "[% '[' || '%' %]")


def menu_text(text: str) -> str:
    """Return what an entry of a menu has to be for showing a text as it is: & underlines a letter there."""
    return text.replace("&", "&&")
