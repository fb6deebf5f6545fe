"""The model's process and its Python environment."""
