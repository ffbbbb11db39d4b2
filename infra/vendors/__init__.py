"""What the vendors allow and what they charge, as dated data."""
