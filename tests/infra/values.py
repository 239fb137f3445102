"""What expressions of the templates come to, as far as the app's settings need it. The compiler knows the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from tests.infra.laws import APP
from tests.infra.reader import Node, Templates, properties, text_of, walk

Names = Mapping[str, Any]


class UnknownExpression(Exception):
    """An expression that this reader does not know; the text names it."""


def default_settings(templates: Templates, given: Names) -> dict[str, str]:
    """The app settings of a deployment that names nothing but what must be named; ``given`` is what Azure answers.

    ``given`` holds, by parameter of function-app.bicep, the outputs of other modules and what the cloud decides, and
    ``appInsights``. Raises UnknownExpression.
    """
    bodies = [properties(r.body) for r in templates[APP].resources if r.kind == "config"]
    (settings,) = [body["properties"] for body in bodies if text_of(body["name"]) == "'appsettings'"]
    used = {text_of(node) for node in walk(settings) if node.type == "identifier"}
    defaults = {p.name: p.default for p in templates["main.bicep"].parameters}
    passed = properties(properties(templates["main.bicep"].modules["functionApp"].body)["params"])
    taken = {name: default for name in used & passed.keys() if (default := defaults.get(text_of(passed[name])))}
    made: dict[str, str] = value(settings, {name: value(node, {}) for name, node in taken.items()} | dict(given))
    return made


def value(node: Node, names: Names) -> Any:
    """What an expression comes to with these names. Raises UnknownExpression."""
    try:
        return _KINDS[node.type](node, names)
    except KeyError as missing:
        raise UnknownExpression(f"{text_of(node)}: {missing}") from None


def _string(node: Node, names: Names) -> str:
    parts = node.named_children
    return "".join(text_of(p) if p.type == "string_content" else str(value(p.named_children[0], names)) for p in parts)


def _member(node: Node, names: Names) -> Any:
    owner, name = node.named_children
    return value(owner, names)[text_of(name)]


def _choice(node: Node, names: Names) -> Any:
    condition, yes, no = node.named_children
    return value(yes if value(condition, names) else no, names)


def _call(node: Node, names: Names) -> Any:
    function, arguments = node.named_children
    return _FUNCTIONS[text_of(function)](*(value(a, names) for a in arguments.named_children))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "concat": lambda *lists: [each for part in lists for each in part],
    "contains": lambda whole, part: part in whole,
    "empty": lambda thing: not thing,
    "join": lambda parts, between: between.join(parts),
    "string": json.dumps,
    "union": lambda *objects: {name: each for part in objects for name, each in part.items()},
}


def _both(node: Node, names: Names) -> bool:
    left, right = node.named_children
    if text_of(node.children[1]) != "&&":
        raise UnknownExpression(text_of(node))
    return bool(value(left, names) and value(right, names))


def _boolean(node: Node, _: Names) -> bool:
    return text_of(node) == "true"


_KINDS: dict[str, Callable[[Node, Names], Any]] = {
    "boolean": _boolean,
    "binary_expression": _both,
    "string": _string,
    "identifier": lambda node, names: names[text_of(node)],
    "member_expression": _member,
    "ternary_expression": _choice,
    "call_expression": _call,
    "array": lambda node, names: [value(each, names) for each in node.named_children],
    "object": lambda node, names: {name: value(each, names) for name, each in properties(node).items()},
    "number": lambda node, _: int(text_of(node)),
}
