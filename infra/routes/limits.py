"""Rate limits that routes share."""

from infra.routes.route import RateLimit

READS = RateLimit("reads", limit=1_200, seconds=60, per="address")
WRITES = RateLimit("writes", limit=120, seconds=60, per="user")
PASSWORDS = RateLimit("passwords", limit=20, seconds=60, per="address", when_down="refuse")
"""Guessing passwords, and making the server hash them, costs more than the limit allows."""
SESSIONS = RateLimit("sessions", limit=120, seconds=60, per="address")
SIGN_UPS = RateLimit("sign-ups", limit=60, seconds=3_600, per="address", when_down="refuse")
"""Signing up tells whether an address has an account already: so not of many."""
