"""The two languages of the bridge, English in the code and Indonesian beside it.

Sentences are written once, in English, and marked with :func:`mark` where they are
defined; :func:`gettext` finds the translation when one is shown. The catalogues are
ordinary gettext files under ``locales/``, so that Flask-Babel serves the pages from the
same ones; ``make messages`` brings them up to date.
"""

from __future__ import annotations

import functools
import gettext as _gettext
import os
from pathlib import Path

LANGUAGES = ("id", "en")
LOCALES = Path(__file__).parent / "locales"


def mark(message: str) -> str:
    """`message` itself: says to the message extractor that it is to be translated."""
    return message


def gettext(message: str, language: str) -> str:
    """`message` in `language` ("id" or "en"); in English where there is no translation."""
    return _translations(language).gettext(message)


def language_of_system() -> str:
    """The language that the environment asks for, where no configuration says it."""
    wanted = next(
        (value for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (value := os.environ.get(name))), ""
    )
    return "id" if wanted.lower().startswith("id") else "en"


@functools.cache
def _translations(language: str) -> _gettext.NullTranslations:
    return _gettext.translation("messages", LOCALES, [language], fallback=True)
