"""Who is at the other end: what people call a peer, and whom to call when it is down.

``203.0.113.10=osaka-dc1; 198.51.100.7=nagoya``, or a JSON object whose values are such names or objects of the fields
of ``Site``. Several peers may be one site: two lines, two devices.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

LONGEST = {"name": 120, "circuit": 80, "phone": 40, "owner": 80, "runbook": 500}
"""Characters of each field; a message shows less of them where it must."""


class Site(NamedTuple):
    """One peer's site. Everything but the name may be ``""``; ``runbook`` is an https address."""

    name: str
    circuit: str = ""
    phone: str = ""
    owner: str = ""
    runbook: str = ""

    @property
    def reachable(self) -> bool:
        """Whether there is anything that helps to call somebody."""
        return any(self[1:])


def parse(text: str) -> dict[str, Site]:
    """The sites by the address of their peer. Raises ValueError with the way out, json.JSONDecodeError among them."""
    if not text.strip().startswith("{"):
        return {peer: _site(peer, name) for peer, name in pairs(text, "address=name")}
    return {str(peer).strip(): _site(str(peer), value) for peer, value in json.loads(text).items()}


def pairs(text: str, form: str) -> list[tuple[str, str]]:
    """``a=b; c=d``. Raises ValueError, which says what ``form`` they have."""
    found = [p.split("=", 1) for p in re.split(r"[;\n]+", text) if p.strip()]
    if any(len(p) != 2 for p in found):
        raise ValueError(f"give {form} pairs with ; between them, or a JSON object")
    return [(key.strip(), value.strip()) for key, value in found]


def names(sites: Mapping[str, Site]) -> dict[str, str]:
    """The names alone, by peer."""
    return {peer: site.name for peer, site in sites.items()}


def to_call(peers: Iterable[str], sites: Mapping[str, Site]) -> list[Site]:
    """The sites of these peers that say whom to call, each once, in the order of the peers."""
    return list(dict.fromkeys(sites[p] for p in peers if p in sites and sites[p].reachable))


def _site(peer: str, value: Any) -> Site:
    fields = value if isinstance(value, dict) else {"name": value}
    strange = sorted(set(map(str, fields)) - set(Site._fields))
    if strange:
        raise ValueError(f"{peer[:60]}: {strange[0][:40]} is no field; there are {', '.join(Site._fields)}")
    if not isinstance(fields.get("name"), str) or not all(isinstance(v, str) for v in fields.values()):
        raise ValueError(f"{peer[:60]}: give it a name, and text for every field")
    found = Site(**{name: text.strip() for name, text in fields.items()})
    for name, text in zip(Site._fields, found, strict=True):
        if len(text) > LONGEST[name]:
            raise ValueError(f"{peer[:60]}: {name} is longer than {LONGEST[name]} characters")
    if found.runbook and not _is_https(found.runbook):
        raise ValueError(f"{peer[:60]}: give the runbook as an address that begins with https:// and holds no password")
    return found


def _is_https(url: str) -> bool:
    parts = urlsplit(url)
    printable = url.isascii() and url.isprintable() and not set(url) & set(' "<>\\^`{|}')
    return parts.scheme == "https" and bool(parts.hostname) and not (parts.username or parts.password) and printable
