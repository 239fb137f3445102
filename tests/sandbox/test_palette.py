"""Pictures in 256 colours are the same pictures."""

from __future__ import annotations

import struct
import zlib

import pytest

from sandbox.palette import SIGNATURE, shrunk


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def picture(lines: list[bytes], width: int) -> bytes:
    """An RGB picture; each line begins with the number of its filter."""
    header = struct.pack(">IIBBBBB", width, len(lines), 8, 2, 0, 0, 0)
    return SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"".join(lines))) + chunk(b"IEND", b"")


def pixels(png: bytes) -> list[tuple[int, ...]]:
    """Every pixel of a picture with a palette whose lines are not filtered, in order."""
    found, at = {}, len(SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        found[png[at + 4 : at + 8]] = png[at + 8 : at + 8 + length]
        at += 12 + length
    width, height = struct.unpack(">II", found[b"IHDR"][:8])
    raw, colours = zlib.decompress(found[b"IDAT"]), found[b"PLTE"]
    places = [p for y in range(height) for p in raw[y * (width + 1) + 1 : (y + 1) * (width + 1)]]
    return [tuple(colours[3 * p : 3 * p + 3]) for p in places]


def filtered(kind: int, line: bytes, before: bytes) -> bytes:
    """A line as the specification has it written with this filter, its number first."""
    out = bytearray((kind,))
    for n, value in enumerate(line):
        left, corner = (line[n - 3], before[n - 3]) if n > 2 else (0, 0)
        above = before[n]
        guess = left + above - corner
        near = [abs(guess - v) for v in (left, above, corner)]
        paeth = left if near[0] <= min(near) else above if near[1] <= near[2] else corner
        out.append(value - (0, left, above, (left + above) // 2, paeth)[kind] & 255)
    return bytes(out)


@pytest.mark.parametrize("kind", range(5))
def test_every_filter_is_understood(kind: int) -> None:
    """Whatever filter its lines were written with, each pixel has its colour or one that nobody can tell from it."""
    lines = [bytes((7 * n * n + 31 * y * n + 90 * y) % 256 for n in range(15)) for y in range(6)]
    before = [bytes(15), *lines]
    written = [filtered(kind, line, above) for line, above in zip(lines, before, strict=False)]
    flat = b"".join(lines)
    expected = list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))
    got = pixels(shrunk(picture(written, 5)))
    assert all(max(abs(a - b) for a, b in zip(*pair, strict=True)) < 8 for pair in zip(got, expected, strict=True))
    assert len(got) == 30


def test_what_has_a_palette_stays_as_it_is() -> None:
    """Shrinking twice is shrinking once."""
    once = shrunk(picture([bytes((0, 1, 2, 3, 200, 100, 0))], 2))
    assert shrunk(once) == once
    assert pixels(once) == [(1, 2, 3), (200, 100, 0)]
