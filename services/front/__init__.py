"""The edge's part on a server, for `front: server`: pages, sessions, rate limits, the way to the services."""
