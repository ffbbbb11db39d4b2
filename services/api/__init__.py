"""The api: what needs more than the edge has. Behind the edge only."""
