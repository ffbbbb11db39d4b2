"""Upstash as dynamic providers, one module a noun: redis.

Endpoint, account and API key come from the stack's configuration in `configure`, never from inputs.
"""
