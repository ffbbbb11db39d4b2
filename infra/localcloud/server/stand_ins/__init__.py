"""The programs of a server's host that the local cloud stands in for, first on every PATH of the server."""
