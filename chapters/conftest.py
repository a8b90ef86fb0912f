"""nbval runs the notebooks under the conditions under which the press made them."""

from pathlib import Path

import ipykernel.kernelspec
from book.press import kernel

ipykernel.kernelspec.get_kernel_dict = kernel.specification  # where nbval asks for it
kernel.enter(Path(__file__).resolve().parents[1])
