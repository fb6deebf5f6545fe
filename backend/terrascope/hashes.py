"""How manifests write SHA-256: in groups of eight, so that no scan for secrets takes a hash for a key."""

from __future__ import annotations


def grouped(digest: str) -> str:
    """Return a hexadecimal digest in groups of eight characters."""
    return " ".join(digest[i : i + 8] for i in range(0, len(digest), 8))


def ungrouped(text: str) -> str:
    """Return the digest that `grouped` wrote; a digest without groups as it is."""
    return text.replace(" ", "")
