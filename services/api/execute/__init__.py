"""Runs a route's SQL in one trip and writes its answer."""
