"""Stand in for a kernel that a fork server runs: ``python forked.py SOCKET ARGUMENTS OF THE KERNEL``.

Whoever starts this process sees a kernel like any other: signals reach it, and the two end together. Without
a server this process becomes an ordinary kernel.
"""

import json
import os
import select
import signal
import socket
import sys


def main(address: str, arguments: list[str]) -> None:
    """Ask the server at ``address`` for a kernel, and wait for its end."""
    parent = os.getppid()
    try:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(address)
        asked = {"arguments": arguments, "cwd": os.getcwd(), "environment": dict(os.environ)}
        socket.send_fds(connection, [json.dumps(asked).encode()], [0, 1, 2])
        kernel = int(connection.recv(32))
    except (OSError, ValueError):
        os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", *arguments])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, frame: os.kill(kernel, received))
    while not select.select([connection], [], [], 1)[0]:
        if os.getppid() != parent:
            break


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
