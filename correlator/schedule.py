"""What the timer of Azure Functions takes as a schedule: NCRONTAB with six fields.

The grammar is that of the library the host reads it with (github.com/atifaziz/NCrontab): lists of ``*``, a value or a
range, each with a step if wanted; English names of months and weekdays; Sunday is 0 and never 7; no ``L``, ``W``, ``#``
or ``?``. Two things that it takes are refused here, since nobody means them: a range from high to low, which it turns
round without a word, and a day that no month of the schedule has, which never comes.
"""

import re
from datetime import timedelta
from itertools import pairwise

from msgspec import Struct

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
EXAMPLE = "as in 0 */5 * * * *"
_PART = re.compile(r"(?P<first>\*|[0-9]{1,3}|[A-Z]{3})(?:-(?P<last>[0-9]{1,3}|[A-Z]{3}))?(?:/(?P<step>[0-9]{1,3}))?")


class Field(Struct, frozen=True):
    """One of the six: its name, the values it may take, and the names of these in their order."""

    name: str
    values: range
    names: tuple[str, ...] = ()


FIELDS = (
    Field("second", range(60)),
    Field("minute", range(60)),
    Field("hour", range(24)),
    Field("day", range(1, 32)),
    Field("month", range(1, 13), MONTHS),
    Field("weekday", range(7), WEEKDAYS),
)


def ncrontab(text: str) -> str:
    """The schedule as it was given. Raises ValueError, which names the field and the way out."""
    parts = text.split()
    if len(parts) != len(FIELDS):
        raise ValueError(f"give six NCRONTAB fields, {EXAMPLE}")
    _, _, _, days, months, _ = (_values(field, part) for field, part in zip(FIELDS, parts, strict=True))
    if min(days) > max(LONGEST_MONTH[month - 1] for month in months):
        raise ValueError(f"give a day that one of its months has, {EXAMPLE}")
    return text


def longest_pause(schedule: str) -> timedelta:
    """The longest time between two runs of a schedule that ``ncrontab`` took.

    One that leaves out days or months is taken as running once a year: no pause of it is unusual.
    """
    parts = zip(FIELDS, schedule.split(), strict=True)
    _, minutes, hours, *days = (_values(field, part) for field, part in parts)  # within a minute nobody counts
    if any(len(found) < len(field.values) for field, found in zip(FIELDS[3:], days, strict=True)):
        return timedelta(days=365)
    within = [b - a for a, b in pairwise(sorted(minutes))]
    across = [(b - a) * 60 + min(minutes) - max(minutes) for a, b in pairwise([*sorted(hours), min(hours) + 24])]
    return timedelta(minutes=max(within + across))


def _values(field: Field, text: str) -> set[int]:
    return {value for part in text.upper().split(",") for value in _part(field, part)}


def _part(field: Field, text: str) -> range:
    """``*``, ``5``, ``1-5``, ``MON-FRI``, each with ``/2``; a step after a single value goes on to the end."""
    found = _PART.fullmatch(text)
    if not found or (found["first"] == "*" and found["last"]):
        raise _wrong(field)
    step = int(found["step"] or 1)
    first = field.values[0] if found["first"] == "*" else _value(field, found["first"])
    to_the_end = found["first"] == "*" or (found["step"] is not None and not found["last"])
    last = field.values[-1] if to_the_end else _value(field, found["last"] or found["first"])
    if step < 1 or first > last:
        raise _wrong(field)
    return range(first, last + 1, step)


def _value(field: Field, text: str) -> int:
    if text in field.names:
        return field.values[field.names.index(text)]
    if text.isdigit() and int(text) in field.values:
        return int(text)
    raise _wrong(field)


def _wrong(field: Field) -> ValueError:
    names = f" or {field.names[0]} to {field.names[-1]}" if field.names else ""
    return ValueError(
        f"give the {field.name} field as * or as numbers from {field.values[0]} to {field.values[-1]}{names}, {EXAMPLE}"
    )
