"""``ack``, ``note``, ``reclassify``, ``close``: what somebody has to say of an incident. The next poll shows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from correlator import desk
from correlator.cli import kept, show
from correlator.cli.tables import open_desk, user, written
from correlator.errors import UsageError
from correlator.incident_json import iso
from correlator.model import Cause, Status
from correlator.people import Remark, RemarkKind

CAUSES = [c.value for c in Cause]
F = TypeVar("F", bound=Callable[..., Any])


def _options(command: F) -> F:
    """``--by`` and ``--json``, which all of them have."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output"),
        click.option("--by", default=user, help="Who says so (default: the user of this machine)"),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("incident", metavar="ID")
@click.option("--text", default="", help="A line for the others")
@_options
def ack(incident: str, text: str, by: str, as_json: bool) -> None:
    """Acknowledge an incident: you look after it. No more reminders until it drops again.

    \b
    python -m correlator ack VPN-20260821-7F3K2M --text "called the carrier"
    """  # noqa: D301  click's mark for lines that stay as they are
    _say(incident, RemarkKind.ACKNOWLEDGED, text, by, as_json=as_json)


@click.command()
@click.argument("incident", metavar="ID")
@click.argument("text")
@_options
def note(incident: str, text: str, by: str, as_json: bool) -> None:
    """Leave a note with an incident.

    \b
    python -m correlator note VPN-20260821-7F3K2M "line card replaced"
    """  # noqa: D301  click's mark for lines that stay as they are
    _say(incident, RemarkKind.NOTE, text, by, as_json=as_json)


@click.command(epilog=f"CAUSE is one of {', '.join(CAUSES)}.")
@click.argument("incident", metavar="ID")
@click.argument("cause", metavar="CAUSE", type=click.Choice(CAUSES))
@click.option("--text", default="", help="How you know")
@_options
def reclassify(incident: str, cause: str, text: str, by: str, as_json: bool) -> None:
    """Say whose it was, where you know better than the logs. Their verdict stays; yours stands beside it.

    \b
    python -m correlator reclassify VPN-20260821-7F3K2M remote-unreachable
    """  # noqa: D301  click's mark for lines that stay as they are
    _say(incident, RemarkKind.RECLASSIFIED, text, by, cause, as_json=as_json)


@click.command()
@click.argument("incident", metavar="ID")
@click.option("--text", default="", help="Why it will not come back")
@_options
def close(incident: str, text: str, by: str, as_json: bool) -> None:
    """End an incident that the log will never end. A site was given up, a device has another address.

    \b
    python -m correlator close VPN-20260821-7F3K2M --text "site given up"
    """  # noqa: D301  click's mark for lines that stay as they are
    _say(incident, RemarkKind.CLOSED, text, by, as_json=as_json)


def _say(incident: str, kind: RemarkKind, text: str, by: str, cause: str = "", *, as_json: bool) -> None:
    who, text = written("--by", by) or user(), written("the text", text)
    at_hand = open_desk(workspaces=True)
    found = kept.incident(at_hand.history, incident)
    if kind in (RemarkKind.ACKNOWLEDGED, RemarkKind.CLOSED) and found["status"] != Status.OPEN:
        raise UsageError(f"{incident} is {found['status']}; only an open incident can be {kind.value}")
    remark = Remark(found["id"], desk.now_of(at_hand.store), who, kind, text, cause)
    desk.say(at_hand.store, at_hand.workspaces, remark, found["gateway"]["resource_id"])
    if as_json:
        show.document(remark._asdict() | {"at": iso(remark.at)})
    else:
        click.echo(f"{incident}: {kind.value} by {remark.who}; the next poll shows it")
