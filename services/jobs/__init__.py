"""The jobs service: background and scheduled work, at least once, nothing lost on a kill."""
