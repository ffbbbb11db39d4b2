"""Which route a path and a method belong to."""
