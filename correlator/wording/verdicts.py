"""Why it happened, in words: the verdict in a sentence, and the rows and gaps beneath it."""

from __future__ import annotations

from correlator.evidence import Evidence, hops_without_a_row, regular_every, remarks
from correlator.model import Cause, Confidence, Drop, Incident, Side, Status
from correlator.wording.phrases import (
    Style,
    duration,
    has,
    instance,
    name,
    place,
    say,
    sentences,
    short,
)


def summary(incident: Incident, style: Style) -> str:
    """One or two sentences on the cause, as sure as the logs are and no surer."""
    if incident.status is Status.RETRACTED:
        return say(style, "retracted")
    verdict = because(incident, style) + then(incident, style) + say(style, "stop")
    return sentences(style, [verdict, say(style, "pending") if incident.pending else ""])


def because(incident: Incident, style: Style) -> str:
    """The sentence of the rule that decided; the cause in plain words where a rule has no sentence of its own.

    ``.open`` is said while the tunnel is down, ``.early`` also while late rows may change the verdict.
    """
    finding = incident.finding
    is_open = incident.ended_at is None
    stem = f"because.{finding.rule}.{finding.confidence.value}"
    early = [f"{stem}.early"] if is_open or incident.pending else []
    keys = [*([f"{stem}.open"] if is_open else []), *early, stem, f"because.{finding.confidence.value}"]
    key = next(k for k in keys if has(style, k))
    drop = deciding_drop(incident)
    return say(
        style,
        key,
        cause=name(finding.cause, style),
        instance=instance(drop.outage.instance_down, style),
        other=instance(drop.outage.instance_up, style),
        place=place(drop.outage.peer, style),
        n=drop.around.together,
    )


def deciding_drop(incident: Incident) -> Drop:
    """The first drop whose finding became the incident's."""
    finding = incident.finding
    alike = (d for d in incident.drops if d.finding.cause is finding.cause)
    return next((d for d in incident.drops if d.finding == finding), None) or next(alike, incident.drops[0])


def then(incident: Incident, style: Style) -> str:
    """``; instance 1 followed 25 min later`` where an Azure-side episode went on to the second instance."""
    if incident.finding.cause.side is not Side.AZURE:
        return ""
    first = deciding_drop(incident).outage
    later = next(
        (o for o in incident.outages if o.start > first.start and _another(o.instance_down, first.instance_down)), None
    )
    if later is None:
        return ""
    gap = duration((later.start - first.start).total_seconds(), style)
    unlogged = later in [d.outage for d in hops_without_a_row(incident)]
    return say(style, "then.likely" if unlogged else "then", instance=instance(later.instance_down, style), gap=gap)


def _another(one: str, other: str) -> bool:
    return bool(one) and bool(other) and one != other


def cause_phrase(incident: Incident, style: Style) -> str:
    """The cause in a few words, ``probably`` where it is only likely."""
    finding = incident.finding
    if finding.cause is Cause.UNKNOWN:
        early = incident.pending or incident.ended_at is None
        return say(style, "cause.not-yet") if early else name(finding.cause, style)
    words = name(finding.cause, style)
    return words if finding.confidence is Confidence.CONFIRMED else say(style, "cause.likely", cause=words)


def said_before(incident: Incident, style: Style) -> str:
    """The last earlier cause, one of another side first, as a sentence; ``""`` if there was none."""
    earlier = [incident.first_cause, *(c.cause for c in incident.changes_of_mind)][::-1]
    now = incident.finding.cause
    other = next((c for c in earlier if c.side is not now.side), None) or next(
        (c for c in earlier if c is not now), None
    )
    return say(style, "before", cause=name(other, style)) if other else ""


def evidence_text(e: Evidence, style: Style) -> str:
    """One row under the verdict, without its time."""
    key = e.key
    if key == "switched":
        key = "switched-row"  # "switched" alone is a headline
    elif key == "disconnected" and e.text:
        key = "disconnected.reason"
    return say(
        style,
        key,
        instance=instance(e.instance, style),
        place=place(e.peer, style),
        text=short(e.text),
        n=e.how_many,
        who=short(e.who, 40),
    )


def key_text(key: str, style: Style, every: float = 0.0) -> str:
    """The sentence of a key of ``evidence.not_found``, ``would_change`` or ``remarks``; ``every`` in seconds."""
    return say(style, key, every=duration(round(every / 60) * 60, style))


def remark_texts(incident: Incident, style: Style) -> list[str]:
    """What is worth knowing beside the verdict, in sentences."""
    return [key_text(key, style, regular_every(incident)) for key in remarks(incident)]
