"""Rows made safe to share: every id, name and address replaced, the same one always by the same stand-in.

What the rules can learn from stays: times, operations, statuses, reasons, instance names, the wording of messages. Ids
become zeros with a number, addresses come from the documentation ranges, names become what they name with a number.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from typing import Any

GUID = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", re.I)
# Dotted quads, and the colon forms of IPv6 with at least two colons; each find is checked by ipaddress.
ADDRESS = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7})(?![\w:]|\.\d)")
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
SEGMENT = re.compile(r"/(subscriptions|resourcegroups|providers/[\w.]+/\w+)/([^/\s\"',;]+)", re.I)
HOST = re.compile(r"\b(?:[a-z0-9-]+\.)+(?:com|net|org|io|local|internal|corp|jp|de|uk|eu)\b", re.I)
KEEP = frozenset({"microsoft.network"})
NAMED_COLUMNS = {
    "Resource": "gateway",
    "ResourceGroup": "group",
    "SubscriptionId": "subscription",
    "TenantId": "tenant",
    "Caller": "caller",
    "CallerIpAddress": "caller",
    "Computer": "computer",
    "HostName": "host",
}
"""Columns whose whole value is a name."""


class Anonymiser:
    """Remembers every replacement, so that a name is the same stand-in in every row, in any case, inside any text."""

    def __init__(self) -> None:
        self._guids: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Safe copies. Names are collected from all rows first, so that a text may hold one that a later row names."""
        whole = list(rows)
        for row in whole:
            self._learn(row)
        return [{column: self._value(value) for column, value in row.items()} for row in whole]

    def _learn(self, row: Mapping[str, Any]) -> None:
        for column, value in row.items():
            if not isinstance(value, str) or not value:
                continue
            for kind, name in SEGMENT.findall(value):
                self._name(name, _kind(kind))
            if column in NAMED_COLUMNS and not GUID.fullmatch(value) and not _is_address(value):
                self._name(value, NAMED_COLUMNS[column])

    def _name(self, name: str, kind: str) -> None:
        folded = name.lower()
        if len(folded) > 1 and folded not in KEEP and not GUID.fullmatch(name) and folded not in self._names:
            taken = sum(1 for stand_in in self._names.values() if stand_in.startswith(f"{kind}-"))
            self._names[folded] = f"{kind}-{taken + 1}"

    def _value(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {k: self._value(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self._value(v) for v in value]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        text = GUID.sub(lambda m: self._guid(m[0]), text)
        text = ADDRESS.sub(lambda m: self._address(m[0]), text)
        text = MAIL.sub("person@example.com", text)
        for name in sorted(self._names, key=len, reverse=True):
            stand_in = self._names[name]
            text = re.sub(rf"(?<![\w-]){re.escape(name)}(?![\w-])", stand_in, text, flags=re.I)
        return HOST.sub(lambda m: m[0] if m[0].lower() in KEEP or m[0] == "example.com" else "host.example.com", text)

    def _guid(self, guid: str) -> str:
        number = self._guids.setdefault(guid.lower(), f"{len(self._guids) + 1:012x}")
        return f"00000000-0000-0000-0000-{number}"

    def _address(self, text: str) -> str:
        if not _is_address(text):
            return text
        address = ipaddress.ip_address(text)
        if text not in self._addresses:
            taken = len(self._addresses)
            v6, private = address.version == 6, address.is_private
            if v6:
                self._addresses[text] = f"2001:db8::{taken + 1:x}"
            else:
                base = "10.0.{}.{}" if private else ("203.0.113.{1}" if taken < 250 else "198.51.100.{1}")
                self._addresses[text] = base.format(taken // 250, taken % 250 + 1)
        return self._addresses[text]


def _kind(segment: str) -> str:
    last = segment.lower().rsplit("/", 1)[-1]
    kinds = {"subscriptions": "subscription", "resourcegroups": "group"}
    return kinds.get(last, "gateway" if "gateway" in last else last.rstrip("s"))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
