"""Free TCP ports on 127.0.0.1, below the range from which the kernel hands out outgoing ports."""

import random
import socket
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")
HOST = "127.0.0.1"
LOWEST, HIGHEST = 20_000, 32_000  # outgoing connections start at 32768; a port up there can be taken at any moment
_ATTEMPTS = 50
_chance = random.Random()  # its own generator: a test runner seeds the shared one alike in every process


def candidates(count: int = _ATTEMPTS) -> Iterator[int]:
    """`count` different port numbers, in no order."""
    yield from _chance.sample(range(LOWEST, HIGHEST), count)


def bind_somewhere(make: Callable[[int], T]) -> T:
    """What `make(port)` returns for the first port on which it does not raise OSError."""
    for port in candidates():
        try:
            return make(port)
        except OSError:
            continue
    raise RuntimeError(f"no free port between {LOWEST} and {HIGHEST}")


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now. Another process may still be faster, so the caller must be ready to try again."""
    found = [port for port in candidates() if _is_free(port)]
    return found[:count]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
