"""A build of a small book: both editions, the front page, and warnings that are errors when asked."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from book.press import build
from book.press.layout import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]
BODY = """
$x^2$ {words} {{footcite:p}}`huber1964`

## {section}

$$
a = b
$$ (eq-a)

{{eq}}`eq-a`

```{{footbibliography}}
```
"""
PAGE = {
    "ja": "(top)=\n# 題\n" + BODY.format(words="の尤度", section="節"),
    "en": "(top)=\n# Title\n" + BODY.format(words="has a likelihood", section="Section"),
}
TOC = "format: jb-book\nroot: book/ja/index\n"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A book of one page in each language, with this book's configuration, extension and front page."""
    shutil.copy(ROOT / "_config.yml", tmp_path)
    shutil.copytree(ROOT / "book", tmp_path / "book", ignore=shutil.ignore_patterns("*.md", "__pycache__"))
    (tmp_path / "_toc.yml").write_text(TOC, encoding="utf8")
    package = tmp_path / "src" / "lossbook" / "__init__.py"
    package.parent.mkdir(parents=True)
    package.write_text('__version__ = "1.2.3"\n', encoding="utf8")
    for lang in LANGUAGES:
        (tmp_path / "book" / lang / "index.md").write_text(PAGE[lang], encoding="utf8")
    return tmp_path


def test_strict_build_of_both_editions(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert build.main(tree, strict=True) == 0
    html = tree / "_build" / "html"
    assert (html / "index.html").as_uri() in capsys.readouterr().out
    page = {lang: (html / lang / "index.html").read_text(encoding="utf8") for lang in LANGUAGES}
    assert '<html lang="ja"' in page["ja"]
    assert '<html lang="en"' in page["en"]
    for text in page.values():
        assert 'id="top"' in text
        assert 'id="section"' in text
        assert '<annotation encoding="application/x-tex">x^2</annotation>' in text
        assert text.count("<script src=") + text.count("<script defer") == 1
        assert re.search(r'styles\.css\?v=[0-9a-f]{12}"', text)  # of its content, not of a time
    assert 'hreflang="en" href="../en/index.html"' in page["ja"]
    assert "の尤度" in (html / "ja/_static/search-data.js").read_text(encoding="utf8")
    assert (html / "sitemap.xml").is_file()
    assert (html / "404.html").is_file()


def test_a_warning_fails_only_a_strict_build(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tree / "book" / "en" / "index.md"
    page.write_text(page.read_text(encoding="utf8") + "\n{ref}`no-such-label`\n", encoding="utf8")
    assert build.main(tree) == 0
    assert "[en]" in (said := capsys.readouterr().err)
    assert "no-such-label" in said
    assert build.main(tree, strict=True) == 1
    assert "see the messages of en above" in capsys.readouterr().err


def test_an_explorable_stands_on_its_page_and_an_unknown_one_stops_the_build(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for lang, name in (("ja", "threshold"), ("en", "treshold")):
        page = tree / "book" / lang / "index.md"
        page.write_text(
            page.read_text(encoding="utf8") + f"\n:::{{explorable}} {name}\n:::\n", encoding="utf8"
        )
    assert build.main(tree, strict=True) == 1
    said = capsys.readouterr().err
    assert "explorable: the name must be one of outlier, " in said
    assert "found 'treshold'" in said
    assert not [line for line in said.splitlines() if "[ja]" in line and "explorable" in line]
    text = (tree / "_build" / "editions" / "ja" / "_build" / "html" / "index.html").read_text(encoding="utf8")
    assert 'data-explorable="threshold"' in text
    assert text.index("explorables/core.js") < text.index("explorables/threshold.js")


def test_plain_jupyter_book_gives_the_japanese_edition(tree: Path) -> None:
    (tree / ".cache").mkdir()
    (tree / ".cache" / "README.md").write_text("# not a page\n", encoding="utf8")
    program = "from jupyter_book.cli.main import main; main()"
    arguments = ["build", ".", "-W", "-n", "--keep-going", "-q"]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=tree, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    page = (tree / "_build" / "html" / "book" / "ja" / "index.html").read_text(encoding="utf8")
    assert '<html lang="ja"' in page
    assert "の尤度" in page
    assert "language-switch" not in page  # there is no English edition beside it
