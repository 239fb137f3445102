"""What Azure runs: two timers and nothing else. Clients are made at the first run, never at import."""

import logging
import os
from functools import cache

import azure.functions as func

from correlator.wiring import App, build

app = func.FunctionApp()
log = logging.getLogger("correlator")


@cache
def _app() -> App:
    """One set of clients and settings for as long as this process is warm."""
    return build(os.environ)


@app.timer_trigger(schedule="%POLL_SCHEDULE%", arg_name="timer", run_on_startup=False, use_monitor=True)
def poll(timer: func.TimerRequest) -> None:
    """Read what is new, decide, tell."""
    if timer.past_due:
        log.info("this poll is late; it catches up from the last mark")
    _app().poll()


@app.timer_trigger(schedule="0 10 * * * *", arg_name="timer", run_on_startup=False, use_monitor=True)
def weekly_summary(timer: func.TimerRequest) -> None:
    """Once an hour, send last week's summary if it is due in the customer's zone."""
    _app().summarize()
