"""What Azure runs: two timers, and what may be asked over HTTP with a function key. No client is made at import.

With many workspaces the poll timer only asks for polls, over a queue; then there are two functions more.
"""

import gc

gc.disable()  # Loading modules makes no garbage, and looking for it took a tenth of a cold start.

import logging
import os
from contextlib import ExitStack
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, List  # noqa: UP035 the worker library takes an Out of this spelling alone

import azure.functions as func

from correlator.ports import Answer
from correlator.settings import fans_out
from correlator.wiring import App, build

if TYPE_CHECKING:
    from correlator.fleet import Fleet

gc.freeze()  # what is loaded stays: the first look for garbage need not go through all of it
gc.enable()

app = func.FunctionApp()
QUEUES = "AzureWebJobsStorage"
_building = Lock()  # several runs of a process may be its first at once
log = logging.getLogger("correlator")


@cache
def _app() -> App:
    """One set of clients and settings for as long as this process is warm."""
    return build(os.environ)


@cache
def _one_fleet() -> "Fleet":
    from correlator.fleet import Fleet

    return Fleet(_app())


def _fleet() -> "Fleet":
    with _building:
        return _one_fleet()


def _late(timer: func.TimerRequest) -> None:
    if timer.past_due:
        log.info("this poll is late; it catches up from the last mark")


if fans_out(os.environ):

    @app.function_name("poll")
    @app.timer_trigger(schedule="%POLL_SCHEDULE%", arg_name="timer", run_on_startup=False, use_monitor=True)
    @app.queue_output(arg_name="polls", queue_name="polls", connection=QUEUES)
    def dispatch(timer: func.TimerRequest, polls: func.Out[List[str]]) -> None:  # noqa: UP006
        """Ask for polls of all workspaces."""
        _late(timer)
        polls.set(_fleet().dispatch())

    @app.queue_trigger(arg_name="message", queue_name="polls", connection=QUEUES)
    @app.queue_output(arg_name="rest", queue_name="polls", connection=QUEUES)
    def poll_workspace(message: func.QueueMessage, rest: func.Out[List[str]]) -> None:  # noqa: UP006
        """Read what is new in one workspace or some, decide, tell."""
        if left := _fleet().work(message.get_body(), message.dequeue_count or 1):
            rest.set(left)

    @app.queue_trigger(arg_name="message", queue_name="polls-poison", connection=QUEUES)
    def poll_given_up(message: func.QueueMessage) -> None:
        """The host stopped trying: say so."""
        _fleet().give_up(message.get_body())

else:

    @app.timer_trigger(schedule="%POLL_SCHEDULE%", arg_name="timer", run_on_startup=False, use_monitor=True)
    def poll(timer: func.TimerRequest) -> None:
        """Read what is new, decide, tell."""
        _late(timer)
        _app().poll()


@app.timer_trigger(schedule="0 10 * * * *", arg_name="timer", run_on_startup=False, use_monitor=True)
def weekly_summary(timer: func.TimerRequest) -> None:
    """Once an hour, send what is due in the customer's zone, and tidy up. What fails stops nothing that comes after."""
    from correlator import selfcheck  # with all of the doctor: no part of a poll's cold start

    with ExitStack() as last_first:
        last_first.callback(selfcheck.run, _app(), os.environ)
        last_first.callback(_app().housekeep)
        last_first.callback(_app().wind_up)
        last_first.callback(_app().summarize)


@app.route(route="incidents", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def incidents(req: func.HttpRequest) -> func.HttpResponse:
    """Incidents of a time."""
    return _response(_app().web().incidents(req.params))


@app.route(route="incidents/{id}", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def incident(req: func.HttpRequest) -> func.HttpResponse:
    """One incident."""
    return _response(_app().web().incident(req.route_params["id"]))


@app.route(route="stats", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def stats(req: func.HttpRequest) -> func.HttpResponse:
    """How often, how long, whose."""
    return _response(_app().web().stats(req.params))


@app.route(route="report", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def report(req: func.HttpRequest) -> func.HttpResponse:
    """The report page."""
    return _response(_app().web().report(req.params))


@app.route(route="health", methods=["GET"], auth_level=func.AuthLevel.FUNCTION)
def health(req: func.HttpRequest) -> func.HttpResponse:
    """Whether it polls, for an uptime checker."""
    return _response(_app().web().health())


@app.route(route="signed-in/report", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def signed_in_report(req: func.HttpRequest) -> func.HttpResponse:
    """The report page for people who signed in; not there unless sign-in is on."""
    return _response(_app().signed_in().report(req.headers, req.params))


@app.route(route="signed-in/incidents/{id}/acknowledge", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
def acknowledge(req: func.HttpRequest) -> func.HttpResponse:
    """Somebody who signed in looks after an incident."""
    return _response(_app().signed_in().acknowledge(req.headers, req.route_params["id"]))


def _response(answer: Answer) -> func.HttpResponse:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return func.HttpResponse(answer.body, status_code=answer.status, mimetype=answer.kind, headers=headers)
