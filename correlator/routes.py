"""Which channel hears of which incident: by whose it was, by what users felt, by site, by whose the gateway is.

``teams: azure,unknown; slack: remote site=osaka; teams-emea: tag=team:emea; slack-net: subscription=Network``. Commas
mean "or", blanks mean "and", and what holds blanks stands in double quotes; a channel may have several rules, and one
without a rule hears of everything. What no rule sends anywhere goes everywhere: a lost alert is worse.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from msgspec import Struct

from correlator.gateways import GatewayList
from correlator.model import Facet, Impact, Side
from correlator.notification import Notification

_ID = r"(/subscriptions/)?[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"


class Route(NamedTuple):
    """One rule. An empty condition lets everything pass; sites are names or addresses, folded to lower case.

    Of each group of ``tags`` (``key:value``) a gateway must have one. Subscriptions are ids or names.
    """

    channel: str
    sides: tuple[Side, ...] = ()
    impacts: tuple[Impact, ...] = ()
    sites: tuple[str, ...] = ()
    subscriptions: tuple[str, ...] = ()
    tags: tuple[tuple[str, ...], ...] = ()

    def takes(self, facets: Iterable[Facet], sites: Collection[str] | None) -> bool:
        """Whether it lets pass what was told under one of these facets, of one of these sites (None: of any)."""
        told = any(f.side in (self.sides or (f.side,)) and f.impact in (self.impacts or (f.impact,)) for f in facets)
        return told and (sites is None or not self.sites or not set(self.sites).isdisjoint(sites))

    @property
    def names_gateways(self) -> bool:
        """Whether it says whose gateways it is about."""
        return bool(self.subscriptions or self.tags)

    def covers(self, gateway: str, listed: GatewayList | None) -> bool:
        """Whether it is about this gateway (folded id). What the list does not say may be anybody's: it passes."""
        known = listed.find(gateway) if listed else None
        if self.tags and known and any(set(group).isdisjoint(known.tags) for group in self.tags):
            return False
        subscription = "/".join(gateway.split("/")[:3])
        name = listed.subscriptions.get(subscription, "").lower() if listed else ""
        mine = {subscription, subscription.rpartition("/")[2], name}
        return not self.subscriptions or not mine.isdisjoint(self.subscriptions) or self._may_be_named(name)

    def _may_be_named(self, name: str) -> bool:
        """Without its name nobody can say that it is not the one that a rule names."""
        return not name and not all(re.fullmatch(_ID, s) for s in self.subscriptions)


class Routing(Struct, frozen=True):
    """The rules, the names of sites by the address of their peer, and the gateway list."""

    routes: tuple[Route, ...] = ()
    names: Mapping[str, str] = {}
    listed: GatewayList | None = None

    def recipients(self, n: Notification, channels: Collection[str]) -> list[str]:
        """The channels that hear of it: those of today's side and impact, and all that were told of it before."""
        incident = n.incident
        if incident is None or not self.routes or not n.facets:
            return list(channels)
        named = {peer.lower() for peer in incident.peers}
        named |= {self.names[peer].lower() for peer in incident.peers if peer in self.names}
        # What speaks for others speaks of their sites too.
        of = incident.gateway
        chosen = [c for c in channels if self._hears(c, n.facets, None if n.also else named, of)]
        return chosen or list(channels)

    def _hears(self, channel: str, facets: Iterable[Facet], sites: Collection[str] | None, gateway: str) -> bool:
        mine = [r for r in self.routes if r.channel == channel]
        return not mine or any(r.takes(facets, sites) and r.covers(gateway, self.listed) for r in mine)

    def has_gateways_of_its_own(self, channel: str) -> bool:
        """Whether every rule of this channel says whose gateways it is about: then reports are about these alone."""
        mine = [r for r in self.routes if r.channel == channel]
        return bool(mine) and all(r.names_gateways for r in mine)

    def owns(self, channel: str, gateway: str) -> bool:
        """Whether a rule of this channel is about this gateway (folded id)."""
        return any(r.channel == channel and r.covers(gateway, self.listed) for r in self.routes)


EVERYWHERE = Routing()
_CHANNEL = r"[a-z]+(-[a-z0-9-]+)?"
_WORD = r'(?:"[^"]*"|[^\s"])+'


def parse(text: str, channels: Collection[str]) -> tuple[Route, ...]:
    """The rules of a text; ``channels`` are the kinds there are: teams, teams-emea. Raises ValueError."""
    return tuple(_route(part, channels) for part in re.split(r"[;\n]+", text) if part.strip())


def _route(text: str, channels: Collection[str]) -> Route:
    channel, colon, rule = (part.strip().lower() for part in text.partition(":"))
    if not colon or not re.fullmatch(_CHANNEL, channel) or channel.partition("-")[0] not in channels:
        raise ValueError(f"each rule begins with a channel and a colon; channels are {', '.join(channels)}")
    route = Route(channel)
    for word in re.findall(_WORD, re.sub(r"\s*([,=])\s*", r"\1", rule)):
        route = _narrowed(route, word.replace('"', ""))
    if route == Route(channel):
        raise ValueError(f"say what {channel} hears of, or leave it out: without a rule it hears of everything")
    return route


def _narrowed(route: Route, word: str) -> Route:
    name, _, given = word.rpartition("=")
    values = tuple(v for v in given.split(",") if v)
    if name == "site" and values:
        return route._replace(sites=(*route.sites, *values))
    if name == "subscription" and values:
        return route._replace(subscriptions=(*route.subscriptions, *values))
    if name == "tag" and values and all(":" in v for v in values):
        return route._replace(tags=(*route.tags, values))
    if name:
        values = ()
    if values and all(v in set(Side) for v in values):
        return route._replace(sides=(*route.sides, *map(Side, values)))
    if values and all(v in set(Impact) for v in values):
        return route._replace(impacts=(*route.impacts, *map(Impact, values)))
    known = ", ".join([*Side, *Impact])
    raise ValueError(
        f"{word} is no condition: give some of {known} with commas between those of one kind, or site=name, "
        "tag=key:value, subscription=id"
    )
