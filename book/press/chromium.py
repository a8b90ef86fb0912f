"""Where Chromium is, for what prints, measures and tests the finished book."""

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The program that the variable CHROMIUM names, or the first of ``NAMES`` on the search path."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
