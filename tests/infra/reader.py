"""The templates as a parse tree: enough of it to hold them to our laws. It types nothing; the compiler does that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

pytest.importorskip("tree_sitter_bicep", reason="needs the packages of requirements-dev.txt")
import tree_sitter
import tree_sitter_bicep

ROOT = Path(__file__).parents[2]
INFRA = ROOT / "infra"
Node = tree_sitter.Node
_PARSER = tree_sitter.Parser(tree_sitter.Language(tree_sitter_bicep.language()))
_BRANCHES = ("if_statement", "for_statement", "ternary_expression", "parenthesized_expression", "arguments")


def text_of(node: tree_sitter.Node) -> str:
    """The source of a node."""
    return (node.text or b"").decode()


def literal(node: tree_sitter.Node | None) -> str | None:
    """The value of a string without interpolation, else None."""
    if node is None or node.type != "string" or any(c.type == "interpolation" for c in node.named_children):
        return None
    return "".join(text_of(c) for c in node.named_children)


def walk(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The node and everything below it."""
    yield node
    for child in node.named_children:
        yield from walk(child)


def _parts(node: tree_sitter.Node) -> list[tree_sitter.Node]:
    return [c for c in node.named_children if c.type not in ("comment", "decorators", "diagnostic_comment")]


def objects(node: tree_sitter.Node) -> Iterator[tree_sitter.Node]:
    """The object literals that a value may turn out to be: through loops, conditions and union()."""
    joined = node.type == "call_expression" and text_of(node).startswith("union(")
    if node.type == "object":
        yield node
    elif joined or node.type in _BRANCHES:
        for child in node.named_children:
            yield from objects(child)


def properties(node: tree_sitter.Node) -> dict[str, tree_sitter.Node]:
    """Name -> value of every property the node may have."""
    found: dict[str, tree_sitter.Node] = {}
    for body in objects(node):
        for each in body.named_children:
            inner = each.named_children
            if each.type == "object_property" and inner and inner[0].type != "resource_declaration":
                found[literal(inner[0]) or text_of(inner[0])] = inner[-1]
    return found


def at(node: tree_sitter.Node, path: str) -> tree_sitter.Node | None:
    """The value at a path of property names with dots between them."""
    here: tree_sitter.Node | None = node
    for name in path.split("."):
        here = properties(here).get(name) if here is not None else None
    return here


@dataclass(frozen=True)
class Declared:
    """A parameter, variable, resource, module or output."""

    node: tree_sitter.Node
    decorators: str

    @property
    def name(self) -> str:
        """Its symbolic name."""
        return text_of(_parts(self.node)[0])

    @property
    def kind(self) -> str:
        """Resource type with version, or the file of a module."""
        return literal(_parts(self.node)[1]) or ""

    @property
    def type(self) -> str:
        """Of a parameter or output."""
        return text_of(_parts(self.node)[1])

    @property
    def default(self) -> tree_sitter.Node | None:
        """Of a parameter."""
        parts = _parts(self.node)
        return parts[2] if len(parts) > 2 else None

    @property
    def body(self) -> tree_sitter.Node:
        """What it is set to."""
        return _parts(self.node)[-1]

    @property
    def existing(self) -> bool:
        """Whether a resource is only referred to."""
        return any(c.type == "existing" or text_of(c) == "existing" for c in self.node.children)

    def has(self, decorator: str) -> bool:
        """Whether ``@decorator(…)`` stands before it."""
        return f"@{decorator}(" in self.decorators


@dataclass(frozen=True)
class Template:
    """One file."""

    name: str
    source: str

    @cached_property
    def root(self) -> tree_sitter.Node:
        """Its tree."""
        return _PARSER.parse(self.source.encode()).root_node

    def _declared(self, kind: str) -> list[Declared]:
        found: list[Declared] = []
        for node in walk(self.root):
            if node.type == kind:
                before = node.prev_named_sibling
                decorated = before is not None and before.type == "decorators"
                found.append(Declared(node, text_of(before) if decorated and before is not None else ""))
        return found

    @property
    def faults(self) -> list[str]:
        """What the grammar cannot read."""
        found, waiting = [], [self.root]
        while waiting:
            node = waiting.pop()
            if node.type == "ERROR" or node.is_missing:
                found.append(f"line {node.start_point[0] + 1}: {text_of(node)[:40]!r}")
            waiting += node.children
        return found

    @property
    def parameters(self) -> list[Declared]:
        """In their order."""
        return self._declared("parameter_declaration")

    @property
    def outputs(self) -> list[Declared]:
        """In their order."""
        return self._declared("output_declaration")

    @property
    def variables(self) -> dict[str, Declared]:
        """By name."""
        return {v.name: v for v in self._declared("variable_declaration")}

    @property
    def modules(self) -> dict[str, Declared]:
        """By symbolic name."""
        return {m.name: m for m in self._declared("module_declaration")}

    @property
    def resources(self) -> list[Declared]:
        """Nested ones too."""
        return self._declared("resource_declaration")

    def of(self, kind: str) -> list[Declared]:
        """The resources of a type that are made here, whatever the version."""
        return [r for r in self.resources if r.kind.partition("@")[0] == kind and not r.existing]

    def comment_before(self, declared: Declared) -> str:
        """The lines of comment right above a declaration."""
        lines = self.source.splitlines()
        row = declared.node.start_point[0] - 1
        found: list[str] = []
        while row >= 0 and lines[row].lstrip().startswith("//"):
            found.insert(0, lines[row].strip())
            row -= 1
        return "\n".join(found)


Templates = Mapping[str, Template]


def read(changed: Mapping[str, str] | None = None) -> dict[str, Template]:
    """Every template by its path below infra; ``changed`` has other texts for some."""
    files = sorted([*INFRA.glob("*.bicep"), *INFRA.glob("modules/*.bicep")])
    texts = {f.relative_to(INFRA).as_posix(): f.read_text(encoding="utf-8") for f in files}
    return {name: Template(name, text) for name, text in (texts | dict(changed or {})).items()}
