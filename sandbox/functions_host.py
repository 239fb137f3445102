"""A stand-in for the Functions host that runs a `function_app.py` through Microsoft's Python worker library.

The library indexes, decodes, invokes and encodes as it does in production on Python 3.13. What the host does around it
is done here: settings in the environment, `%NAME%`, schedules of six fields, the retry policy, storage queues.
"""

import asyncio
import importlib
import json
import logging
import os
import re
import sys
import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType, SimpleNamespace, TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from unittest.mock import patch

from cronsim import CronSim, CronSimError

if TYPE_CHECKING:
    from sandbox.queues import Queues

_RUNTIME = "azure_functions_runtime"


class FunctionsHostError(Exception):
    """The host refuses the app: it cannot be indexed, or a setting or a schedule is wrong."""


@dataclass(frozen=True)
class Function:
    """A function as the host sees it. `retries` is how often it is run again after an error."""

    name: str
    function_id: str
    bindings: tuple[dict[str, Any], ...]
    retries: int

    def trigger(self, kind: str) -> dict[str, Any]:
        """The binding of this type, such as timerTrigger."""
        for binding in self.bindings:
            if binding["type"] == kind:
                return binding
        raise FunctionsHostError(f"{self.name} has no {kind}")


@dataclass(frozen=True)
class HttpAnswer:
    """What an HTTP-triggered function returned."""

    status: int
    body: bytes
    headers: dict[str, str]


class Batch(NamedTuple):
    """What became of a batch of messages: how many there were, and the errors of those whose function failed."""

    taken: int
    failed: tuple[str, ...]


class FunctionsHost:
    """`with FunctionsHost(folder, settings) as host:` indexes the app; `host.run_timer("name")` runs a function.

    One host at a time in a process: the library keeps its index in module state, and the settings are in os.environ.
    A retry follows at once, without the delay the policy asks for.
    """

    _loop: asyncio.Runner

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        """`settings` are the app settings, added to the environment while the host is open."""
        if (sys.version_info.major, sys.version_info.minor) < (3, 13):
            raise RuntimeError("azure-functions-runtime needs Python 3.13 or newer")
        self.folder = folder.resolve()
        self.settings = dict(settings)
        self.functions: dict[str, Function] = {}
        self._connected: dict[str, Queues] = {}
        self._runtime = importlib.import_module(_RUNTIME)
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as starting:
            starting.enter_context(patch.dict(os.environ, self.settings))
            starting.enter_context(patch.object(sys, "path", [str(self.folder), *sys.path]))
            sys.modules.pop("function_app", None)  # a worker process indexes once, here each host
            starting.callback(sys.modules.pop, "function_app", None)
            self._loop = starting.enter_context(asyncio.Runner())
            self._runtime.start_threadpool_executor()
            starting.callback(self._runtime.stop_threadpool_executor)
            self.functions = self._loop.run(_index(self._runtime, self.folder))
            self._check_schedules()
            self._closing = starting.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def run_timer(self, name: str, *, past_due: bool = False, schedule_status: Mapping[str, str] | None = None) -> None:
        """Fire a timer, and raise what it raises; `schedule_status` may hold Last, Next, LastUpdated as ISO 8601."""
        status = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": schedule_status or {}, "IsPastDue": past_due}
        _, outputs = self._run(name, "timerTrigger", self._datum(json.dumps(status), "json"))
        for bound, datum in outputs:
            self._put(self.functions[name], bound, datum)

    def run_queue(self, name: str) -> Batch:
        """Take a batch of messages and run the function on all of them at once, as far as the worker has threads."""
        function = self._function(name)
        binding = function.trigger("queueTrigger")
        queues, queue = self._queues(binding["connection"]), self.resolve(binding["queueName"])
        taken = queues.take(queue)

        async def one(message: Any) -> str:
            metadata = {"Id": message.id, "DequeueCount": str(message.dequeue_count), "PopReceipt": message.pop_receipt}
            about = {key: self._datum(v, "json" if key == "DequeueCount" else "string") for key, v in metadata.items()}
            inputs = [(binding["name"], self._datum(message.content, "string"))]
            done, _, outputs, text, _trace = await self._invoke(function, inputs, about)
            for bound, datum in outputs if done else ():
                self._put(function, bound, datum)
            queues.end(queue, message, well=done)
            return "" if done else str(text)

        async def every() -> list[str]:
            return await asyncio.gather(*(one(message) for message in taken))

        return Batch(len(taken), tuple(text for text in self._loop.run(every()) if text))

    def _put(self, function: Function, name: str, datum: Any) -> None:
        """What a function wrote into an output binding: of a JSON array each item is a message."""
        binding = next(b for b in function.bindings if b["name"] == name and b["type"] == "queue")
        texts = json.loads(datum.value) if datum.type == "json" else [datum.value]
        self._queues(binding["connection"]).put(self.resolve(binding["queueName"]), texts)

    def _queues(self, connection: str) -> "Queues":
        from sandbox.queues import Queues, Rules

        if connection not in self._connected:
            settings = {**os.environ, **self.settings}
            self._connected[connection] = Queues.connected(connection, settings, Rules.read(self.folder, settings))
        return self._connected[connection]

    def run_http(
        self,
        name: str,
        method: str = "GET",
        *,
        body: bytes = b"",
        route: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> HttpAnswer:
        """Send an HTTP request; `route` are the values of the {placeholders} in the route."""
        maps = {"params": route, "query": query, "headers": headers}
        content = {key: {k: self._datum(v, "string") for k, v in (each or {}).items()} for key, each in maps.items()}
        url = self._datum("http://127.0.0.1/", "string")
        request = {"method": self._datum(method, "string"), "url": url, "body": self._datum(body, "bytes"), **content}
        answer = self._run(name, "httpTrigger", self._datum(request, "http"))[0].value
        sent = {key: each.value for key, each in answer["headers"].items()}
        return HttpAnswer(int(answer["status_code"].value), _as_bytes(answer["body"].value), sent)

    def schedule(self, name: str) -> str:
        """The six fields on which a timer runs (UTC), settings resolved."""
        return self.resolve(str(self.functions[name].trigger("timerTrigger")["schedule"]))

    def next_run(self, name: str, after: datetime) -> datetime:
        """When a timer fires next after a moment."""
        return next(CronSim(self.schedule(name), after.astimezone(UTC)))

    def resolve(self, text: str) -> str:
        """`text` with each %NAME% replaced by that setting; one that does not exist is an error, as in Azure."""

        def value(match: re.Match[str]) -> str:
            if match[1] not in self.settings:
                raise FunctionsHostError(f"'%{match[1]}%' does not resolve to a value")
            return self.settings[match[1]]

        return re.sub(r"%([^%]+)%", value, text)

    def _check_schedules(self) -> None:
        for function in self.functions.values():
            if any(binding["type"] == "timerTrigger" for binding in function.bindings):
                _check_ncrontab(function.name, self.schedule(function.name))

    def _function(self, name: str) -> Function:
        if name not in self.functions:
            raise FunctionsHostError(f"no function {name}; there are {', '.join(sorted(self.functions))}")
        return self.functions[name]

    def _run(self, name: str, kind: str, datum: Any) -> tuple[Any, list[tuple[str, Any]]]:
        """Invoke, as often as the retry policy allows: what it returned and wrote, or the last error as raised."""
        function = self._function(name)
        inputs = [(function.trigger(kind)["name"], datum)]
        for attempt in range(function.retries + 1):
            counts = {"retry_count": attempt, "max_retry_count": function.retries}
            with _LastError() as last:
                done, returned, outputs, text, _trace = self._loop.run(self._invoke(function, inputs, {}, **counts))
            if done:
                return returned, outputs
        raise last.error or FunctionsHostError(text)

    async def _invoke(self, function: Function, inputs: list[tuple[str, Any]], about: Any, **counts: int) -> Any:
        invoke = importlib.import_module(f"{_RUNTIME}.native_invocation").invocation_request_native
        return await invoke(str(uuid.uuid4()), function.function_id, inputs, about, **counts)

    @staticmethod
    def _datum(value: object, kind: str) -> Any:
        return importlib.import_module(f"{_RUNTIME}.bindings.datumdef").Datum(value, kind)


class _LastError(logging.Handler):
    """The library answers with an error's text and logs the error itself: this takes it from the log."""

    def __enter__(self) -> Self:
        self.error: BaseException | None = None
        self._logger: logging.Logger = importlib.import_module(f"{_RUNTIME}.logging").logger
        self._logger.addHandler(self)
        return self

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the exception of a log line that carries one."""
        if record.exc_info and record.exc_info[1]:
            self.error = record.exc_info[1]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._logger.removeHandler(self)


class _Messages:
    """Stands for the protobuf module the library is given: each name in it is a class of plain namespaces."""

    StatusResult = type("StatusResult", (SimpleNamespace,), {"Failure": 0, "Success": 1})
    BindingInfo = type("BindingInfo", (SimpleNamespace,), {"undefined": 0, "in_": 0, "out": 1, "inout": 2})

    def __getattr__(self, name: str) -> type[SimpleNamespace]:
        return type(name, (SimpleNamespace,), {})


async def _index(runtime: ModuleType, folder: Path) -> dict[str, Function]:
    """Let the library load the app and describe its functions."""
    started = await runtime.worker_init_request(
        _message(worker_init_request=SimpleNamespace(capabilities={}, function_app_directory=str(folder)))
    )
    if started.result.status != 1:
        raise FunctionsHostError(f"the app cannot be indexed: {started.result.exception.message}")
    described = await runtime.functions_metadata_request(_message())
    return {each.name: _function(each) for each in described.function_metadata_results or []}


def _message(**content: object) -> SimpleNamespace:
    return SimpleNamespace(request=SimpleNamespace(**content), properties={"host": "127.0.0.1", "protos": _Messages()})


def _function(described: Any) -> Function:
    bindings = tuple(json.loads(binding) for binding in described.raw_bindings)
    retries = int(described.retry_options.max_retry_count) if described.retry_options else 0
    return Function(described.name, described.function_id, bindings, retries)


def _check_ncrontab(name: str, schedule: str) -> None:
    """The library indexes any text; the host would refuse this function at start."""
    if len(schedule.split()) != 6:
        raise FunctionsHostError(f"{name}: a schedule has six fields, seconds first: {schedule!r}")
    try:
        CronSim(schedule, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise FunctionsHostError(f"{name}: not a schedule: {schedule!r}") from error


def _as_bytes(body: bytes | str) -> bytes:
    return body.encode() if isinstance(body, str) else body
