"""Nouns <-> the binary properties of a table entity.

JSON by msgspec (typed both ways, 4 ms of import) and zlib: a gateway's state is a few hundred bytes. Table Storage
takes 64 KiB a property and 1 MiB an entity, so the bytes are cut into numbered properties.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
PROPERTY_BYTES = 60_000


def pack(thing: object) -> dict[str, bytes]:
    """Properties ``B0``, ``B1`` … that hold the thing."""
    data = zlib.compress(msgspec.json.encode(thing), 6)
    return {f"B{n}": data[at : at + PROPERTY_BYTES] for n, at in enumerate(range(0, len(data), PROPERTY_BYTES))}


def unpack(kind: type[T], properties: Mapping[str, Any]) -> T:
    """The thing of this type that the properties hold."""
    parts = sorted((int(name[1:]), value) for name, value in properties.items() if _is_part(name))
    return msgspec.json.decode(zlib.decompress(b"".join(value for _, value in parts)), type=kind)


def _is_part(name: str) -> bool:
    return name[:1] == "B" and name[1:].isdigit()
