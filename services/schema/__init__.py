"""The database's schema as migrations, in order and never edited, and its production-like seed."""
