"""Mutants that nothing can notice, each with its reason. Few: most that seem so only lack their night."""

from __future__ import annotations

from collections.abc import Mapping

EQUIVALENT: Mapping[str, str] = {}
