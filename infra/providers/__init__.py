"""Calls to vendors that have no Pulumi plugin: dynamic providers over HTTP, the same for every endpoint."""
