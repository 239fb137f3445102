"""Every word that people read, in their language. Nothing here knows a channel, nothing else holds a sentence.

A language is one file: a table of sentences with the same keys and blanks as ``en.py``, named in ``LANGUAGES``.
The sentences are built in files of their own, which are imported by who says them: most polls say nothing.
"""

from __future__ import annotations

from correlator.wording.phrases import LANGUAGES, Style, name

__all__ = ["LANGUAGES", "Style", "name"]
