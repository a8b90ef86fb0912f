"""The bound PDF: contents, page numbers, and links that lead to the right sheet."""

import pytest
from pypdf import PdfReader

from book.press.binding import bind
from book.press.pdf import print_front, print_numbers, print_page

PAGE = """<!doctype html><html><meta charset="utf-8"><h1>{title}<a class="headerlink" href="#top">#</a></h1>
<p><a href="#end">within</a> <a href="{other}.html#end">across</a> <a href="genindex.html">lost</a>
<a href="https://example.org/">away</a></p><details><summary>more</summary>unfolded {title}</details>
<p style="break-before: page" id="end">end of {title}</p></html>"""


@pytest.fixture(scope="module")
def bound(tmp_path_factory, browser):
    html = tmp_path_factory.mktemp("html") / "en"
    html.mkdir()
    for name, other in (("index", "second"), ("second", "index")):
        (html / f"{name}.html").write_text(PAGE.format(title=f"Title {name}", other=other), encoding="utf-8")
    chapters = [print_page(html / f"{name}.html", browser) for name in ("index", "second")]
    front, numbers = print_front("en", chapters, browser), print_numbers(4, browser)
    target = html / "en.pdf"
    assert bind(front, chapters, numbers, {"/Title": "A book"}, "en", target) == 6
    return PdfReader(target)


def sheet_of(reader, link):
    pages = [page.indirect_reference.idnum for page in reader.pages]
    return pages.index(link["/Dest"][0].idnum)


def links(reader, sheet):
    return [note.get_object() for note in reader.pages[sheet]["/Annots"]]


def test_contents_bookmarks_and_numbers(bound):
    assert bound.metadata.title == "A book"
    assert [item.title for item in bound.outline] == ["Contents", "Title index", "Title second"]
    assert [bound.get_destination_page_number(item) for item in bound.outline] == [0, 2, 4]
    assert "Contents" in bound.pages[1].extract_text()
    assert [sheet_of(bound, link) for link in links(bound, 1)] == [2, 4]
    ends = [page.extract_text().split()[-1] for page in list(bound.pages)[2:]]
    assert ends == ["1", "2", "3", "4"]


def test_links_lead_to_the_sheet_they_name(bound):
    for sheet, within, across in ((2, 3, 5), (4, 5, 3)):
        own = [link for link in links(bound, sheet) if "/Dest" in link]
        assert within in [sheet_of(bound, link) for link in own]
        assert across in [sheet_of(bound, link) for link in own]
    addresses = {link["/A"]["/URI"] for n in (2, 4) for link in links(bound, n) if "/A" in link}
    assert addresses == {"https://example.org/"}


def test_what_is_folded_lies_open(bound):
    assert "unfolded Title second" in bound.pages[4].extract_text()
