"""systemd's user manager, as far as services need it: runs units and answers `systemctl --user`."""
