"""The language a page speaks: figures and tables ask here, nothing else switches."""

LANGUAGES = ("ja", "en")

_current = "en"


def use(language: str) -> None:
    """Choose the language of everything that is shown from now on.

    Args:
        language: ``'ja'`` or ``'en'``.

    Raises:
        ValueError: another language.
    """
    global _current
    if language not in LANGUAGES:
        raise ValueError(f"language must be one of {', '.join(map(repr, LANGUAGES))}, found {language!r}")
    _current = language


def current() -> str:
    """The language in use."""
    return _current


def tr(ja: str, en: str) -> str:
    """The one of two texts that belongs to the language in use.

    >>> tr("残差", "residual")
    'residual'
    """
    return ja if _current == "ja" else en
