"""Nouns <-> the binary properties of a table entity.

JSON by msgspec (typed both ways, 4 ms of import) and zlib: a gateway's state is a few hundred bytes. Table Storage
takes 64 KiB a property and 1 MiB an entity, so the bytes are cut into numbered properties.

Each entity names the schema it was written in. One of an older schema is migrated as it is read, one of a newer schema
is refused: code that was rolled back would read half of it and write the rest away. A new field with a default needs no
new schema; a field that changes its meaning or its place does.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, TypeVar

import msgspec

from correlator.errors import StateTooNew

T = TypeVar("T")
PROPERTY_BYTES = 60_000
SCHEMA = 1
COLUMN = "Schema"
Migration = Callable[[str, Any], Any]
"""What was written in one schema -> the same in the next, as plain JSON; the text is the name of its type."""


def _counted(kind: str, written: Any) -> Any:
    """Before schemas were counted (0) the form was that of 1."""
    del kind
    return written


MIGRATIONS: Mapping[int, Migration] = {0: _counted}
"""From which schema -> the way to the next one."""


_building = Lock()
_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}


def decoder_of(kind: type[T]) -> msgspec.json.Decoder[T]:
    """What reads JSON as this type.

    Made by one thread at a time: while msgspec builds what it knows of a type, a second thread that reads the same type
    meets it half done, and the process dies (msgspec 0.22).
    """
    with _building:
        if kind not in _decoders:
            _decoders[kind] = msgspec.json.Decoder(kind)
        return _decoders[kind]


def pack(thing: object) -> dict[str, Any]:
    """Properties ``B0``, ``B1`` … that hold the thing, and the schema it is written in."""
    data = zlib.compress(msgspec.json.encode(thing), 6)
    parts = {f"B{n}": data[at : at + PROPERTY_BYTES] for n, at in enumerate(range(0, len(data), PROPERTY_BYTES))}
    return {**parts, COLUMN: SCHEMA}


def unpack(
    kind: type[T],
    properties: Mapping[str, Any],
    schema: int = SCHEMA,
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> T:
    """The thing of this type that the properties hold. Raises StateTooNew where newer code wrote it."""
    written = int(properties.get(COLUMN, 0))
    if written > schema:
        raise StateTooNew(
            f"the state was written by a newer version of the app (schema {written}, this one knows {schema}): "
            "bring that version's code again, or see 'Upgrade' in docs/operate.md"
        )
    parts = sorted((int(name[1:]), value) for name, value in properties.items() if _is_part(name))
    data = zlib.decompress(b"".join(value for _, value in parts))
    ways = [way for n in range(written, schema) if (way := migrations[n]) is not _counted]
    if not ways:
        return decoder_of(kind).decode(data)
    thing: Any = msgspec.json.decode(data)
    for way in ways:
        thing = way(kind.__name__, thing)
    with _building:
        return msgspec.convert(thing, type=kind, str_keys=True)


def _is_part(name: str) -> bool:
    return name[:1] == "B" and name[1:].isdigit()
