"""What is told as it happens to whoever is connected: by WebSocket and by server-sent events."""
