"""The three Log Analytics functions the local engine lacks, replaced in the text of a query. Nothing else is touched.

- `workspace('own id').Table` becomes `Table`;
- `column_ifexists('c', default)` becomes the column where the table named last before it has one, else the default;
- `ingestion_time()` becomes the hidden column that holds it.
"""

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

INGESTED = "$ingested"  # the hidden column; a real column's name cannot begin with a dollar sign
_TOKEN = re.compile(r"""//[^\n]*|@?'(?:[^'\\]|\\.)*'|@?"(?:[^"\\]|\\.)*"|\w+|\s+|.""", re.DOTALL)
_VERBATIM = re.compile(r"""@'(?:[^']|'')*'|@"(?:[^"]|"")*\"""")
_IF_EXISTS = frozenset({"column_ifexists", "columnifexists"})


class OtherWorkspace(ValueError):
    """The query reaches into a workspace that is not the one asked."""


def rewrite(text: str, tables: Mapping[str, AbstractSet[str]], is_own: Callable[[str], bool]) -> str:
    """`text` with the three functions replaced.

    `tables`: every table name a query may use -> its columns now (none if the workspace has no such table yet).
    `is_own`: whether a name or id inside `workspace('...')` is this workspace.
    """
    return _Rewriting(_tokens(text), tables, is_own).run()


def _tokens(text: str) -> list[str]:
    """Comments, string literals, words, runs of blanks and single characters, which together are the text."""
    found, at = [], 0
    while at < len(text):
        match = _VERBATIM.match(text, at) or _TOKEN.match(text, at)
        assert match  # the last alternative of _TOKEN takes any character
        found.append(match[0])
        at = match.end()
    return found


class _Rewriting:
    """One pass over the tokens, remembering the table named last."""

    def __init__(
        self, tokens: list[str], tables: Mapping[str, AbstractSet[str]], is_own: Callable[[str], bool]
    ) -> None:
        self.tokens = tokens
        self.tables = tables
        self.is_own = is_own
        self.at = 0
        self.columns: AbstractSet[str] = frozenset()

    def run(self, *, inside: bool = False) -> str:
        """Rewrite up to the end, or (`inside` a call) up to the parenthesis that closes it, which is consumed."""
        done: list[str] = []
        depth = 0
        while self.at < len(self.tokens):
            token = self._take()
            depth += (token == "(") - (token == ")")
            if inside and depth < 0:
                break
            done.append(self._replaced(token))
        return "".join(done)

    def _replaced(self, token: str) -> str:
        self.columns = self.tables.get(token, self.columns)
        if token == "ingestion_time" and self._skip("(", ")"):
            return f"['{INGESTED}']"
        if token == "workspace" and self._skip("("):
            return self._workspace()
        if token in _IF_EXISTS and self._skip("("):
            return self._column_if_exists()
        return token

    def _column_if_exists(self) -> str:
        name = self._literal()
        self._skip(",")
        default = self.run(inside=True)
        return f"['{name}']" if name in self.columns else f"({default.strip()})"

    def _workspace(self) -> str:
        name = self._literal()
        if not self.is_own(name):
            raise OtherWorkspace(f"workspace('{name}') is not the workspace asked; the sandbox reads one at a time")
        self._skip(")", ".")
        return ""

    def _literal(self) -> str:
        self._skip_blanks()
        return self._take().lstrip("@")[1:-1]

    def _take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def _skip(self, *expected: str) -> bool:
        """Consume these tokens, and blanks between them; where they do not follow, consume nothing."""
        start = self.at
        for token in expected:
            self._skip_blanks()
            if self.at >= len(self.tokens) or self.tokens[self.at] != token:
                self.at = start
                return False
            self.at += 1
        return True

    def _skip_blanks(self) -> None:
        while self.at < len(self.tokens) and self.tokens[self.at].isspace():
            self.at += 1
