"""``silence`` and ``planned-work``: a time in which nothing is said, set without deploying anything."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click

from correlator import desk
from correlator.cli import show
from correlator.cli.tables import Desk, open_desk, user, written
from correlator.errors import UsageError
from correlator.incident_json import gateway_name, iso
from correlator.people import Entry, EntryKind
from correlator.settings.texts import duration

SENTENCES = {
    EntryKind.SILENCE: "Tell nothing of a gateway or peer for a while. It is recorded and counted all the same.",
    EntryKind.PLANNED_WORK: "Enter work that somebody plans. It explains the drops that begin in it, and mutes them.",
}
EXAMPLES = {
    EntryKind.SILENCE: {
        "add": "python -m correlator silence add --gateway vgw-tokyo-prod --for 2h --why noise",
        "list": "python -m correlator silence list",
        "remove": "python -m correlator silence remove 7F3K2M",
    },
    EntryKind.PLANNED_WORK: {
        "add": "python -m correlator planned-work add --peer 203.0.113.10 \\\n"
        '    --from 2026-08-21T17:00 --for 2h --why "router firmware"',
        "list": "python -m correlator planned-work list",
        "remove": "python -m correlator planned-work remove 7F3K2M",
    },
}


def _verbatim(*lines: str) -> str:
    """A paragraph that click leaves as it is."""
    return "\n".join(("\b", *lines))


def _help(sentences: str, kind: EntryKind, command: str) -> str:
    return f"{sentences}\n\n{_verbatim(EXAMPLES[kind][command])}"


def _group(kind: EntryKind) -> click.Group:
    group = click.Group(kind.value, help=f"{SENTENCES[kind]}\n\n{_verbatim(*EXAMPLES[kind].values())}")
    for make in (_adding, _listing, _removing):
        group.add_command(make(kind))
    return group


def _adding(kind: EntryKind) -> click.Command:
    @click.command("add", help=_help("Add one. Without --gateway and --peer it covers everything.", kind, "add"))
    @click.option("--gateway", default="", help="Name or resource id (default: every gateway)")
    @click.option("--peer", default="", help="Public address of the far end (default: every peer)")
    @click.option("--from", "start", default="-0m", help="2026-08-21T17:00, with a zone or in TIMEZONE; default: now")
    @click.option("--to", "end", help="The same for the end")
    @click.option("--for", "lasting", help="Instead of --to: 30m, 2h, 1d")
    @click.option("--why", required=True, help="What for: shown in messages")
    @click.option("--by", default=user, help="Who says so (default: the user of this machine)")
    @click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
    def add(
        gateway: str, peer: str, start: str, end: str | None, lasting: str | None, why: str, by: str, as_json: bool
    ) -> None:
        who, why, far = written("--by", by) or user(), written("--why", why), written("--peer", peer)
        at_hand = open_desk(workspaces=True)
        first, last = _times(start, end, lasting, at_hand.zone)
        named = desk.gateway_id(at_hand.store, at_hand.workspaces, gateway) if gateway else ""
        entry = Entry(kind, first, last, named, far, who, why)
        at_hand.store.add_entry(entry)
        _look_again(at_hand, entry)
        if as_json:
            show.document(_document(entry))
        else:
            click.echo(_line(entry, at_hand.zone))

    return add


def _listing(kind: EntryKind) -> click.Command:
    @click.command("list", help=_help("List those that have not ended.", kind, "list"))
    @click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
    def listed(as_json: bool) -> None:
        at_hand = open_desk()
        entries = at_hand.store.entries(kind, desk.now_of(at_hand.store))
        if as_json:
            show.document({kind.value: [_document(e) for e in entries]})
            return
        for entry in entries:
            click.echo(_line(entry, at_hand.zone))
        if not entries:
            click.echo(f"No {kind.value.replace('-', ' ')} is set.")

    return listed


def _removing(kind: EntryKind) -> click.Command:
    @click.command("remove", help=_help("Remove one by the six characters that its line begins with.", kind, "remove"))
    @click.argument("name")
    @click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output")
    def remove(name: str, as_json: bool) -> None:
        at_hand = open_desk(workspaces=True)
        entries = at_hand.store.entries(kind, desk.now_of(at_hand.store))
        entry = next((e for e in entries if e.id == name.strip().upper()), None)
        if entry is None:
            raise UsageError(f"no {kind.value} {name} that has not ended: see {kind.value} list")
        at_hand.store.remove_entry(entry)
        _look_again(at_hand, entry)
        if as_json:
            show.document(_document(entry))
        else:
            click.echo(f"Removed: {_line(entry, at_hand.zone)}")

    return remove


def _times(start: str, end: str | None, lasting: str | None, zone: str) -> tuple[datetime, datetime]:
    if (end is None) is (lasting is None):
        raise UsageError("give either --to or --for")
    first = show.point_in_time(start, zone)
    if lasting is not None:
        try:
            return first, first + duration(lasting)
        except ValueError as problem:
            raise UsageError(f"--for: {problem}") from None
    last = show.point_in_time(end or "", zone)
    if first >= last:
        raise UsageError("--from must lie before --to")
    return first, last


def _look_again(at_hand: Desk, entry: Entry) -> None:
    """Drops that are known already may get another cause, or be told after all."""
    desk.look_again(at_hand.store, at_hand.workspaces, [entry.gateway] if entry.gateway else [])


def _document(entry: Entry) -> dict[str, Any]:
    return {"id": entry.id} | entry._asdict() | {"start": iso(entry.start), "end": iso(entry.end)}


def _line(entry: Entry, zone: str) -> str:
    """``7F3K2M  2026-08-21 17:00 – 19:00 JST  vgw-tokyo-prod  every peer  kim: router firmware``."""
    start, end = (at.astimezone(ZoneInfo(zone)) for at in (entry.start, entry.end))
    where = gateway_name(entry.gateway) or "every gateway"
    until = f"{end:%H:%M %Z}" if start.date() == end.date() else f"{end:%Y-%m-%d %H:%M %Z}"
    parts = (entry.id, f"{start:%Y-%m-%d %H:%M} – {until}", where, entry.peer or "every peer")
    return "  ".join((*parts, f"{entry.who}: {entry.why}"))


silence, planned_work = _group(EntryKind.SILENCE), _group(EntryKind.PLANNED_WORK)
