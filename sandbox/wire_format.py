"""How Log Analytics writes cells, types, intervals and errors in JSON."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

Interval = tuple[datetime, datetime]

_KUSTO_TYPE = {
    "VARCHAR": "string",
    "TIMESTAMP": "datetime",
    "HUGEINT": "long",
    "BIGINT": "long",
    "INTEGER": "int",
    "DOUBLE": "real",
    "FLOAT": "real",
    "BOOLEAN": "bool",
    "INTERVAL": "timespan",
    "UUID": "guid",
    "DECIMAL": "decimal",
}
_ISO_DURATION = re.compile(r"P(?:([\d.]+)D)?(?:T(?:([\d.]+)H)?(?:([\d.]+)M)?(?:([\d.]+)S)?)?")


def kusto_type(engine_type: str) -> str:
    """The Kusto name of a DuckDB type; lists, structures and JSON are `dynamic`."""
    bare = re.match(r"\w+", engine_type)
    return "dynamic" if not bare or engine_type.endswith("]") else _KUSTO_TYPE.get(bare[0], "dynamic")


def cell(value: object, kind: str) -> object:
    """A value of Kusto type `kind` as JSON carries it: a string is never null, dynamic is JSON inside a string."""
    if value is None:
        return "" if kind == "string" else None
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, timedelta):
        return _timespan(value)
    if kind in {"guid", "decimal"}:
        return str(value)
    if kind == "dynamic" and not isinstance(value, str):
        return json.dumps(value, default=str)
    return value


def _instant(moment: datetime) -> str:
    utc = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return utc.isoformat().removesuffix("+00:00") + "Z"


def _timespan(span: timedelta) -> str:
    """`[-][d.]hh:mm:ss[.fffffff]`."""
    size = abs(span)
    minutes, seconds = divmod(size.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    days = f"{size.days}." if size.days else ""
    fraction = f".{size.microseconds:06d}0" if size.microseconds else ""
    return f"{'-' if span < timedelta(0) else ''}{days}{hours:02d}:{minutes:02d}:{seconds:02d}{fraction}"


def interval(text: str | None, now: datetime) -> Interval | None:
    """The request's `timespan`: an ISO 8601 duration back from `now`, `start/end`, `start/duration` or the reverse."""
    if not text:
        return None
    first, slash, second = text.partition("/")
    if not slash:
        return now - _duration(first), now
    if first.startswith("P"):
        end = _moment(second)
        return end - _duration(first), end
    start = _moment(first)
    return start, start + _duration(second) if second.startswith("P") else _moment(second)


def _duration(text: str) -> timedelta:
    match = _ISO_DURATION.fullmatch(text)
    if not match:
        raise ValueError(f"not an ISO 8601 duration: {text}")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def error(code: str, message: str, inner: Mapping[str, object] | None = None) -> dict[str, object]:
    """An error body; `inner` says more, as the service nests it."""
    content: dict[str, object] = {"message": message, "code": code}
    return {"error": {**content, "innererror": inner} if inner else content}


def bad_argument(inner: Mapping[str, object]) -> dict[str, object]:
    """The body of every 400: the request or its query is at fault."""
    return error("BadArgumentError", "The request had some invalid properties", inner)
