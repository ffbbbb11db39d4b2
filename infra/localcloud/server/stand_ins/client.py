"""`systemctl` and `journalctl` on a local server: hand the words to its supervisor, print what it says.

Run as `python -I -S client.py SOCKET PROGRAM ARGUMENT...`; needs the standard library only.
"""

import json
import socket
import sys


def main(path: str, program: str, *argv: str) -> int:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path)
    except OSError as error:
        print(f"Failed to connect to the user's manager: {error.strerror}", file=sys.stderr)
        return 1
    connection.sendall(json.dumps({"program": program, "argv": argv}).encode() + b"\n")
    for line in connection.makefile("rb"):
        message = json.loads(line)
        if "exit" in message:
            return int(message["exit"])
        sys.stdout.write(message.get("out", ""))
        sys.stderr.write(message.get("err", ""))
        sys.stdout.flush()
    print("The user's manager ended before it answered", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
