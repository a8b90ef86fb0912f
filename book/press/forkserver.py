"""A process that has imported what chapters import, and forks a kernel whenever it is asked.

Starting Python and importing torch, pandas and Matplotlib takes longer than most chapters run. This file is
run as a program and imports nothing of this project, lossbook least of all: what a chapter loads of the
package is what the press records. ``forked.py`` asks for a kernel over a Unix socket; whoever started this
process ends it by closing its standard input.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from selectors import EVENT_READ, DefaultSelector

# Not the inline backend: it has to find its shell when it is imported.
PRELOADED = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "torch",
    "numpy",
    "pandas",
    "scipy.stats",
    "sklearn.datasets",
    "statsmodels.api",
    "matplotlib.pyplot",
    "seaborn",
)


def main(listening: int) -> None:
    """Import, then fork a kernel for each connection until standard input is closed."""
    del sys.path[0]  # this file's folder
    os.environ["JPY_PARENT_PID"] = str(os.getpid())  # ipykernel reads it when it is imported
    for name in PRELOADED:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    if len(os.listdir("/proc/self/task")) > 1:
        return  # a thread would not survive a fork; forked.py starts an ordinary kernel
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=listening) as door, DefaultSelector() as ready:
        ready.register(door, EVENT_READ)
        ready.register(0, EVENT_READ)
        while door in [key.fileobj for key, _ in ready.select()]:
            connection, _ = door.accept()
            if os.fork() == 0:
                door.close()
                ready.close()
                _kernel(connection)
            connection.close()


def _kernel(connection: socket.socket) -> None:
    """Become the kernel that the other end of ``connection`` asks for; end when it ends."""
    message, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    asked = json.loads(message)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    for target, descriptor in enumerate(descriptors):
        os.dup2(descriptor, target)
        os.close(descriptor)
    os.chdir(asked["cwd"])
    mine = _path(os.environ)
    sys.path[:] = [*_path(asked["environment"]), *(entry for entry in sys.path if entry not in mine)]
    os.environ.clear()
    os.environ.update(asked["environment"] | {"JPY_PARENT_PID": str(os.getppid())})
    sys.argv = ["ipykernel_launcher.py", *asked["arguments"]]
    connection.send(str(os.getpid()).encode())
    threading.Thread(target=_end_with, args=[connection], daemon=True).start()
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # as unknown as in a process of its own
    from ipykernel.kernelapp import launch_new_instance

    launch_new_instance()
    os._exit(0)


def _path(environment: Mapping[str, str]) -> list[str]:
    return [entry for entry in environment.get("PYTHONPATH", "").split(os.pathsep) if entry]


def _end_with(connection: socket.socket) -> None:
    connection.recv(1)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(int(sys.argv[1]))
