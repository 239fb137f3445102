"""Azurite, Microsoft's storage emulator, in memory: tables, blobs and queues over TLS with Entra tokens."""

import subprocess
import threading
from types import TracebackType
from typing import IO, Self

from sandbox.certificate import Certificate
from sandbox.node import install
from sandbox.ports import HOST, free_ports

ACCOUNT = "devstoreaccount1"  # the emulator's one account
_SERVICES = ("blob", "queue", "table")
_LISTENING = "service is successfully listening"
_START_SECONDS = 60
_STOP_SECONDS = 10
_TRIES = 5


class Azurite:
    """A child process. `start` returns when this child (not another on the port) listens; `stop` ends it."""

    def __init__(self, certificate: Certificate | None = None) -> None:
        """With a certificate: https and bearer tokens, as in Azure; without: plain http and the account key."""
        self._certificate = certificate
        self.child: subprocess.Popen[str] | None = None
        self._ports: dict[str, int] = {}

    @property
    def tables_endpoint(self) -> str:
        """The account's table service."""
        return self._endpoint("table")

    @property
    def blobs_endpoint(self) -> str:
        """The account's blob service."""
        return self._endpoint("blob")

    @property
    def queues_endpoint(self) -> str:
        """The account's queue service."""
        return self._endpoint("queue")

    def _endpoint(self, service: str) -> str:
        return f"{'https' if self._certificate else 'http'}://{HOST}:{self._ports[service]}/{ACCOUNT}"

    def start(self) -> Self:
        """Start the child, again on other ports if somebody was faster on these."""
        packages = install()
        script = packages.folder / "azurite" / "dist" / "src" / "azurite.js"
        for _ in range(_TRIES):
            self._ports = dict(zip(_SERVICES, free_ports(len(_SERVICES)), strict=True))
            self.child = self._spawn([str(packages.node), str(script), *self._options()])
            said = _listen_for_start(self.child)
            if said is None:
                return self
            self.stop()
            if "EADDRINUSE" not in said:
                raise RuntimeError(f"Azurite did not start: {said.strip()}")
        raise RuntimeError(f"Azurite found no free ports in {_TRIES} tries")

    def _spawn(self, command: list[str]) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def _options(self) -> list[str]:
        """Without --skipApiVersionCheck today's blob client is refused; telemetry would look for the internet."""
        ports = [
            text for name in _SERVICES for text in (f"--{name}Port", str(self._ports[name]), f"--{name}Host", HOST)
        ]
        fixed = ["--silent", "--disableTelemetry", "--skipApiVersionCheck", "--inMemoryPersistence"]
        return [*fixed, *ports, *_tls_options(self._certificate)]

    def stop(self) -> None:
        """SIGTERM, and wait for the end; a child that does not obey is killed."""
        child, self.child = self.child, None
        if child is None:
            return
        child.terminate()
        try:
            child.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _tls_options(certificate: Certificate | None) -> list[str]:
    if certificate is None:
        return []
    return ["--oauth", "basic", "--cert", str(certificate.cert), "--key", str(certificate.key)]


def _listen_for_start(child: "subprocess.Popen[str]") -> str | None:
    """None once the child has said that all its services listen, else all it said before it ended."""
    assert child.stdout
    deadline = threading.Timer(_START_SECONDS, child.kill)
    deadline.start()
    said: list[str] = []
    try:
        for line in child.stdout:
            said.append(line)
            if sum(_LISTENING in each for each in said) == len(_SERVICES):
                return None
            if "EADDRINUSE" in line:
                break
    finally:
        deadline.cancel()
        threading.Thread(target=_drain, args=(child.stdout,), daemon=True).start()
    return "".join(said)


def _drain(output: IO[str]) -> None:
    """Read on until the child ends, or it would stop at a full pipe; then close the pipe."""
    with output:
        for _ in output:
            pass
