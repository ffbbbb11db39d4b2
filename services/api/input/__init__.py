"""Reads what a client sent, within limits, and holds it against the manifest's schemas."""
