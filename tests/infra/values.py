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
    variables = {name: v.body for name, v in templates[APP].variables.items() if name in _identifiers(settings)}
    used = _identifiers(settings).union(*map(_identifiers, variables.values()))
    defaults = {p.name: p.default for p in templates["main.bicep"].parameters}
    passed = properties(properties(templates["main.bicep"].modules["functionApp"].body)["params"])
    taken = {name: default for name in used & passed.keys() if (default := defaults.get(text_of(passed[name])))}
    names = {name: value(node, {}) for name, node in taken.items()} | dict(given)
    names |= {name: value(node, names) for name, node in variables.items() if name not in names}
    made: dict[str, str] = value(settings, names)
    return made


def _identifiers(node: Node) -> set[str]:
    return {text_of(each) for each in walk(node) if each.type == "identifier"}


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
    owner, name = value(node.named_children[0], names), text_of(node.named_children[1])
    # The grammar reads item => item.value as (item => item).value.
    return (lambda each: owner(each)[name]) if callable(owner) else owner[name]


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
    "filter": lambda parts, wanted: [each for each in parts if wanted(each)],
    "items": lambda thing: [{"key": key, "value": each} for key, each in sorted(thing.items())],
    "join": lambda parts, between: between.join(parts),
    "startsWith": lambda text, beginning: text.startswith(beginning),
    "string": json.dumps,
    "toObject": lambda parts, key, worth: {key(each): worth(each) for each in parts},
    "union": lambda *objects: {name: each for part in objects for name, each in part.items()},
}


def _logic(node: Node, names: Names) -> bool:
    left, right = node.named_children
    match text_of(node.children[1]):
        case "&&":
            return bool(value(left, names) and value(right, names))
        case "||":
            return bool(value(left, names) or value(right, names))
    raise UnknownExpression(text_of(node))


def _not(node: Node, names: Names) -> bool:
    if text_of(node.children[0]) != "!":
        raise UnknownExpression(text_of(node))
    return not value(node.named_children[0], names)


def _lambda(node: Node, names: Names) -> Callable[[Any], Any]:
    name, body = node.named_children
    return lambda each: value(body, {**names, text_of(name): each})


def _boolean(node: Node, _: Names) -> bool:
    return text_of(node) == "true"


_KINDS: dict[str, Callable[[Node, Names], Any]] = {
    "boolean": _boolean,
    "binary_expression": _logic,
    "unary_expression": _not,
    "lambda_expression": _lambda,
    "string": _string,
    "identifier": lambda node, names: names[text_of(node)],
    "member_expression": _member,
    "ternary_expression": _choice,
    "call_expression": _call,
    "array": lambda node, names: [value(each, names) for each in node.named_children],
    "object": lambda node, names: {name: value(each, names) for name, each in properties(node).items()},
    "number": lambda node, _: int(text_of(node)),
}
