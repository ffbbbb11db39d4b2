"""Turso as dynamic providers, one module a noun: group, database, token, migrations, seed.

Endpoint, organization and API token come from the stack's configuration in `configure`, never from inputs.
"""
