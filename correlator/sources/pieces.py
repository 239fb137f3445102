"""A large answer of the query API in pieces, so that reading it takes the memory of a piece and not of the whole.

Where a row ends is told by its bytes, which a cell of text might hold as well. So a piece counts only if it parses: one
that was cut inside a cell has an open quote, and is never taken for rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from correlator.sources.answer import TextTable, text_tables

SIZE = 1 << 20
"""Bytes of a piece, some three thousand rows."""
FIRST_ROW = re.compile(rb'"rows"\s*:\s*\[\s*(?=\[)')
ROW_TO_ROW = re.compile(rb'("\s*\])\s*,\s*(?=\[\s*")')
CLOSE = b"]}]}"


def pieces(file: BinaryIO) -> Iterator[TextTable | bytes]:
    """Tables of one portion of rows each, and at last the rest: a document of its own, in whatever shape it is.

    The rest is the whole file where it is small, holds more than text in its cells, or is no answer of that API.
    """
    text = file.read(SIZE)
    head = FIRST_ROW.search(text)
    between = head and ROW_TO_ROW.search(text, head.end())
    if not (head and between):
        yield text + file.read()
        return
    opening, rows = text[: head.end()], text[head.end() :]
    while more := file.read(SIZE):
        rows += more
        cut = rows.rfind(between[0])
        tables = text_tables(opening + rows[: cut + len(between[1])] + CLOSE) if cut >= 0 else None
        if not tables or len(tables) > 1:  # of several, the rows that follow are those of the last
            break
        yield tables[0]
        rows = rows[cut + len(between[0]) :]
    yield opening + rows + file.read()
