"""The realtime service: WebSockets, behind the edge only."""
