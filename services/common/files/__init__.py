"""Files on a server's disk: where they lie, how they get there whole, and what they are."""
