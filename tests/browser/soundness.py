"""What every page of the book must be, as questions to an open page; the answers say what is wrong."""

from __future__ import annotations

import re

from playwright.sync_api import TimeoutError

from .visit import Visit

TITLES = {"ja": "尤度から学ぶ損失関数", "en": "Losses from Likelihood"}

# Names that stay as they are in a Japanese interface.
NAMES = {"English", "Ctrl", "Binder", "Colab", ".ipynb", ".pdf", ".md", "lossbook"}

UNDRAWN = r"""() => {
  const undrawn = [...document.querySelectorAll('.tex')].filter((e) => !e.querySelector('.katex'));
  const mute = [...document.querySelectorAll('.katex')].filter((e) => !e.querySelector('math annotation'));
  const broken = [...document.querySelectorAll('.katex-error, mjx-merror')];
  const bare = [...document.querySelectorAll('.frac-line')].filter(
    (e) => e.checkVisibility() && !parseFloat(getComputedStyle(e).borderBottomWidth));
  const cut = [...document.querySelectorAll('.tex, .tex-block')].filter(
    (e) => getComputedStyle(e).overflowY !== 'visible' && e.scrollHeight > e.clientHeight + 4);
  const text = (e) => e.textContent.slice(0, 80);
  const named = (list, fault) => list.map((e) => `${text(e)} (${fault})`);
  return [...undrawn, ...broken].map(text).concat(
    named(mute, 'without MathML'), named(cut, 'cut off'),
    named(bare.map((e) => e.closest('.katex')), 'a fraction without a bar'));
}"""

RAW_TEX = r"""() => {
  const text = document.querySelector('article') || document.body;
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const raw = [];
  while (walker.nextNode()) {
    const node = walker.currentNode;
    if (node.parentElement.closest('pre, code, script, style, .katex')) continue;
    if (/\$[^$\n]+\$|\\[(\[]|\\(begin|frac|mathbb|text)\b/.test(node.data))
      raw.push(node.data.trim().slice(0, 80));
  }
  return raw;
}"""

# A character without a glyph is drawn as the font's "missing" box, which is also how a noncharacter is drawn.
CHARACTERS = r"""() => {
  const characters = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (parent.closest('script, style, noscript, .katex-mathml')) continue;
    const style = getComputedStyle(parent);
    const font = `${style.fontStyle} ${style.fontWeight} 20px ${style.fontFamily}`;
    if (!characters.has(font)) characters.set(font, new Set());
    for (const c of walker.currentNode.data)
      if (!/[\s\p{Cc}\p{Cf}\p{Z}\p{M}]/u.test(c)) characters.get(font).add(c);
  }
  return [...characters].map(([font, set]) => [font, [...set].join('')]);
}"""

TOFU = r"""(characters) => {
  const canvas = new OffscreenCanvas(32, 32);
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const draw = (character) => {
    pen.clearRect(0, 0, 32, 32);
    pen.fillText(character, 4, 24);
    return pen.getImageData(0, 0, 32, 32).data.join();
  };
  const missing = new Set();
  for (const [font, set] of characters) {
    pen.font = font;
    const boxes = [draw('\u{10FFFF}'), draw('\uFFFF')];
    for (const c of set) if (boxes.includes(draw(c))) missing.add(c);
  }
  return [...missing];
}"""

UNDRAWN_ICONS = r"""() => [...document.querySelectorAll('[class*="fa-"]')]
  .filter((e) => !/url\(/.test(getComputedStyle(e).maskImage)).map((e) => e.className)"""

VISIBLE = r"""(selector) =>
  [...document.querySelectorAll(selector)]
    .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height > 0).length
"""

ENGLISH = r"""() => {
  const found = new Set();
  const add = (text) => {
    if (/[A-Za-z]{3}/.test(text) && !/[\u3040-\u30ff\u4e00-\u9fff]/.test(text)) found.add(text.trim());
  };
  for (const name of 'title aria-label placeholder data-bs-title data-tooltip data-toggle-hint'.split(' '))
    for (const e of document.querySelectorAll(`[${name}]`))
      if (!e.closest('.bibtex-citation')) add(e.getAttribute(name));
  const parts = 'button, summary, label, header, footer, .bd-sidebar, .bd-header-article, ' +
    '#search-results > h2, .search-summary, .admonition-title';
  const content = 'nav, code, script, style, .katex, .prev-next-title, .component-author, .sd-tab-label';
  for (const e of document.querySelectorAll(parts)) {
    const walker = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
    while (walker.nextNode())
      if (!walker.currentNode.parentElement.closest(content)) add(walker.currentNode.data);
  }
  return [...found];
}"""

DUPLICATE_IDS = r"""() => {
  const ids = [...document.querySelectorAll('[id]')].filter((e) => !e.closest('svg')).map((e) => e.id);
  return [...new Set(ids.filter((id, i) => ids.indexOf(id) !== i))];
}"""

# Figures below the window are fetched when a reader comes near; here all at once.
LOAD_ALL = r"""async () => {
  const figures = [...document.querySelectorAll('main img')];
  for (const figure of figures) figure.loading = 'eager';
  await Promise.all(figures.map((figure) => figure.decode().catch(() => 0)));
}"""

UNSIZED = r"""() => [...document.querySelectorAll('.cell_output img')]
  .filter((e) => !e.getAttribute('width') || !e.getAttribute('height')).map((e) => e.getAttribute('src'))"""

POOR_ALT = r"""() => [...document.querySelectorAll('main img')]
  .filter((e) => !e.alt.trim() || /\.(png|svg|jpe?g)$/.test(e.alt) || !e.naturalWidth)
  .map((e) => e.getAttribute('src'))"""

BEHIND_FIGURES = r"""() => [...document.querySelectorAll('.cell_output img')]
  .map((e) => getComputedStyle(e).backgroundColor)"""

# The contrast of WCAG 2 between a text and the nearest ground behind it.
FAINT = r"""(least) => {
  const numbers = (color) => (color.match(/[\d.]+/g) || []).map(Number);
  const linear = (v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const [r, g, b, a = 1] = numbers(getComputedStyle(e).backgroundColor);
      if (a > 0.5) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint = new Map();
  const walker = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    const text = walker.currentNode.data.trim().slice(0, 40);
    const style = getComputedStyle(e);
    if (!text || e.closest('script, style, .katex-mathml, .katex .katex-html *')) continue;
    if (!e.checkVisibility() || style.visibility === 'hidden') continue;
    const [dim, bright] = [light(numbers(style.color)), light(ground(e))].sort((a, b) => a - b);
    const contrast = (bright + 0.05) / (dim + 0.05);
    if (contrast < least) faint.set(`${style.color} ${e.className}`, text);
  }
  return [...faint].map(([how, text]) => `${text} (${how})`);
}"""

# In the header of the article every button lies inside the window, and none upon another.
CUT_HEADER = r"""() => {
  const header = document.querySelector('.bd-header-article');
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest('.dropdown-menu');
  const items = [...header.querySelectorAll('button, a.language-switch')].filter(shown);
  const name = (e) => e.title || e.ariaLabel || e.textContent.trim();
  const boxes = items.map((e) => [name(e), e.getBoundingClientRect()]).filter(([, b]) => b.width > 0);
  const cut = boxes.filter(([, b]) => b.left < -0.5 || b.right > document.documentElement.clientWidth + 0.5);
  const meet = (b, c) =>
    b.left < c.right - 2 && c.left < b.right - 2 && b.top < c.bottom - 2 && c.top < b.bottom - 2;
  const upon = boxes.filter(([, b], i) => boxes.some(([, c], j) => j < i && meet(b, c)));
  return [...cut, ...upon].map(([name]) => name);
}"""

WIDER = r"""() => {
  const width = document.documentElement.clientWidth;
  if (Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) <= width) return [];
  return [...document.querySelectorAll('main *')]
    .filter((e) => e.getBoundingClientRect().right > width + 1).slice(0, 5)
    .map((e) => `${e.tagName.toLowerCase()}.${e.className}`).concat(['the page scrolls sideways']);
}"""

CUT_OFF = r"""() => {
  const column = document.querySelector('.bd-sidebar-secondary');
  if (!column) return [];
  const edge = Math.min(column.getBoundingClientRect().right, document.documentElement.clientWidth);
  return [...column.querySelectorAll('a')]
    .filter((e) => e.getBoundingClientRect().right > edge + 1).map((e) => e.textContent.trim());
}"""


def formulas(visit: Visit) -> list[str]:
    """Formulas that KaTeX did not draw or drew as an error, and TeX left in the text."""
    return [f"formula not drawn: {tex}" for tex in visit.ask(UNDRAWN) + visit.ask(RAW_TEX)]


SEEN: dict[str, set[str]] = {}  # by font, the characters that an earlier page has shown to have a glyph


def glyphs(visit: Visit) -> list[str]:
    """Characters for which no font has a glyph."""
    new = {font: "".join(set(text) - SEEN.setdefault(font, set())) for font, text in visit.ask(CHARACTERS)}
    missing = visit.ask(TOFU, [[font, text] for font, text in new.items() if text])
    for font, text in new.items():
        SEEN[font] |= set(text) - set(missing)
    return [f"no glyph for {c} (U+{ord(c):04X})" for c in missing]


def one_of_each(visit: Visit) -> list[str]:
    """More or fewer than one search field, header, or heading of first rank."""
    counted = {
        "search field": visit.ask(VISIBLE, "input[type=search], .search-button-field"),
        "header": visit.ask(VISIBLE, "header, .bd-header-article"),
        "main heading": visit.ask(VISIBLE, "main h1"),
    }
    return [f"{count} of what should be one: {name}" for name, count in counted.items() if count != 1]


def pictures(visit: Visit) -> list[str]:
    """Images that did not load, lack a description, or do not say their size beforehand."""
    visit.ask(LOAD_ALL)
    unsized = [f"figure without its size: {source}" for source in visit.ask(UNSIZED)]
    return unsized + [
        f"image without a description, or not loaded: {source}" for source in visit.ask(POOR_ALT)
    ]


def language(visit: Visit, lang: str) -> list[str]:
    """A wrong language or title, and in the Japanese edition, interface strings left in English."""
    problems = []
    if (found := visit.ask("() => document.documentElement.lang")) != lang:
        problems.append(f"html lang is {found!r}, not {lang!r}")
    if TITLES[lang] not in visit.page.title():
        problems.append(f"title {visit.page.title()!r} lacks {TITLES[lang]!r}")
    if lang == "ja":
        problems += [f"left in English: {text}" for text in visit.ask(ENGLISH) if not is_name(text)]
    return problems


def is_name(text: str) -> bool:
    """Whether a string of the interface is made of names only."""
    return text in NAMES or bool(re.fullmatch(r"© Copyright \d{4}\.?|lossbook(\.\w+)+", text))


def ids(visit: Visit) -> list[str]:
    """Ids that occur twice."""
    return [f"two elements have the id {name}" for name in visit.ask(DUPLICATE_IDS)]


def dark(visit: Visit) -> list[str]:
    """In the dark: figures that do not lie on white, and texts that are hard to read."""
    visit.page.emulate_media(color_scheme="dark")
    try:
        visit.page.wait_for_function("document.documentElement.dataset.theme === 'dark'", timeout=5000)
    except TimeoutError:
        return ["the page does not follow the system into the dark"]
    on = [f"figure on {color}" for color in visit.ask(BEHIND_FIGURES) if color != "rgb(255, 255, 255)"]
    return on + contrast(visit, "dark")


def contrast(visit: Visit, scheme: str) -> list[str]:
    """Texts that are hard to read on their ground."""
    return [f"faint in {scheme} mode: {text}" for text in visit.ask(FAINT, 4.5)]


def paper(visit: Visit) -> list[str]:
    """Navigation that would be printed, or text that would not."""
    visit.page.emulate_media(media="print")
    shown = visit.ask(VISIBLE, ".bd-sidebar-primary, .bd-header-article, .headerlink")
    text = visit.ask(VISIBLE, "main")
    visit.page.emulate_media(media="screen")
    return ["navigation on paper"] * (shown > 0) + ["no text on paper"] * (text != 1)


def icons(visit: Visit) -> list[str]:
    """Icons of the frame without a drawing."""
    return [f"no drawing for the icon {name}" for name in visit.ask(UNDRAWN_ICONS)]


def description(visit: Visit) -> list[str]:
    """A page without a description, or with raw TeX in it."""
    found = visit.ask("() => document.querySelector('meta[name=description]')?.content ?? ''")
    return [] if len(found) > 10 and "$" not in found else [f"description: {found!r}"]


def colophon(visit: Visit) -> list[str]:
    """A page that does not say its version, the day it was built, and with which torch."""
    found = visit.ask("() => document.querySelector('.book-colophon')?.textContent ?? ''")
    return (
        []
        if re.search(r"0\.\d+\.\d+.*\d{4}-\d\d-\d\d.*torch \d+\.\d+", found, re.DOTALL)
        else [f"colophon: {found!r}"]
    )


def contents(visit: Visit) -> list[str]:
    """Titles in the page's own contents, beside it on a wide screen, that leave their column."""
    return [f"cut off in the contents: {title}" for title in visit.ask(CUT_OFF)]


def width(visit: Visit) -> list[str]:
    """What makes the page scroll sideways on a phone."""
    visit.page.set_viewport_size({"width": 390, "height": 844})
    return [f"too wide: {name}" for name in visit.ask(WIDER)]


def header(visit: Visit) -> list[str]:
    """Buttons of the header that are cut off on the smallest phones, or lie upon each other."""
    cut = []
    for size in (360, 320):
        visit.page.set_viewport_size({"width": size, "height": 640})
        cut += [f"cut off in the header at {size} pixels: {name}" for name in visit.ask(CUT_HEADER)]
    return cut
