"""Products as they are downloaded: which files belong together, and what their metadata says of them."""
