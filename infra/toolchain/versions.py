"""What is pinned: the engine and its provider plugins, and the oldest tools that are taken from PATH.

requirements.in and go/*/go.mod name the same versions; a test holds them together.
"""

PULUMI = "3.259.0"
LANGUAGE_HOST = "3.75.0"
"""The last release of Pulumi's Go SDK whose published module still holds the Python language host."""

PROVIDERS = {"cloudflare": "6.17.0", "command": "1.2.1"}

PYTHON = (3, 11)
NODE = (22, 17)
"""@sparticuz/chromium's `engines` ask for it."""
