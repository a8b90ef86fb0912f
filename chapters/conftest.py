"""nbval runs the notebooks under the conditions under which the press made them."""

import os

from book.press.execute import ENVIRONMENT

os.environ.update(ENVIRONMENT)
