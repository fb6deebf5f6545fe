"""Data sets: one reader and one legend each, one table of places over all of them, folds by place, input forms."""
