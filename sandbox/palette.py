"""A screenshot in 256 colours: a picture of text needs no more, and takes a third of the room.

python -m sandbox.palette docs/renders/*.png
"""

from __future__ import annotations

import struct
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MOST, TRUE_COLOUR = 256, 2
Colour = tuple[int, int, int]


def shrunk(png: bytes) -> bytes:
    """The same picture with a palette; what is no picture of 8-bit RGB stays as it is.

    Source: https://www.w3.org/TR/png-3/
    """
    parts = list(_chunks(png))
    width, height, depth, kind, *_ = struct.unpack(">IIBBBBB", parts[0][1])
    if (depth, kind) != (8, TRUE_COLOUR):
        return png
    raw = zlib.decompress(b"".join(body for name, body in parts if name == b"IDAT"))
    lines = [list(zip(line[::3], line[1::3], line[2::3], strict=True)) for line in _unfiltered(raw, width * 3)]
    place, colours = _palette(Counter(pixel for line in lines for pixel in line))
    packed = zlib.compress(b"".join(b"\0" + bytes(place[pixel] for pixel in line) for line in lines), 9)
    header = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    named = ((b"IHDR", header), (b"PLTE", b"".join(map(bytes, colours))), (b"IDAT", packed), (b"IEND", b""))
    return SIGNATURE + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in named
    )


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += 12 + length


def _unfiltered(raw: bytes, width: int) -> Iterator[bytes]:
    """The lines as they were before PNG's five filters; ``width`` is in bytes."""
    before = bytearray(width)
    for at in range(0, len(raw), width + 1):
        kind, line = raw[at], bytearray(raw[at + 1 : at + 1 + width])
        for n in range(width):
            left, above = line[n - 3] if n > 2 else 0, before[n]
            if kind == 1:
                line[n] = line[n] + left & 255
            elif kind == 2:
                line[n] = line[n] + above & 255
            elif kind == 3:
                line[n] = line[n] + (left + above) // 2 & 255
            elif kind == 4:
                line[n] = line[n] + _paeth(left, above, before[n - 3] if n > 2 else 0) & 255
        yield bytes(line)
        before = line


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda value: abs(guess - value))


def _palette(counts: Counter[Colour]) -> tuple[dict[Colour, int], list[Colour]]:
    """The colours that most pixels have, one of each neighbourhood, and for every colour the place of the nearest."""
    chosen: dict[Colour, Colour] = {}
    for colour, _ in counts.most_common():
        if len(chosen) < MOST:
            chosen.setdefault((colour[0] >> 3, colour[1] >> 3, colour[2] >> 3), colour)
    colours = list(chosen.values())
    return {colour: _nearest(colour, colours) for colour in counts}, colours


def _nearest(colour: Colour, among: list[Colour]) -> int:
    red, green, blue = colour
    return min(
        range(len(among)),
        key=lambda n: (among[n][0] - red) ** 2 + (among[n][1] - green) ** 2 + (among[n][2] - blue) ** 2,
    )


def main() -> None:
    """Shrink files in their place."""
    for file in map(Path, sys.argv[1:]):
        before = file.read_bytes()
        after = shrunk(before)
        if len(after) < len(before):
            file.write_bytes(after)
        print(f"{file}: {len(before)} -> {min(len(before), len(after))} bytes")


if __name__ == "__main__":
    main()
