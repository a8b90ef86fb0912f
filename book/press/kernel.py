"""The kernels in which notebooks run: for the press, nbval and CI the same, whoever's machine it is."""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ipykernel.kernelspec import get_kernel_dict

HERE = Path(__file__).resolve().parent
# One thread and no bars: the same numbers and the same text on every machine, in nbval as in the press.
FIXED = {
    "LOSSBOOK_PROGRESS": "0",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
}
# What the user keeps in these folders and files (start-up code, settings, styles) stays out of the notebooks.
FOLDERS = {
    "IPYTHONDIR": "ipython",
    "JUPYTER_CONFIG_DIR": "jupyter",
    "JUPYTER_CONFIG_PATH": "jupyter",
    "MPLCONFIGDIR": f"matplotlib-{version('matplotlib')}",
}
STARTING = threading.Lock()
LEAKS = ("MATPLOTLIBRC", "PYTHONSTARTUP", "PYTHONWARNINGS", "PYTHONINSPECT")


def enter(root: Path) -> None:
    """Give this process, and the kernels it starts, the one environment in which notebooks run."""
    for name in LEAKS:
        os.environ.pop(name, None)
    root = root.resolve()
    home = _home(root)
    folders = {name: str(home / folder) for name, folder in FOLDERS.items()}
    for folder in folders.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
    source = str(root / "src")
    others = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path not in ("", source)]
    os.environ.update(FIXED | folders | {"PYTHONPATH": os.pathsep.join([source, *others])})
    _prime(Path(folders["MPLCONFIGDIR"]))


def _home(root: Path) -> Path:
    """A folder of this project for the kernels' settings and caches, or elsewhere if it is read-only."""
    home = root / "_build" / "kernels"
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            return home
    except OSError:
        return Path(tempfile.mkdtemp(prefix="lossbook-kernels-"))


def _prime(folder: Path) -> None:
    """Let Matplotlib look for fonts now: in a notebook it would say on stderr that it does."""
    if not list(folder.glob("fontlist-*.json")):
        subprocess.run(
            [sys.executable, "-c", "import matplotlib.font_manager"],
            capture_output=True,
            check=False,
        )


def specification() -> dict[str, Any]:
    """The kernel of this Python, as a kernel's specification: forked where that is safe."""
    ordinary = get_kernel_dict()
    if sys.platform != "linux" or os.environ.get("LOSSBOOK_DEVICE", "cpu") != "cpu":
        return ordinary
    program = [sys.executable, "-S", str(HERE / "forked.py"), server_address(), "-f", "{connection_file}"]
    return ordinary | {"argv": program}


def server_address() -> str:
    """The socket of this process's fork server, which is started when first asked for and ends with it."""
    with STARTING:
        return _start_server()


@cache
def _start_server() -> str:
    folder = tempfile.mkdtemp(prefix="lossbook-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(f"{folder}/door")
        door.listen(64)
        program = [sys.executable, str(HERE / "forkserver.py"), str(door.fileno())]
        # It ends when this process ends and its standard input with it.
        subprocess.Popen(
            program,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[door.fileno()],
            start_new_session=True,
        )
    return f"{folder}/door"
