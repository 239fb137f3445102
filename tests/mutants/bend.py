"""Ways in which the rules and windows of the verdict can be wrong: each is one small change of one file's syntax tree.

A rule is taken out, or changes places with its neighbour; a condition in it is forgotten; it is surer or less sure than
it was; a window of the policy has half or twice its length.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
CAUSES, MODEL = "correlator.causes", "correlator.model"
CERTAINTY = {"CONFIRMED": "LIKELY", "LIKELY": "CONFIRMED"}


Way = Callable[[ast.FunctionDef, Any, int], str]
"""Bends a node of a function in place and says how."""


class Mutant(NamedTuple):
    """A module bent in one place. ``of`` is the rule or window, ``how`` says what was done to it."""

    of: str
    how: str
    module: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """What it is called in lists."""
        return f"{self.of}: {self.how}"


def mutants() -> list[Mutant]:
    """All of them, in the order of the rules and of the windows."""
    causes, model = _tree(CAUSES), _tree(MODEL)
    rules = [ast.unparse(rule) for rule in _rules(causes).elts]
    return [
        *(m for place, rule in enumerate(rules) for m in _of_rule(causes, rule, place, len(rules))),
        *(m for helper in ("azure_like", "silent_for_long", "explain") for m in _bent(causes, helper)),
        *_windows(model),
    ]


def _tree(module: str) -> ast.Module:
    return ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))


def _rules(tree: ast.Module) -> ast.Tuple:
    """The tuple that RULES is set to."""
    (found,) = (n.value for n in tree.body if isinstance(n, ast.AnnAssign) and ast.unparse(n.target) == "RULES")
    assert isinstance(found, ast.Tuple)
    return found


def _of_rule(tree: ast.Module, rule: str, place: int, count: int) -> Iterator[Mutant]:
    removed = deepcopy(tree)
    _rules(removed).elts.pop(place)
    yield Mutant(rule, "removed", CAUSES, removed)
    yield from _bent(tree, rule)
    if place + 1 < count:
        swapped = deepcopy(tree)
        order = _rules(swapped).elts
        order[place], order[place + 1] = order[place + 1], order[place]
        yield Mutant(rule, f"asked after {ast.unparse(order[place])}", CAUSES, swapped)


def _bent(tree: ast.Module, function: str) -> Iterator[Mutant]:
    """Each ``if`` of the function forgotten, each part of its conditions dropped, each certainty turned round."""
    original = _function(tree, function)
    for number, node in enumerate(ast.walk(original)):
        for way, part in _ways(original, node):
            bent = deepcopy(tree)
            body = _function(bent, function)
            yield Mutant(function, way(body, list(ast.walk(body))[number], part), CAUSES, bent)


def _ways(function: ast.FunctionDef, node: ast.AST) -> Iterator[tuple[Way, int]]:
    """What can be done to this node."""
    if isinstance(node, ast.If) and node in function.body:
        yield _without_guard, 0
    elif isinstance(node, ast.BoolOp):
        yield from ((_without_part, part) for part in range(len(node.values)))
    elif isinstance(node, ast.Name) and node.id in CERTAINTY:
        yield _otherwise_sure, 0


def _function(tree: ast.Module, name: str) -> ast.FunctionDef:
    return next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == name)


def _without_guard(function: ast.FunctionDef, node: Any, _: int) -> str:
    """The early return that an ``if`` guards is gone."""
    function.body.remove(node)
    return f"without `if {ast.unparse(node.test)}`"


def _without_part(_: ast.FunctionDef, node: Any, part: int) -> str:
    """One operand of an ``and`` or ``or`` is gone."""
    whole, gone = ast.unparse(node), ast.unparse(node.values.pop(part))
    if len(node.values) == 1:
        node.values *= 2  # the compiler wants two
    return f"`{gone}` dropped from `{whole}`"


def _otherwise_sure(_: ast.FunctionDef, node: Any, __: int) -> str:
    """CONFIRMED for LIKELY, or the other way round."""
    before, node.id = node.id, CERTAINTY[node.id]
    return f"{node.id} for {before} on line {node.lineno}"


def _windows(tree: ast.Module) -> Iterator[Mutant]:
    """Each field of Policy that has a length or a number, halved and doubled."""
    (policy,) = (n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Policy")
    for place, field in enumerate(policy.body):
        if isinstance(field, ast.AnnAssign) and field.value and ast.unparse(field.annotation) in ("timedelta", "int"):
            for how, sign in (("halved", "//"), ("doubled", "*")):
                bent = deepcopy(tree)
                (there,) = (n for n in bent.body if isinstance(n, ast.ClassDef) and n.name == "Policy")
                copy = there.body[place]
                assert isinstance(copy, ast.AnnAssign)
                copy.value = ast.parse(f"{ast.unparse(field.value)} {sign} 2", mode="eval").body
                yield Mutant(ast.unparse(field.target), how, MODEL, ast.fix_missing_locations(bent))
