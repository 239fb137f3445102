"""Which channel hears of which incident: by whose it was, by what users felt, by site.

``teams: azure,unknown; slack: remote site=osaka``. Commas mean "or", blanks mean "and"; a channel may have several
rules, and one without a rule hears of everything. What no rule sends anywhere goes everywhere: a lost alert is worse.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from correlator.model import Facet, Impact, Notification, Side


class Route(NamedTuple):
    """One rule. An empty condition lets everything pass; sites are names or addresses, folded to lower case."""

    channel: str
    sides: tuple[Side, ...] = ()
    impacts: tuple[Impact, ...] = ()
    sites: tuple[str, ...] = ()

    def takes(self, facets: Iterable[Facet], sites: Collection[str] | None) -> bool:
        """Whether it lets pass what was told under one of these facets, of one of these sites (None: of any)."""
        told = any(f.side in (self.sides or (f.side,)) and f.impact in (self.impacts or (f.impact,)) for f in facets)
        return told and (sites is None or not self.sites or not set(self.sites).isdisjoint(sites))


class Routing(NamedTuple):
    """The rules, and the names of sites by the address of their peer."""

    routes: tuple[Route, ...] = ()
    names: Mapping[str, str] = {}

    def recipients(self, n: Notification, channels: Collection[str]) -> list[str]:
        """The channels that hear of it: those of today's side and impact, and all that were told of it before."""
        incident = n.incident
        if incident is None or not self.routes or not n.facets:
            return list(channels)
        named = {peer.lower() for peer in incident.peers}
        named |= {self.names[peer].lower() for peer in incident.peers if peer in self.names}
        # What speaks for others speaks of their sites too.
        chosen = [c for c in channels if self._hears(c, n.facets, None if n.also else named)]
        return chosen or list(channels)

    def _hears(self, channel: str, facets: Iterable[Facet], sites: Collection[str] | None) -> bool:
        mine = [r for r in self.routes if r.channel == channel]
        return not mine or any(r.takes(facets, sites) for r in mine)


EVERYWHERE = Routing()


def parse(text: str, channels: Collection[str]) -> tuple[Route, ...]:
    """The rules of a text; ``channels`` are the names there are. Raises ValueError with the way out."""
    return tuple(_route(part, channels) for part in re.split(r"[;\n]+", text) if part.strip())


def _route(text: str, channels: Collection[str]) -> Route:
    channel, colon, rule = (part.strip().lower() for part in text.partition(":"))
    if not colon or channel not in channels:
        raise ValueError(f"each rule begins with a channel and a colon; channels are {', '.join(channels)}")
    route = Route(channel)
    for word in re.sub(r"\s*([,=])\s*", r"\1", rule).split():
        route = _narrowed(route, word)
    if route == Route(channel):
        raise ValueError(f"say what {channel} hears of, or leave it out: without a rule it hears of everything")
    return route


def _narrowed(route: Route, word: str) -> Route:
    values = tuple(v for v in word.removeprefix("site=").split(",") if v)
    if word.startswith("site=") and values:
        return route._replace(sites=(*route.sites, *values))
    if values and all(v in set(Side) for v in values):
        return route._replace(sides=(*route.sides, *map(Side, values)))
    if values and all(v in set(Impact) for v in values):
        return route._replace(impacts=(*route.impacts, *map(Impact, values)))
    known = ", ".join([*Side, *Impact])
    raise ValueError(
        f"{word} is no condition: give some of {known} with commas between those of one kind, or site=name"
    )
