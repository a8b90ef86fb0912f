"""The press on the command line: ``python -m book.press VERB``; ``--help`` lists the verbs."""

import argparse
import sys
import traceback
from pathlib import Path

from book.press.problems import PressError, in_hand

ROOT = Path(__file__).resolve().parents[2]
FAULT = "_build/press-fault.txt"


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m book.press", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    notebooks = verbs.add_parser("notebooks", help="refresh the notebooks where something changed")
    notebooks.add_argument("names", nargs="*", metavar="NAME", help="chapters (default: all)")
    notebooks.add_argument("--force", action="store_true", help="run them even if nothing changed")
    verbs.add_parser("check", help="the languages agree, the notebooks match their sources")
    verbs.add_parser("prose", help="textlint over the Japanese prose")
    verbs.add_parser("format", help="let ruff rewrite the code cells of the sources")
    new = verbs.add_parser("new", help="the skeleton of a chapter, and its line in _toc.yml")
    new.add_argument("name", metavar="NAME", help="small letters, digits, - and _")
    new.add_argument("--title-ja", help="the Japanese title (default: the name)")
    new.add_argument("--title-en", help="the English title (default: the name)")
    verbs.add_parser("pdf", help="each built edition as one PDF, in _build/pdf")
    verbs.add_parser("epub", help="each built edition as one EPUB, in _build/epub")
    verbs.add_parser("links", help="follow the built book's links to other places")
    build = verbs.add_parser("build", help="both editions, to _build/html")
    build.add_argument("--strict", action="store_true", help="warnings are errors")
    return parser.parse_args(argv)


# The verbs import what they need when they need it: a build does not wait for the kernel's libraries.
def _run(options: argparse.Namespace, root: Path) -> int:
    if options.verb == "notebooks":
        from book.press.refresh import notebooks

        notebooks(root, options.names, options.force)
    elif options.verb == "check":
        from book.press.check import check

        print(check(root))
    elif options.verb == "prose":
        from book.press.textlint import prose

        print(prose(root))
    elif options.verb == "format":
        from book.press.format import format_sources

        print("rewritten:", ", ".join(format_sources(root)) or "nothing")
    elif options.verb == "new":
        from book.press.new import new

        print(new(root, options.name, options.title_ja, options.title_en))
    elif options.verb == "pdf":
        from book.press.pdf import pdf

        print("\n".join(f"{path.relative_to(root)}: {pages} pages" for path, pages in pdf(root)))
    elif options.verb == "epub":
        from book.press.epub import epub

        print("\n".join(f"{path.relative_to(root)}: {pages} pages" for path, pages in epub(root)))
    elif options.verb == "links":
        from book.press.links import dead_links

        dead = dead_links(root)
        print("\n".join(dead) or "every link to another place answers")
        return bool(dead)
    else:
        from book.press.build import main as build

        return build(root, strict=options.strict)
    return 0


def main(argv: list[str] | None = None, root: Path = ROOT) -> int:
    """Run one verb; return the exit status, 1 after a problem, which is printed."""
    options = _arguments(argv)
    try:
        return _run(options, root)
    except KeyboardInterrupt as interrupt:
        print(interrupt.args[0] if interrupt.args else "stopped", file=sys.stderr)
        return 130
    except PressError as error:
        print(error, file=sys.stderr)
        print(f"{len(error.problems)} problem(s)", file=sys.stderr)
    except OSError as error:
        print(f"{options.verb}: {_refused(error)}", file=sys.stderr)
    except Exception as error:
        print(f"{options.verb}: {_unforeseen(error, root)}", file=sys.stderr)
    return 1


def _refused(error: OSError) -> str:
    """What the machine refused, in one sentence."""
    where = error.filename or in_hand() or "a file"
    return f"{where} could not be read or written ({error.strerror or error}); mend that and run it again"


def _unforeseen(error: Exception, root: Path) -> str:
    """One sentence for what nobody thought of; the traceback goes to a file."""
    found = f"{type(error).__name__}: {error}".split("\n")[0]
    where = f" with {in_hand()} in hand" if in_hand() else ""
    fault = "This is a fault of the press: please report it"
    said = f"stopped{where} at something it does not know ({found}). {fault}"
    try:
        (root / "_build").mkdir(exist_ok=True)
        (root / FAULT).write_text(traceback.format_exc(), encoding="utf-8")
    except OSError:
        return f"{said}, with this:\n{traceback.format_exc()}"
    return f"{said}, with {FAULT}"


if __name__ == "__main__":
    sys.exit(main())
