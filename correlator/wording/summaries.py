"""The figures of a week or month in words: availability, what changed, what was not seen, what to do."""

from __future__ import annotations

from math import floor

from correlator.summary import ConnectionSum, Figures, Suggestion, Week
from correlator.wording.phrases import (
    Style,
    count,
    day_and_instant,
    duration,
    gateway,
    place,
    say,
    sentences,
    short,
)
from correlator.wording.weeks import length, sums

SPARKS = "▁▂▃▄▅▆▇█"
REASON = 40


def percent(value: float, style: Style) -> str:
    """``99.998 %``: cut and never rounded up, so that only what never fell has 100."""
    thousandths = floor(value * 1000 + 1e-9)
    text = "100" if value >= 100 else f"{thousandths // 1000}.{thousandths % 1000:03d}"
    return say(style, "percent", n=text)


def availability(week: Week, figures: Figures, style: Style) -> str:
    """Of which connections, against the target, without maintenance, month to date."""
    listed = "week.of-listed" if figures.listed else "week.of-seen"
    met = "week.target.met" if figures.availability >= figures.target else "week.target.missed"
    parts = [
        say(
            style,
            "week.availability",
            percent=percent(figures.availability, style),
            of=count(style, listed, figures.connections),
            target=say(style, met, target=say(style, "percent", n=f"{figures.target:g}")),
        ),
        say(style, "week.without", percent=percent(figures.without_maintenance, style)),
        "" if week.monthly else say(style, "week.month-to-date", percent=percent(figures.month_to_date, style)),
        count(style, "week.below", figures.below_target) if figures.below_target else "",
    ]
    return sentences(style, parts)


def facts(week: Week, figures: Figures, style: Style) -> list[tuple[str, str]]:
    """Label and text of everything that is measured; what is not known is left out, never guessed."""
    found = [
        ("availability", availability(week, figures, style) if figures.connections else ""),
        ("redundancy", _unprotected(figures, style)),
        ("hours", length(figures.business_seconds, style) if figures.seconds else ""),
        ("change", _change(week, figures, style)),
        ("trend", _trend(figures, style)),
        ("untold", _untold(week, figures, style)),
        ("spared", _spared(figures, style)),
        ("seen", _seen(figures, style)),
    ]
    return [(say(style, f"week.label.{key}"), text) for key, text in found if text]


def _unprotected(figures: Figures, style: Style) -> str:
    time = length(figures.unprotected_seconds, style)
    return say(style, "week.unprotected", time=time) if figures.unprotected_seconds else ""


def _change(week: Week, figures: Figures, style: Style) -> str:
    if figures.before is None:
        return ""
    now = sums(week).drops
    times = (length(figures.before.seconds, style), length(figures.seconds, style))
    return say(style, "week.change", before=figures.before.drops, now=now, time_before=times[0], time=times[1])


def _trend(figures: Figures, style: Style) -> str:
    """``▁▁▂█ (0, 0, 4, 11)``: bars for the eye, figures for everybody."""
    if len(figures.trend) < 2:
        return ""
    most = max(figures.trend) or 1
    bars = "".join(SPARKS[-(-n * (len(SPARKS) - 1) // most)] for n in figures.trend)
    return say(style, "week.trend", bars=bars, n=len(figures.trend), listed=", ".join(map(str, figures.trend)))


def _untold(week: Week, figures: Figures, style: Style) -> str:
    drops = sums(week).drops
    parts = [say(style, "week.unknown", n=figures.unknown_drops, drops=count(style, "drops", drops)) if drops else ""]
    if figures.unmapped:
        reasons = say(style, "and").join(say(style, "quoted", text=short(r, REASON)) for r in figures.unmapped)
        parts.append(say(style, "week.unmapped", reasons=reasons))
    return sentences(style, parts)


def _spared(figures: Figures, style: Style) -> str:
    """That maintenance came and nobody noticed is worth a line; that none did is not."""
    times = figures.maintenance_without_drop
    return say(style, "week.spared", n=times) if times else ""


def _seen(figures: Figures, style: Style) -> str:
    parts = []
    if figures.gateways is not None and figures.logging is not None:
        parts.append(
            say(style, "week.coverage", n=figures.logging, gateways=count(style, "gateways", figures.gateways))
        )
    if figures.blind_seconds:
        parts.append(say(style, "week.blind", time=length(figures.blind_seconds, style)))
    return sentences(style, parts)


def actions(figures: Figures, style: Style, most: int) -> list[str]:
    """What is still down, then what would have helped; how many more there are."""
    down = [
        say(style, "todo.down", where=place(peer, style.at(of)), since=day_and_instant(start, style))
        for of, peer, start in figures.open
    ]
    named = [*down, *(_suggestion(s, style) for s in figures.suggestions)][:most]
    more = figures.open_count + len(figures.suggestions) + figures.more_suggestions - len(named)
    return [*named, say(style, "not-shown", n=more)] if more > 0 else named


def _suggestion(s: Suggestion, style: Style) -> str:
    every = duration(round(s.every / 60) * 60, style)
    where = place(s.peer, style.at(s.gateway))
    return say(style, f"suggest.{s.key}", gateway=gateway(s.gateway, style), where=where, every=every)


def connection_row(c: ConnectionSum, week: Week, style: Style) -> tuple[str, str, str]:
    """Where, how long without a path, and the rest: ``vgw-tokyo-prod · 3 drops · 99.839 %``."""
    period = (week.end - week.start).total_seconds()
    share = percent(100 * (1 - c.seconds / period), style) if period else ""
    facts = [gateway(c.gateway, style), count(style, "drops", c.drops), share]
    return place(c.peer, style.at(c.gateway)), length(c.seconds, style), " · ".join(f for f in facts if f)


def notes(week: Week, style: Style) -> list[str]:
    """What the figures are not, and for a month how to get them as a table."""
    csv = [say(style, "month.csv", label=short(week.label, 20))] if week.monthly else []
    return [say(style, "week.not-the-sla"), *csv]
