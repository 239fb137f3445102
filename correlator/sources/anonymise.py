"""Rows for strangers: what the rules learn from stays, and every other word, name, number and id gets a stand-in.

An allow-list decides. Times, categories, operations, statuses and instance names stay, and so do the words that Azure's
own messages use (``vocabulary``); whatever else a text holds is replaced, the same thing always by the same stand-in.
A column that is not known to be text of Azure's is replaced as a whole. A name made of Azure's own words alone cannot
be told from a message where no row says that it is a name: hence people are asked to read the file.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, count
from typing import Any

from correlator.categories import UPGRADE_PHRASE
from correlator.sources.vocabulary import WORD, known

KEPT = re.compile(r"timegenerated|ingest\w+|category|operationname|level|type|resourcetype|resourceprovider|durationms")
"""Columns that Azure fills and never with a name: they stay as they are."""
TEXTS = re.compile(r"message|resultdescription|statechangereason|instance|remoteip|status|")
"""Columns of Azure's own sentences: word by word. Any other is replaced as a whole. The last is an object's key."""
FIELDS = frozenset({"status", "instance", "remoteIP", "stateChangeReason"})
"""Columns that move into AdditionalFields, under these names, where there is no room for more."""
NAMED = (
    dict.fromkeys(("resource", "resourceid", "_resourceid", "resourcename", "gatewayname"), "gateway")
    | {"resourcegroup": "group", "subscriptionid": "subscription", "tenantid": "tenant", "connectionname": "connection"}
    | {"caller": "person", "username": "person", "computer": "host", "hostname": "host"}
)
"""Columns whose whole value is a name, and of what."""

TIME = r"(?<!\d)\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?)?(?![\w-])"
DATE = r"(?<![\d/])\d{1,2}/\d{1,2}/\d{4}(?![\d/])"
SAID = re.compile(rf"GatewayTenantWorker_IN_\d+(?!\w)|{UPGRADE_PHRASE}|{TIME}|{DATE}", re.I)
"""What Azure says in whatever text, and never of anybody."""
SEGMENT = r"(?:[\w.~@+%-]|\([\w.~-]*\))+(?<!\.)"
PATH = re.compile(rf"/?(?:subscriptions|resourcegroups|providers)(?:/{SEGMENT})+", re.I)
USER = re.compile(r"\buser(?:\s?name)?\s*[=:]\s*[\"']?([^\s,;\"'=\])]++)(?!=)", re.I)
KEY = r"(?:psk|(?:pre-?)?shared\W?(?:key|secret)|secret|pass\W?(?:word|phrase|code)|pwd|api\W?key|token)"
SECRET = re.compile(rf"{KEY}[\"']?(?P<to>\s*[=:]\s*|\s+(?:is\s+)?)[\"']?(?P<it>[^\s\"']+)", re.I)
"""What stands behind the name of a secret."""
ASN = re.compile(r"\b(?:asn?|autonomous system)(?:\s+number)?\W{0,3}(\d+(?:\.\d+)?)\b", re.I)
MAIL = re.compile(r"\b\w[\w.+'#~!$%&*-]{0,127}@[\w-]+(?:\.[\w-]+)*")
GUID = r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}"
MAC = r"(?<![0-9a-f:-])(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}(?![0-9a-f]|[:-][0-9a-f])"
PAIRS = r"(?<![0-9a-z])[0-9a-f]{2}(?:[:-][0-9a-f]{2}){7,}(?![0-9a-z])"  # a thumbprint
ID = re.compile(rf"{GUID}|{PAIRS}|{MAC}", re.I)
OCTET = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])"
FOUR = rf"(?<![0-9]){OCTET}(?:\.{OCTET}){{3}}(?![0-9])"
HEX = r"(?!4?500:(?:[^0-9a-f:]|$))[0-9a-f]{1,4}"  # what IKE rows write last is a port
END = rf"(?:{HEX}:){{0,6}}(?:{FOUR}|{HEX})"
SIX = rf"(?:{HEX}:){{7}}{HEX}|(?:{HEX}:){{6}}{FOUR}|(?:{HEX}:){{1,7}}:(?:{END})?|::{END}"
# A letter may stand before an IPv6 address only where it cannot be a digit of it.
ADDRESS = re.compile(rf"(?:(?<![^\W_])|(?<=[g-z])(?=[0-9]))(?:{SIX})|{FOUR}", re.I)
HOST = re.compile(r"(?!microsoft\.\w+(?![\w.-]))\b[\w-]{1,63}(?:\.[\w-]{1,63}){0,9}\.[^\W\d_][\w-]{1,62}", re.I)
PRODUCT = re.compile(r"microsoft\.\w+", re.I)

SAFE_FOURS = ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/15")
SHORT = 60
"""Characters of a value that stays where its column is not known."""
SURELY_A_NAME = 5
"""Names of so many characters are found inside longer words too, shorter ones only where no letter or digit adjoins."""

Passes = Sequence[tuple[re.Pattern[str], Callable[[str], str]]]
Text = Callable[[str, str], str]


class Anonymiser:
    """Remembers every replacement, so that a name is the same stand-in in every row, in any case, inside any text."""

    def __init__(self) -> None:
        self._stand_ins: dict[str, str] = {}
        self._names: set[str] = set()
        self._real = ""
        sixes = map(str, ipaddress.ip_network("2001:db8::/32").hosts())
        fours = chain.from_iterable(ipaddress.ip_network(n).hosts() for n in SAFE_FOURS)
        self._unused: dict[str, Iterator[str]] = {"six": sixes, "four": chain(map(str, fours), sixes)}
        mail = partial(self._stand_in, "person-{}@example.com")
        self._whole: Passes = ((MAIL, mail), (ID, self._id), (ADDRESS, self._address))

    def rows(self, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Copies to share. Names are collected from all rows first: a text may hold one that a later row names."""
        whole = list(rows)
        self._real += str(whole).casefold()
        for row in whole:
            self._row(row, self._learn)
        first: Passes = ((SECRET, self._secret), (SAID, lambda said: said), (PATH, self._path), *self._whole)
        host = _but_known(partial(self._stand_in, "host-{}.example"))
        named = _any_of(self._names), partial(self._stand_in, "name-{}")
        last: Passes = ((WORD, _but_known(self._word)),)

        def safe(column: str, text: str) -> str:
            # What reasons are made of is no name, whatever a gateway is called.
            name = (named[0], _but_known(named[1])) if column in ("status", "statechangereason") else named
            return _passed(text, (*first, (ASN, self._asn), (HOST, host), name, *last))

        return [self._row(row, safe) for row in whole]

    def _row(self, row: Mapping[str, Any], text: Text) -> dict[str, Any]:
        return {c: v if _is_kept(_column(c), v) else self._value(_column(c), v, text) for c, v in row.items()}

    def _value(self, column: str, value: Any, text: Text) -> Any:
        """The value of a column, or of a field inside one. The same walk learns and replaces: ``text`` does either."""
        if isinstance(value, Mapping):
            return {k if k in FIELDS else text("", k): self._value(_column(k), v, text) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(column, v, text) for v in value]
        if not isinstance(value, str):
            return self._number(column, value)
        if value.lstrip()[:1] in ("{", "["):
            try:
                return json.dumps(self._value(column, json.loads(value), text))
            except (ValueError, RecursionError):
                return text(column, value)
        if column.endswith("resourceid") and PATH.match(value):
            return self._path(value)
        if column in NAMED and not PATH.search(value):
            return "/".join(self._name(part, NAMED[column]) for part in value.split("/"))
        return text(column, value) if TEXTS.fullmatch(column) else self._entire(value, text("", value))

    def _entire(self, value: str, safe: str) -> str:
        """The value of a column that nobody knows: short words of Azure's stay, ids and addresses are told apart."""
        alone = value.strip()
        if (safe == value and len(value) <= SHORT) or any(p.fullmatch(alone) for p in (PATH, MAIL, ID, ADDRESS)):
            return safe
        return self._stand_in("value-{}", alone)

    def _number(self, column: str, value: Any) -> Any:
        """A number, unless it is long enough to name somebody (an AS number, an account), or its column says so."""
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
            return value
        digits = str(int(value))
        return value if known(digits) and "asn" not in column else self._stand_in("number-{}", digits)

    def _learn(self, _column: str, text: str) -> str:
        for found in PATH.finditer(text):
            self._path(found[0])
        for found in USER.finditer(text):
            self._name(found[1], "person")
        return text

    def _path(self, path: str) -> str:
        """A resource id: types and names in turn, where the names of "providers" are Azure's own."""
        safe, kind = "", ""
        for part in path.strip().split("/"):
            azures = kind.lower() == "providers" and PRODUCT.fullmatch(part) if kind else part.isalnum()
            safe += "/" + (part if azures else self._name(part, _kind(kind)))
            kind = "" if kind else part
        return safe[1:]

    def _name(self, name: str, kind: str) -> str:
        for pattern, change in self._whole:
            if pattern.fullmatch(name):
                return change(name)
        if not any(c.isalnum() for c in name):
            return name
        self._names.add(name.strip())
        return self._stand_in(f"{kind}-{{}}", name.strip())

    def _word(self, word: str) -> str:
        return self._stand_in("number-{}" if word.isdigit() else "name-{}", word)

    def _secret(self, found: str) -> str:
        """What is behind the name of a secret; but "shared key changed" is a sentence."""
        match = SECRET.fullmatch(found)
        if match is None or (match["to"].isspace() and match["it"].isalpha() and known(match["it"])):
            return found
        return found.removesuffix(match["it"]) + self._stand_in("secret-{}", match["it"])

    def _asn(self, found: str) -> str:
        words = found.rstrip("0123456789.")
        return words + self._stand_in("number-{}", found.removeprefix(words))

    def _id(self, found: str) -> str:
        return self._stand_in("00000000-0000-0000-0000-{:012x}", re.sub("[:-]", "", found))

    def _address(self, text: str) -> str:
        address = _canonical(text)
        return self._stand_in("six" if ":" in address else "four", address)

    def _stand_in(self, form: str, original: str) -> str:
        """What stands for it from now on: the first of its form that nothing else has and no row holds."""
        key = original.casefold()
        if key not in self._stand_ins:
            unused = self._unused.setdefault(form, map(form.format, count(1)))
            self._stand_ins[key] = next(s for s in unused if s not in self._real)
        return self._stand_ins[key]


def _passed(text: str, passes: Passes) -> str:
    """The text with each pass made over what the passes before it left, so that no stand-in is replaced again."""
    if not passes or not text:
        return text
    (pattern, change), *later = passes
    done, end = "", 0
    for found in pattern.finditer(text):
        done += _passed(text[end : found.start()], later) + change(found[0])
        end = found.end()
    return done + _passed(text[end:], later)


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """Finds a word with one of the names in it, up to the number of an instance."""
    ordered = sorted(names, key=lambda n: (-len(n), n))
    each = [re.escape(n) if len(n) >= SURELY_A_NAME else rf"(?<![^\W_]){re.escape(n)}(?![^\W_])" for n in ordered]
    word = rf"(?:(?<![\w-])|(?=_IN_\d))[\w-]*?(?:{'|'.join(each)})(?:(?!_IN_\d)[\w-])*"
    return re.compile(word if each else "(?!)", re.I)


def _but_known(change: Callable[[str], str]) -> Callable[[str], str]:
    """The change, but for words that are Azure's own."""
    return lambda found: found if known(found) else change(found)


def _is_kept(column: str, value: Any) -> bool:
    if column == "status":
        return isinstance(value, str) and value.isalpha()
    return isinstance(value, str | int | float) and KEPT.fullmatch(column) is not None


def _column(name: str) -> str:
    """A column's name in small letters, without the type that the service puts behind it."""
    return re.sub(r"_[sgtdb]$", "", name).lower()


def _kind(segment: str) -> str:
    """What a type in a resource id calls its resources."""
    kind = segment.lower().removeprefix("resource").removesuffix("s")
    return "gateway" if "gateway" in kind else kind if kind.isalnum() else "name"


def _canonical(text: str) -> str:
    """The one spelling of an address; an IPv4 address inside IPv6 is the IPv4 address."""
    if ":" not in text:
        return ".".join(str(int(part)) for part in text.split("."))
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return text
    return str(address.ipv4_mapped or address)
