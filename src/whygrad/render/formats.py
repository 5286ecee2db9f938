"""The formats by name."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import SettingError, nearest
from .document import Document
from .html import html
from .latex import latex
from .markdown import markdown
from .text import text

FORMATS: dict[str, Callable[[Document], str]] = {
    "text": text,
    "markdown": markdown,
    "html": html,
    "latex": latex,
}


def write(document: Document, format: str = "text") -> str:
    """The document in one of :data:`FORMATS`.

    Raises
    ------
    SettingError
        If there is no such format.
    """
    if format not in FORMATS:
        raise SettingError(f"no format {format!r}", hint=nearest(format, FORMATS))
    return FORMATS[format](document)
