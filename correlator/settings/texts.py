"""How the text of each kind of setting is read: a duration, a window, days and hours, keys, routes.

Each raises ValueError with the way out, and shows no value that may be a secret.
"""

import base64
import json
import re
from datetime import timedelta

from correlator.gateways import folded, is_group, is_wide
from correlator.reasons import Vocabulary, line
from correlator.routes import Route, parse
from correlator.settings.channels import CHANNEL_NAMES
from correlator.sites import pairs
from correlator.summary import BusinessHours, MonthlyTime, WeeklyTime

DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LANGUAGES = ("en", "ja")
TEN_YEARS = timedelta(days=3650)
"""Longer than anybody asks for, and so short that it can be added to any time of a row."""
WIDEST = timedelta(days=1)
"""A maintenance row says nothing of what happens a day from it."""
FEWEST_MONTHS = 4
"""Reports look back over a quarter."""


def words(text: str) -> tuple[str, ...]:
    """Words between blanks, commas and semicolons, each once."""
    return tuple(dict.fromkeys(w for w in re.split(r"[\s,;]+", text) if w))


def places(text: str) -> tuple[str, ...]:
    """Workspaces, and resource groups as they are compared: each names a partition of the state. Wider ids alike."""
    found = {folded(w): folded(w) if is_group(w) or is_wide(w) else w for w in reversed(words(text))}
    return tuple(reversed(found.values()))


def as_it_is(text: str) -> str:
    """The text itself."""
    return text


def endpoint(text: str) -> str:
    """An address with https and a host, or none."""
    if text and not re.fullmatch(r"https://[\w.-]+(:\d+)?(/[\w./-]*)?", text):
        raise ValueError("give an address that begins with https:// and names a host")
    return text


def duration(text: str, longest: timedelta = TEN_YEARS) -> timedelta:
    """``30s``, ``10m``, ``2h`` or ``1d``. Raises ValueError."""
    found = re.fullmatch(r"(\d{1,18})\s*([smhd])", text.strip().lower())
    if not found:
        raise ValueError("give a number and a unit, as in 30s, 10m, 2h or 1d")
    seconds = int(found[1]) * UNITS[found[2]]
    if seconds > longest.total_seconds():
        raise ValueError(f"give at most {longest.days}d")
    return timedelta(seconds=seconds)


def waiting_time(text: str) -> timedelta:
    """A duration of seven days at most."""
    return duration(text, timedelta(days=7))


def zone(text: str) -> str:
    """The name of an IANA time zone. Raises ValueError."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("give an IANA name, as in Asia/Tokyo or Europe/Berlin") from None


def language(text: str) -> str:
    """``en`` or ``ja``."""
    if text.lower() not in LANGUAGES:
        raise ValueError(f"give one of {', '.join(LANGUAGES)}")
    return text.lower()


def weekly(text: str) -> WeeklyTime:
    """``MON 09:00``."""
    found = re.fullmatch(r"([A-Z]{3})\s+(\d{1,2}):(\d{2})", text.strip().upper())
    if not found or found[1] not in DAYS or int(found[2]) > 23 or int(found[3]) > 59:
        raise ValueError("give a weekday and a time, as in MON 09:00")
    return WeeklyTime(DAYS.index(found[1]), int(found[2]), int(found[3]))


def language_or_none(text: str) -> str:
    """The same, or none."""
    return language(text) if text else ""


def monthly(text: str) -> MonthlyTime | None:
    """``09:00`` on the first of the month, or ``off``."""
    if text.lower() == "off":
        return None
    return MonthlyTime(*_clock(text, "give a time, as in 09:00, or off"))


def _clock(text: str, cure: str) -> tuple[int, int]:
    found = re.fullmatch(r"([01]?\d|2[0-4]):([0-5]\d)", text.strip())
    if not found or (found[1] == "24" and found[2] != "00"):
        raise ValueError(cure)
    return int(found[1]), int(found[2])


def business_hours(text: str) -> BusinessHours:
    """``MON-FRI 09:00-18:00``; days may be a list of days and ranges."""
    cure = "give days and hours, as in MON-FRI 09:00-18:00"
    found = re.fullmatch(r"([A-Z,-]+)\s+([\d:]+)-([\d:]+)", text.strip().upper())
    days: set[int] = set()
    for part in found[1].split(",") if found else []:
        first, _, last = part.partition("-")
        if first not in DAYS or (last or first) not in DAYS or DAYS.index(last or first) < DAYS.index(first):
            raise ValueError(cure)
        days |= set(range(DAYS.index(first), DAYS.index(last or first) + 1))
    opens, closes = (_clock(t, cure) for t in (found[2], found[3])) if found else ((0, 0), (0, 0))
    if opens >= closes:
        raise ValueError(cure)
    return BusinessHours(tuple(sorted(days)), 60 * opens[0] + opens[1], 60 * closes[0] + closes[1])


def percent(text: str) -> float:
    """``99.95``, with or without the sign."""
    found = re.fullmatch(r"(\d{1,2}(?:\.\d{1,4})?)\s*%?", text.strip())
    if not found or not float(found[1]):
        raise ValueError("give a percentage below 100, as in 99.95")
    return float(found[1])


def keys(text: str) -> tuple[bytes, ...]:
    """``whsec_`` and base64 of 24 to 64 bytes each, as Standard Webhooks has them. The values do not show in errors."""
    return tuple(_key(word) for word in words(text))


def _key(word: str) -> bytes:
    try:
        key = base64.b64decode(word.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not (word.startswith("whsec_") and 24 <= len(key) <= 64):
        raise ValueError("give whsec_ and 24 to 64 bytes in base64, as in whsec_$(openssl rand -base64 32)")
    return key


def reasons(text: str) -> Vocabulary:
    """``link flap=peer-silent; admin clear=peer-closed`` or the same as a JSON object."""
    found = json.loads(text).items() if text.strip().startswith("{") else pairs(text, "keyword=meaning")
    return tuple(line(keyword, said) for keyword, said in found)


def window(text: str) -> tuple[timedelta, timedelta]:
    """``-60s..12m``: how long before and after. Raises ValueError."""
    found = re.fullmatch(r"-([^.]+)\.\.\+?([^.]+)", text.strip())
    if not found:
        raise ValueError("give the time before and after, as in -60s..12m")
    return duration(found[1], WIDEST), duration(found[2], WIDEST)


def routes(text: str) -> tuple[Route, ...]:
    """The rules of ``correlator.routes``."""
    return parse(text, CHANNEL_NAMES)


def months(text: str) -> int:
    """A number of months, from a quarter and one on."""
    if not re.fullmatch(r"\d{1,3}", text.strip()) or not FEWEST_MONTHS <= int(text) <= 120:
        raise ValueError(f"give a number of months from {FEWEST_MONTHS} to 120")
    return int(text)


def whole(text: str) -> int:
    """A whole number of six digits at most."""
    if not re.fullmatch(r"\d{1,6}", text.strip()):
        raise ValueError("give a whole number, as in 20")
    return int(text)


def at_once(text: str) -> int:
    """How many things may go on at once."""
    if not re.fullmatch(r"\d{1,3}", text.strip()) or int(text) < 1:
        raise ValueError("give a whole number from 1 to 999")
    return int(text)


def switch(text: str) -> bool:
    """``0`` or ``1``, also as words."""
    if text.lower() not in ("0", "1", "true", "false"):
        raise ValueError("give 0 or 1")
    return text.lower() in ("1", "true")
