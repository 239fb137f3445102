"""A large answer of the query API in pieces, so that reading it takes the memory of a piece and not of the whole.

Where a row ends is told by its bytes, which a cell of text might hold as well. So a piece counts only if it parses as
rows and nothing else: one that was cut inside a cell has an open quote, and one that goes on behind the rows a bracket
too many.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from correlator.sources.answer import TextRows, TextTable, text_tables

SIZE = 1 << 16
"""Bytes of a piece, two hundred rows: few enough to stay in the cache, and for their memory to be used again."""
SMALL = 1 << 20
"""Bytes that are read at once; the columns of a table and its first rows stand in them."""
FIRST_ROW = re.compile(rb'"rows"\s*:\s*\[\s*(?=\[)')
ROW_TO_ROW = re.compile(rb'("\s*\])\s*,\s*(?=\[\s*")')
CLOSE = b"]}]}"


def pieces(file: BinaryIO) -> Iterator[TextTable | bytes]:
    """Tables of one portion of rows each, and at last the rest: a document of its own, in whatever shape it is.

    The rest is the whole file where it is small, holds more than text in its cells, or is no answer of that API.
    """
    text = file.read(SMALL)
    head = FIRST_ROW.search(text)
    between = head and ROW_TO_ROW.search(text, head.end())
    if not (head and between):
        yield text + file.read()
        return
    opening, rows = text[: head.end()], text[head.end() :]
    tables = text_tables(opening + CLOSE)  # of several, the rows that follow are those of the last
    columns = tables[0]["columns"] if tables and len(tables) == 1 else None
    reader = TextRows(len(columns or ()))
    while columns and (more := file.read(SIZE)):
        rows += more
        cut = rows.rfind(between[0])
        found = reader.read(b"[" + rows[: cut + len(between[1])] + b"]") if cut >= 0 else None
        if found is None:
            break
        yield {"columns": columns, "rows": found}
        rows = rows[cut + len(between[0]) :]
    yield opening + rows + file.read()
