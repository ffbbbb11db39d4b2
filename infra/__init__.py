"""Shoreline: one Python Pulumi program for the edge, its database, the cache and the servers."""
