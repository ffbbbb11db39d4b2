"""systemd unit files as data: read, checked against one table of directives, nothing silently left out."""
