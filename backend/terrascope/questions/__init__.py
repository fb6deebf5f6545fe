"""Questions: what one means, as data (`query`), and the numbers that answer it (`evaluate`)."""
