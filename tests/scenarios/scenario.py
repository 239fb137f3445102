"""A night on paper: a title, a few facts about it, its rows, and the incidents that they are.

A file of this folder reads::

    One maintenance visits both instances
    breaks:   maintenance_row                 the rule of causes.py, window of Policy or other step that it alone breaks
    sourced:  what the public pages say of it
    composed: what was made up
    mode:     gw1=active-standby              if given, and not read off the log
    far:      tokyo=gw2                       this peer's address is that of a watched gateway
    polls:    17:00 to 19:00 every 5m         polled as deployed, and what was said; else one replay

        17:12:10        maintenance IN_0      rows in the language of tests/timeline.py, indented
    ----
    what is expected
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from msgspec.structs import replace

from correlator.evidence import evidence, not_found, would_change
from correlator.incident_json import gateway_name, history
from correlator.measures import connection_downtime_seconds, impact
from correlator.model import Incident, Policy
from correlator.notification import Notification
from correlator.settings.texts import duration
from correlator.wording import Style
from correlator.wording.messages import headline
from correlator.wording.verdicts import evidence_text, key_text, remark_texts, summary
from tests.timeline import Watch, clock, gateway, incidents, outage_in_words, policy

FOLDER = Path(__file__).parent
RULED = "----"
FACTS = {"breaks", "sourced", "composed", "mode", "far", "polls"}
ENGLISH = Style()


class Scenario(NamedTuple):
    """One file of the corpus: what stands above the line, and what is expected below it."""

    title: str
    facts: dict[str, str]
    rows: str
    given: str
    expected: str

    @property
    def policy(self) -> Policy:
        """The default policy with what the file says of modes and far gateways."""
        far = (part.split("=") for part in self.facts.get("far", "").split())
        return replace(policy(self.facts.get("mode", "")), addresses={peer: gateway(other) for peer, other in far})


def scenarios() -> list[Path]:
    """The files of the corpus."""
    return sorted(FOLDER.glob("*.txt"))


def read(path: Path) -> Scenario:
    """The scenario in a file. Raises ValueError for a fact that nobody knows."""
    given, _, expected = path.read_text(encoding="utf-8").partition(f"{RULED}\n")
    title, *lines = given.rstrip().splitlines()
    facts = dict(_fact(line, path) for line in lines if line.strip() and not line.startswith(" "))
    rows = "\n".join(line for line in lines if line.startswith(" "))
    return Scenario(title, facts, rows, given, expected)


def _fact(line: str, path: Path) -> tuple[str, str]:
    key, _, value = line.partition(":")
    if key not in FACTS:
        raise ValueError(f"{path.name}: what is {line!r}?")
    return key, value.strip()


def written(scenario: Scenario, told: str) -> str:
    """The file's text with these expectations."""
    return f"{scenario.given.rstrip()}\n{RULED}\n{told}"


def tell(scenario: Scenario) -> str:
    """What the product makes of the night, in readable lines."""
    if "polls" not in scenario.facts:
        return _text(incidents(scenario.rows, scenario.policy))
    start, end, every = scenario.facts["polls"].replace(" to ", "|").replace(" every ", "|").split("|")
    watch, said, now = Watch(scenario.rows, scenario.policy), list[Notification](), clock(start)
    while now <= clock(end):
        said += [n for step in watch.poll(now).values() for n in step.notifications]
        now += duration(every)
    kept = [t.incident for _, state in sorted(watch.states.items()) for t in state.tracked]
    return "\n".join(["said", *map(_message, said), "", ""]) + _text(kept)


def _message(n: Notification) -> str:
    return f"  {n.at:%H:%M} {n.moment.value}: {headline(n, ENGLISH)}"


def _text(found: list[Incident]) -> str:
    return "\n\n".join("\n".join(_lines(i)) for i in found) + "\n" if found else "no incident\n"


def _lines(incident: Incident) -> Iterator[str]:
    finding = incident.finding
    yield f"{gateway_name(incident.gateway)}: {finding.cause.value}, {finding.confidence.value}, by {finding.rule}"
    seconds = connection_downtime_seconds(incident)
    flags = " flapping" * incident.flapping + " pending" * incident.pending
    yield f"  {incident.status.value}, {impact(incident).value}, {seconds:g} s without a VPN path{flags}"
    yield from (f"    {outage_in_words(d.outage)}" for d in incident.drops)
    yield f"  {summary(incident, ENGLISH)}"
    yield from _under("evidence", [f"{e.at:%H:%M:%S} {evidence_text(e, ENGLISH)}" for e in evidence(incident)])
    yield from _under("not found", [key_text(key, ENGLISH) for key in not_found(incident)])
    yield from _under("would change it", [key_text(key, ENGLISH) for key in would_change(incident)])
    yield from _under("remarks", remark_texts(incident, ENGLISH))
    changes = [" ".join((e["at"][11:19], *list(e.values())[1:])) for e in history(incident) if "change" in e["event"]]
    yield from _under("history", changes)


def _under(title: str, lines: list[str]) -> Iterator[str]:
    yield from [f"  {title}", *(f"    {line}" for line in lines)] if lines else []
