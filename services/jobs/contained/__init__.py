"""What strangers' files are read with: in a process that knows no secret, has little, and may die alone."""
