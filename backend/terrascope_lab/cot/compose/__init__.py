"""Questions with proofs: level 1 from templates, level 2 by composition."""
