"""Bind printed chapters into one PDF: bookmarks, page numbers, and links that stay within it."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pypdf import PageObject, PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, NullObject, TextStringObject

Place = tuple[str, str]  # a page of the book and an anchor on it, "" for its top


@dataclass
class Chapter:
    """One printed page of the book.

    Attributes:
        source: the HTML file that it was printed from; links name the chapter by its path.
        title: its heading.
        pages: its sheets.
        anchors: by name, the sheet and the height on it, for what the chapter itself links to.
    """

    source: Path
    title: str
    pages: list[PageObject]
    anchors: dict[str, tuple[int, Any]]

    @property
    def name(self) -> str:
        return self.source.stem

    @classmethod
    def read(cls, source: Path, title: str, printed: bytes) -> "Chapter":
        """The chapter in the bytes of a PDF."""
        reader = PdfReader(io.BytesIO(printed))
        anchors = {
            unquote(name.removeprefix("/")): (reader.get_destination_page_number(place) or 0, place.top)
            for name, place in reader.named_destinations.items()
        }
        return cls(source, title, list(reader.pages), anchors)


def bind(
    front: Chapter,
    chapters: list[Chapter],
    numbers: Chapter,
    metadata: dict[str, str],
    lang: str,
    target: Path,
) -> int:
    """Write ``front`` and ``chapters`` to ``target``, the latter numbered; return the number of sheets."""
    writer, places = PdfWriter(), {}
    for chapter in [front, *chapters]:
        first = len(writer.pages)
        for sheet in chapter.pages:
            writer.add_page(sheet)
        places[chapter.name, ""] = _destination(writer, first, None)
        for anchor, (offset, top) in chapter.anchors.items():
            places[chapter.name, anchor] = _destination(writer, first + offset, top)
        writer.add_outline_item(title=chapter.title, page_number=first)
        _relink(writer.pages[first:], chapter, places)
    _relink_across(writer, front.source.parent, places)
    for sheet, number in zip(writer.pages[len(front.pages) :], numbers.pages, strict=True):
        sheet.merge_page(number)
        sheet.compress_content_streams()
    writer.add_metadata(metadata)
    writer.root_object[NameObject("/Lang")] = TextStringObject(lang)
    writer.compress_identical_objects()
    writer.write(target)
    return len(writer.pages)


def _destination(writer: PdfWriter, sheet: int, top: Any) -> ArrayObject:
    page = writer.pages[sheet].indirect_reference
    return ArrayObject([page, NameObject("/XYZ"), NullObject(), top or NullObject(), NullObject()])


def _relink(sheets: Iterable[PageObject], chapter: Chapter, places: dict[Place, ArrayObject]) -> None:
    """Let links within ``chapter`` lead to places: names may mean something else in another chapter."""
    for link in _links(sheets):
        if "/Dest" in link:
            anchor = unquote(str(link["/Dest"]).removeprefix("/"))
            _lead(link, places.get((chapter.name, anchor), places[chapter.name, ""]))


def _relink_across(writer: PdfWriter, html: Path, places: dict[Place, ArrayObject]) -> None:
    """Let links to other pages of the edition lead there; remove those to files that are not in the PDF."""
    for sheet in writer.pages:
        lost = []
        for link in _links([sheet]):
            address = urlsplit(str(link.get("/A", {}).get("/URI", "")))
            if address.scheme != "file":
                continue
            path = Path(unquote(address.path))
            name = path.stem if path.parent == html else ""
            if (name, "") in places:
                _lead(link, places.get((name, unquote(address.fragment)), places[name, ""]))
            else:
                lost.append(link)
        if lost:
            kept = [note for note in _notes(sheet) if note.get_object() not in lost]
            sheet[NameObject("/Annots")] = ArrayObject(kept)


def _links(sheets: Iterable[PageObject]) -> list[DictionaryObject]:
    found = [note.get_object() for sheet in sheets for note in _notes(sheet)]
    return [note for note in found if note.get("/Subtype") == "/Link"]


def _notes(sheet: PageObject) -> ArrayObject:
    notes = sheet.get("/Annots")
    return ArrayObject() if notes is None else notes.get_object()


def _lead(link: DictionaryObject, place: ArrayObject) -> None:
    link.pop("/A", None)
    link[NameObject("/Dest")] = place
