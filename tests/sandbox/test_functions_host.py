"""The stand-in host over Microsoft's worker library."""

import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from sandbox.functions_host import FunctionsHost, FunctionsHostError
from sandbox.stack import Stack

SETTINGS = {"POLL_SCHEDULE": "0 */5 * * * *", "SANDBOX_GREETING": "hello"}
APP = """
import json, os
import azure.functions as func

app = func.FunctionApp()
seen = []

@app.timer_trigger(schedule="%POLL_SCHEDULE%", arg_name="timer")
@app.retry(strategy="fixed_delay", max_retry_count="2", delay_interval="00:00:10")
def poll(timer: func.TimerRequest, context: func.Context) -> None:
    seen.append((timer.past_due, timer.schedule_status.get("Next"), context.retry_context.retry_count))
    if "BOOM" in os.environ and len(seen) < int(os.environ["BOOM"]):
        raise LookupError(f"boom {len(seen)}")

@app.route(route="health/{name}", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
async def health(req: func.HttpRequest) -> func.HttpResponse:
    said = {"greeting": os.environ["SANDBOX_GREETING"], "name": req.route_params["name"], "q": dict(req.params)}
    return func.HttpResponse(json.dumps(said) + req.get_body().decode(), status_code=207, headers={"X-A": "b"})
"""

needs_runtime = pytest.mark.skipif(sys.version_info < (3, 13), reason="azure-functions-runtime needs Python 3.13")
AppFolder = Callable[[str], Path]


@pytest.fixture
def app_folder(tmp_path: Path) -> AppFolder:
    """Writes an app and gives its folder."""

    def write(source: str) -> Path:
        (tmp_path / "function_app.py").write_text(source)
        return tmp_path

    return write


@pytest.fixture
def host(app_folder: AppFolder) -> Iterator[FunctionsHost]:
    """A host that runs APP."""
    with FunctionsHost(app_folder(APP), SETTINGS) as opened:
        yield opened


def module() -> ModuleType:
    """The app as the host has loaded it."""
    return sys.modules["function_app"]


@pytest.mark.skipif(sys.version_info >= (3, 13), reason="the runtime is there")
def test_an_old_python_is_told_so(tmp_path: Path) -> None:
    """Before Python 3.13 the module can be imported, and a host says what it needs."""
    with pytest.raises(RuntimeError, match=r"3\.13"):
        FunctionsHost(tmp_path, {})


@needs_runtime
def test_a_timer_gets_what_the_host_knows(host: FunctionsHost) -> None:
    """The function gets past_due and the schedule status through the real decoding."""
    host.run_timer("poll", past_due=True, schedule_status={"Next": "2026-08-21T18:05:00+00:00"})
    assert module().seen == [(True, "2026-08-21T18:05:00+00:00", 0)]


@needs_runtime
def test_the_error_of_a_function_is_raised_as_it_is(host: FunctionsHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the retries of its policy are used up, the function's own last exception comes out."""
    monkeypatch.setenv("BOOM", "9")
    with pytest.raises(LookupError, match="boom 3"):
        host.run_timer("poll")
    assert [retry for *_, retry in module().seen] == [0, 1, 2]


@needs_runtime
def test_a_retry_can_succeed(host: FunctionsHost, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a retry succeeds, the run has succeeded."""
    monkeypatch.setenv("BOOM", "2")
    host.run_timer("poll")
    assert len(module().seen) == 2


@needs_runtime
def test_http_goes_in_and_out(host: FunctionsHost) -> None:
    """Route, query and body reach the function; its status, headers and body come back."""
    answer = host.run_http("health", "POST", body=b"!", route={"name": "z"}, query={"a": "1"})
    assert answer.status == 207
    assert answer.body == b'{"greeting": "hello", "name": "z", "q": {"a": "1"}}!'
    assert answer.headers["X-A"] == "b"


@needs_runtime
def test_schedules_are_resolved(host: FunctionsHost) -> None:
    """The schedule comes from the setting, and says when the timer fires next."""
    assert host.schedule("poll") == "0 */5 * * * *"
    after = datetime(2026, 8, 21, 18, 3, tzinfo=UTC)
    assert host.next_run("poll", after) == datetime(2026, 8, 21, 18, 5, tzinfo=UTC)


@needs_runtime
@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "POLL_SCHEDULE"),
        ({"POLL_SCHEDULE": "*/5 * * * *"}, "six fields"),
        ({"POLL_SCHEDULE": "x " * 6}, "schedule"),
    ],
)
def test_a_wrong_schedule_is_refused(app_folder: AppFolder, settings: dict[str, str], said: str) -> None:
    """A missing setting, five fields, and text that is no schedule are refused before anything runs."""
    with pytest.raises(FunctionsHostError, match=said), FunctionsHost(app_folder(APP), settings):
        pass


@needs_runtime
@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import absent_module", "absent_module"),
        (APP.replace('arg_name="timer"', 'arg_name="clock"'), "{'timer'}"),
        (APP.replace("timer: func.TimerRequest", "timer: func.HttpRequest"), "timer"),
    ],
)
def test_an_app_azure_would_refuse_is_refused(app_folder: AppFolder, source: str, said: str) -> None:
    """The real indexer finds a missing module, a wrong argument name and a wrong annotation."""
    with pytest.raises(FunctionsHostError, match=said), FunctionsHost(app_folder(source), SETTINGS):
        pass


@needs_runtime
def test_an_app_that_somebody_imported_is_not_taken_for_this_one(
    app_folder: AppFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host reads the app of its own folder, whatever the process has under that name."""
    monkeypatch.setitem(sys.modules, "function_app", ModuleType("function_app"))
    with FunctionsHost(app_folder(APP), SETTINGS) as host:
        assert set(host.functions) == {"poll", "health"}


@needs_runtime
def test_nothing_is_left_behind(app_folder: AppFolder) -> None:
    """Settings, search path and the app's module are as before, and a second host starts with a fresh app."""
    before = (dict(os.environ), list(sys.path))
    for _ in range(2):
        with FunctionsHost(app_folder(APP), SETTINGS) as host:
            host.run_timer("poll")
            assert len(module().seen) == 1
    assert (dict(os.environ), list(sys.path)) == before
    assert "function_app" not in sys.modules


@needs_runtime
def test_an_unknown_function_is_named(host: FunctionsHost) -> None:
    """Asking for a function that is not there says which are."""
    with pytest.raises(FunctionsHostError, match="health, poll"):
        host.run_timer("absent")
    with pytest.raises(FunctionsHostError, match="timerTrigger"):
        host.run_timer("health")


# Queues

QUEUE_APP = """
import typing
import azure.functions as func

app = func.FunctionApp()
seen = []

@app.timer_trigger(schedule="0 */5 * * * *", arg_name="timer")
@app.queue_output(arg_name="jobs", queue_name="jobs", connection="Store")
def ask(timer: func.TimerRequest, jobs: func.Out[typing.List[str]]) -> None:
    jobs.set(["good", "bad", '{"a": 1}'])

@app.queue_trigger(arg_name="job", queue_name="jobs", connection="Store")
def work(job: func.QueueMessage) -> None:
    text = job.get_body().decode()
    seen.append((text, job.dequeue_count))
    if text == "bad":
        raise LookupError("boom")

@app.queue_trigger(arg_name="job", queue_name="jobs-poison", connection="Store")
def bury(job: func.QueueMessage) -> None:
    seen.append(("poison " + job.get_body().decode(), job.dequeue_count))

@app.timer_trigger(schedule="0 */5 * * * *", arg_name="timer")
@app.queue_output(arg_name="shares", queue_name="shares", connection="Store")
def begin(timer: func.TimerRequest, shares: func.Out[typing.List[str]]) -> None:
    shares.set(["a,b,c"])

@app.queue_trigger(arg_name="job", queue_name="shares", connection="Store")
@app.queue_output(arg_name="rest", queue_name="shares", connection="Store")
def share(job: func.QueueMessage, rest: func.Out[typing.List[str]]) -> None:
    first, _, left = job.get_body().decode().partition(",")
    seen.append((first, job.dequeue_count))
    if left:
        rest.set([left])
    if first == "b" and job.dequeue_count == 1:
        raise LookupError("boom")
"""


@pytest.fixture
def queue_host(stack: Stack, app_folder: AppFolder) -> Iterator[FunctionsHost]:
    """A host that runs QUEUE_APP over Azurite's queues."""
    folder = app_folder(QUEUE_APP)
    (folder / "host.json").write_text(
        '{"extensions": {"queues": {"batchSize": 2, "maxDequeueCount": 3, "visibilityTimeout": "00:00:30"}}}'
    )
    settings = {
        "Store__queueServiceUri": stack.azurite.queues_endpoint,
        "AzureFunctionsJobHost__extensions__queues__visibilityTimeout": "00:00:00",
    }
    with FunctionsHost(folder, settings) as opened:
        yield opened


@needs_runtime
def test_messages_go_out_and_come_in(queue_host: FunctionsHost) -> None:
    """What a timer writes into its output becomes messages; a batch of them at a time reaches the function."""
    queue_host.run_timer("ask")
    assert queue_host.run_queue("work").taken == 2
    assert sorted(module().seen) == [("bad", 1), ("good", 1)]


@needs_runtime
def test_a_message_that_fails_comes_again_and_is_poison_in_the_end(queue_host: FunctionsHost) -> None:
    """It is counted, tried as often as host.json says, and then put on the queue for poison; the others go once."""
    queue_host.run_timer("ask")
    failed = [text for _ in range(6) for text in queue_host.run_queue("work").failed]
    assert failed == ["LookupError('boom')"] * 3
    assert sorted(module().seen) == [("bad", 1), ("bad", 2), ("bad", 3), ("good", 1), ('{"a": 1}', 1)]
    assert queue_host.run_queue("work").taken == 0
    assert queue_host.run_queue("bury") == (1, ())
    assert module().seen[-1] == ("poison bad", 1)


@needs_runtime
def test_a_run_may_hand_on_a_part_of_its_message(queue_host: FunctionsHost) -> None:
    """What it writes into its output is a message more of its own queue; of a run that fails nothing is written."""
    queue_host.run_timer("begin")
    taken = [queue_host.run_queue("share").taken for _ in range(5)]
    assert taken == [1, 1, 1, 1, 0]
    assert module().seen == [("a", 1), ("b", 1), ("b", 2), ("c", 1)]


@needs_runtime
def test_a_message_waits_before_it_comes_again(stack: Stack, app_folder: AppFolder) -> None:
    """After a failure it is hidden for the time that host.json says."""
    folder = app_folder(QUEUE_APP)
    (folder / "host.json").write_text('{"extensions": {"queues": {"visibilityTimeout": "00:00:30"}}}')
    with FunctionsHost(folder, {"Store__queueServiceUri": stack.azurite.queues_endpoint}) as host:
        host.run_timer("ask")
        assert host.run_queue("work") == (3, ("LookupError('boom')",))
        assert host.run_queue("work").taken == 0
