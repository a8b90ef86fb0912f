"""Search that finds Japanese as a reader types it, and English words by their stems.

Japanese has no spaces, and a morphological analyser in the build cannot be repeated in the browser. So a run
of Japanese characters is indexed by its single characters and its pairs of neighbours; a query is split into
pairs too, by `search.js`. What is found contains every pair of the query.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

CJK = r"\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
CJK_RUN = re.compile(f"[{CJK}]+")
WORD = re.compile(f"[{CJK}]+|[^\\W{CJK}]+")


class BilingualSearch(SearchEnglish):
    """English stems and Japanese pairs in one index."""

    js_splitter_code = Path(__file__).with_name("search.js").read_text(encoding="utf8")

    def split(self, input: str) -> list[str]:
        """The terms to index in a text: Latin words as they are, Japanese runs as characters and pairs."""
        words = WORD.findall(unicodedata.normalize("NFKC", input))
        return [term for word in words for term in terms_of(word)]

    def word_filter(self, word: str) -> bool:
        """Whether to index a term: everything but English stop words."""
        return word not in self.stopwords


class JapaneseEditionSearch(BilingualSearch):
    """The search of the Japanese edition."""

    lang = "ja"
    language_name = "Japanese"


class EnglishEditionSearch(BilingualSearch):
    """The search of the English edition."""

    lang = "en"
    language_name = "English"


def terms_of(word: str) -> list[str]:
    """What one word is indexed by."""
    if not CJK_RUN.fullmatch(word):
        return [word]
    return [*word, *pairs(word)]


def pairs(run: str) -> list[str]:
    """Neighbouring characters: 損失関数 gives 損失, 失関, 関数."""
    return [run[i : i + 2] for i in range(len(run) - 1)]


def register(app: Sphinx) -> None:
    """Register the search of both editions."""
    app.add_search_language(JapaneseEditionSearch)
    app.add_search_language(EnglishEditionSearch)
