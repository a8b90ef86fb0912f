"""Citations in footnotes (`footcite`), which MyST takes for footnotes that nobody defined."""

from __future__ import annotations

import logging

from sphinx.application import Sphinx

MISTAKEN = "No footnote definitions found for label: 'footcite-"


class KnownFootnotes(logging.Filter):
    """Drops MyST's complaint about the footnotes that sphinxcontrib-bibtex defines after MyST has looked.

    An unknown key is still a warning, of sphinxcontrib-bibtex.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to keep the record."""
        return MISTAKEN not in record.getMessage()


def register(app: Sphinx) -> None:
    """Listen where docutils warns for MyST."""
    logging.getLogger("sphinx.sphinx.util.docutils").addFilter(KnownFootnotes())
