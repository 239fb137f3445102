"""Tables and pages for a terminal of 80 columns, from public incident objects and their sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from correlator.cli.show import COLOURS, Prose
from correlator.incident_json import gateway_name
from correlator.model import Cause, Confidence, Side, Status
from correlator.ports import Receipt
from correlator.stats import By, Stats, Sum
from correlator.wording import Style, name, phrases
from correlator.wording.answers import length_text, list_end
from correlator.wording.page import people_texts
from correlator.wording.weeks import length

Document = Mapping[str, Any]
INSTANT = timedelta(microseconds=1)


def incidents(found: Sequence[Document], since: datetime, until: datetime, style: Style) -> None:
    """One incident in two lines: when, here and in UTC; gateway and id; whose, how long and where."""
    console = Console(highlight=False)
    if not found:
        console.print(phrases.say(style, "ask.none", period=_period(since, until, style)))
        return
    table = _table(style, "ask.started", "ask.which", "ask.verdict")
    for document in found:
        table.add_row(_times(document, style), _which(document), _verdict(document, style))
    console.print(table)
    console.print(Text(list_end(len(found), style), "dim"))


def _table(style: Style, *keys: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for key in keys:
        # Times and ids are copied: they stay whole, and the words between them wrap.
        table.add_column(phrases.say(style, key), overflow="fold", no_wrap=key in ("ask.started", "ask.which"))
    return table


def _times(document: Document, style: Style) -> Text:
    started = datetime.fromisoformat(document["started_at"])
    text = Text(f"{started.astimezone(ZoneInfo(style.zone)):%Y-%m-%d %H:%M:%S}", no_wrap=True)
    return text if style.zone == "UTC" else text.append(f"\n{started.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z", "dim")


def _which(document: Document) -> Text:
    return Text(phrases.short(document["gateway"]["name"], 24), "bold").append(f"\n{document['id']}", "not bold dim")


def _verdict(document: Document, style: Style) -> Text:
    cause = document["cause"]
    words = name(Cause(cause["code"]), style)
    sure = Confidence(cause["confidence"])
    if sure is Confidence.LIKELY:
        words = f"{words} ({name(sure, style)})"
    length = length_text(document, style)
    peers = list(dict.fromkeys(o["remote_ip"] or "" for o in document["outages"]))
    style = style.at(document["gateway"]["resource_id"])
    # Whether these are all the peers of the gateway is not in the table, so it is not said.
    to = f" · {phrases.places(peers, len(peers) + 1, style)}" if peers else ""
    return Text(words, COLOURS[cause["side"]]).append(f"\n{length}{to}", "default")


def incident(found: Document, told: Sequence[Receipt], style: Style) -> None:
    """Everything the tables hold of one incident, what was said of it too, as a page."""
    console = Console(highlight=False)
    style = style.at(found["gateway"]["resource_id"])
    for line in _page(found, style):
        console.print(line, soft_wrap=isinstance(line, Text) and bool(line.no_wrap))
    start = datetime.fromisoformat(found["started_at"])
    for line in _paragraph("ask.told", _told(told, start, style), style):
        console.print(line, soft_wrap=False)


def _page(found: Document, style: Style) -> Iterator[Text | Table | Padding]:
    cause, gateway = found["cause"], found["gateway"]
    start, end = datetime.fromisoformat(found["started_at"]), found["ended_at"]
    ended = datetime.fromisoformat(end) if end else None
    yield Text(f"{found['id']} · {gateway['name']} · {phrases.day(start, style)}", "bold")
    yield Text(gateway["resource_id"], "dim", no_wrap=True)  # whole, however long, so that it can be copied
    yield _line("label.when", phrases.span(start, ended, style, start, _unended(found)), style)
    yield _line("label.down", length_text(found, style), style)
    words = (Cause(cause["code"]), Side(cause["side"]), Confidence(cause["confidence"]))
    verdict = " · ".join(name(word, style) for word in words)
    yield _line("label.cause", verdict, style, COLOURS[cause["side"]])
    yield Padding(Prose(cause["summary"]), 0, expand=False)  # by itself the console makes a plain text of it
    yield from _dated("label.why", [(e["at"], e["text"]) for e in cause["evidence"]], start, style)
    yield from _paragraph("label.not-found", cause["not_found"], style)
    yield from _paragraph("label.would-change", cause["would_change"], style)
    yield from _paragraph("label.remarks", found["remarks"], style)
    if found["outages"]:
        yield Text()
        yield _outages(found, style)
    if found.get("outages_omitted"):
        yield Text(phrases.say(style, "not-shown", n=found["outages_omitted"]), "dim")
    yield from _dated("page.people", people_texts(found, style), start, style)
    yield from _dated("label.history", [(e["at"], _event(e, style)) for e in found["history"]], start, style)


def _line(key: str, text: str, style: Style, colour: str = "") -> Text:
    return Text(phrases.say(style, "label", label=phrases.say(style, key))).append(text, colour)


def _paragraph(key: str, lines: Sequence[str], style: Style) -> Iterator[Text | Padding]:
    if lines:
        yield Text()
        yield Text(phrases.say(style, key), "bold")
        yield from (Padding(Prose(line), (0, 0, 0, 2)) for line in lines)


def _dated(key: str, lines: Sequence[tuple[str, str]], start: datetime, style: Style) -> Iterator[Text | Padding]:
    """A time and a sentence a line; what does not fit goes on below its own column."""
    if lines:
        yield Text()
        yield Text(phrases.say(style, key), "bold")
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold")
        for at, text in lines:
            table.add_row(Text(_at(datetime.fromisoformat(at), start, style)), Prose(text))
        yield Padding(table, (0, 0, 0, 2))


def _at(at: datetime, start: datetime, style: Style) -> str:
    """A time, with its day where that is not the day on which the incident began."""
    same = phrases.local(at, style).date() == phrases.local(start, style).date()
    return phrases.instant(at, style) if same else phrases.day_and_instant(at, style)


def _event(event: Document, style: Style) -> str:
    """The kinds of events bear the names of the moments at which they are told, or names of their own."""
    keys = (f"moment.{event['event']}", f"page.event.{event['event']}")
    key = next((k for k in keys if phrases.has(style, k)), "")
    what = phrases.say(style, key) if key else event["event"]
    return f"{what} · {name(Cause(event['cause']), style)}"


def _told(told: Sequence[Receipt], start: datetime, style: Style) -> list[str]:
    """Each message in a line: what it said, and when each channel had it."""
    messages: dict[tuple[int, str], list[str]] = {}
    for one in told:
        heard = messages.setdefault((one.number, one.moment), [])
        heard.append(f"{phrases.short(one.channel)} {_at(one.at, start, style)}")
    joint = phrases.say(style, "and")
    return [
        f"{phrases.say(style, f'moment.{moment}')} · {joint.join(heard)}" for (_, moment), heard in messages.items()
    ]


def _unended(found: Document) -> str:
    """What is said in the place of an end: of what was closed, or is not watched any more, nobody knows it."""
    return "still-down" if found["status"] == Status.OPEN else "end-unknown"


def _outages(found: Document, style: Style) -> Table:
    table = _table(style, "ask.peer", "ask.instance", "ask.started", "ask.down", "ask.reason")
    for o in found["outages"]:
        started = datetime.fromisoformat(o["started_at"])
        down, up = (phrases.instance(o[k], style) if o[k] else "-" for k in ("instance_down", "instance_up"))
        moved = down if up == down or o["open"] else f"{down} → {up}"
        seconds = o["duration_seconds"]
        bound = o.get("at_most", False)
        length = (
            phrases.say(style, _unended(found)) if seconds is None else phrases.length(seconds, style, at_most=bound)
        )
        peer = phrases.address(o["remote_ip"] or "", style)
        table.add_row(peer, moved, phrases.clock(started, style), length, phrases.short(o["reason"], 40))
    return table


def stats(found: Stats, since: datetime, until: datetime, style: Style) -> None:
    """One sentence that answers how often and how long, and a table that says whose."""
    console = Console(highlight=False)
    console.print(_sentence(found.total, since, until, style))
    if not found.lines:
        return
    console.print()
    table = _table(style, *(f"ask.by.{b.value}" for b in found.by))
    for key in ("ask.incidents", "ask.drops", "ask.without-path", "ask.tunnel-down", "ask.longest"):
        table.add_column(phrases.say(style, key), justify="right")
    names = Counter(gateway_name(g) for g in _gateways(found))
    for line in found.lines:
        values = [_shown(by, of, names, style) for by, of in zip(found.by, line.of, strict=True)]
        times = (line.connection_downtime_seconds, line.downtime_seconds, line.longest_seconds)
        table.add_row(*values, str(line.incidents), str(line.drops), *(length(t, style) for t in times))
    console.print(table)


def _sentence(total: Sum, since: datetime, until: datetime, style: Style) -> str:
    period = _period(since, until, style)
    if not total.incidents:
        return phrases.say(style, "ask.none", period=period)
    sentence = phrases.say(
        style,
        "ask.total",
        period=period,
        incidents=phrases.count(style, "incidents", total.incidents),
        drops=phrases.count(style, "drops", total.drops),
        time=length(total.connection_downtime_seconds, style),
    )
    still = phrases.say(style, "ask.open", n=total.open) if total.open else ""
    people = phrases.say(style, "ask.judged", n=total.judged, agreed=total.agreed) if total.judged else ""
    return phrases.sentences(style, [sentence, still, people])


def _gateways(found: Stats) -> set[str]:
    """The resource ids among the lines."""
    at = {By.GATEWAY: lambda of: of, By.TUNNEL: lambda of: of.rpartition(" ")[0]}
    return {at[b](of) for line in found.lines for b, of in zip(found.by, line.of, strict=True) if b in at}


def _shown(by: By, of: str, names: Mapping[str, int], style: Style) -> Text:
    match by:
        case By.CAUSE:
            return Text(name(Cause(of), style), COLOURS[Cause(of).side.value])
        case By.SIDE:
            return Text(name(Side(of), style), COLOURS[of])
        case By.GATEWAY:
            return Text(_gateway(of, names))
        case By.TUNNEL:
            gateway, _, peer = of.rpartition(" ")
            return Text(_gateway(gateway, names)).append(f"\n{phrases.address(peer, style.at(gateway))}", "dim")
    return Text(of)


def _gateway(resource_id: str, names: Mapping[str, int]) -> str:
    """Its name; where two bear it, with the resource group."""
    short = gateway_name(resource_id)
    _, _, inside = resource_id.partition("/resourcegroups/")
    return short if names[short] < 2 else f"{inside.partition('/')[0]}/{short}"


def _period(since: datetime, until: datetime, style: Style) -> str:
    """First and last day; an end at midnight belongs to the day before."""
    return f"{phrases.day(since, style)} – {phrases.day(max(since, until - INSTANT), style)}"
