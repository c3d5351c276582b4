"""Values of fields in JSON, and back.

JSON has no dates, times, bytes or decimals, and no NaN: they travel as text, NaN as `null`. With
the type of the column, which a library tells, they come back as what they were.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, WithJsonSchema

from prvipe.errors import InputError
from prvipe.wire.base import MOST_TEXT

_SIMPLE = (type(None), bool, int, float, str)
_LARGEST_INTEGER = 2**63 - 1
_SIMPLE_SCHEMA = {
    "anyOf": [
        {"type": "string", "maxLength": MOST_TEXT},
        {"type": "integer", "minimum": -_LARGEST_INTEGER, "maximum": _LARGEST_INTEGER},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "null"},
    ]
}
_VALUE_SCHEMA: dict[str, Any] = {
    "anyOf": [*_SIMPLE_SCHEMA["anyOf"], {"type": "array", "items": _SIMPLE_SCHEMA}]
}


def _require_value(value: Any, lists: bool = True) -> Any:
    if type(value) is list and lists:
        return [_require_value(each, lists=False) for each in value]
    if type(value) not in _SIMPLE:
        raise ValueError("expected text, a number, true, false, null, or a list of these")
    if isinstance(value, float) and not isfinite(value):
        raise ValueError("expected a finite number; null is what is not known")
    if isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
        raise ValueError("expected a whole number of at most 64 bits")
    if isinstance(value, str):
        _require_text(value)
    return value


def _require_text(text: str) -> None:
    if len(text) > MOST_TEXT:
        raise ValueError(f"text of {len(text):,} characters, more than {MOST_TEXT:,}")
    if not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text):
        raise ValueError("text that is no Unicode")


FieldValue = Annotated[Any, AfterValidator(_require_value), WithJsonSchema(_VALUE_SCHEMA)]
"""A value that a request gives: text, a number, a truth value, `null`, or a list of these."""


def to_json_value(value: Any) -> Any:
    """Return a value of any Arrow column as JSON has it: see the module."""
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, _SIMPLE):
        return value
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    if isinstance(value, date | time):  # a datetime is a date
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value // timedelta(microseconds=1))
    if isinstance(value, list | tuple):
        return [to_json_value(each) for each in value]
    if isinstance(value, Mapping):
        return {str(name): to_json_value(each) for name, each in value.items()}
    return str(value)


def from_json_value(value: Any, kind: str) -> Any:
    """Return a value as a column of the Arrow type `kind` has it; what JSON has as it is.

    Raises:
        InputError: the text is none of such a type.
    """
    if isinstance(value, list):
        item = kind.partition(": ")[2].removesuffix(">").removesuffix(" not null")
        return [from_json_value(each, item) for each in value]
    if not isinstance(value, str):
        return value
    try:
        return _read_text(value, kind)
    except (ValueError, InvalidOperation, ZoneInfoNotFoundError) as error:
        raise InputError(f"{value!r} is no value of a column of {kind} ({error})") from error


def _read_text(text: str, kind: str) -> Any:
    if kind.startswith("timestamp"):
        zone = kind.partition("tz=")[2].removesuffix("]")
        moment = datetime.fromisoformat(text)
        return moment.astimezone(ZoneInfo(zone)) if zone and zone[0] not in "+-" else moment
    if kind.startswith("date"):
        return date.fromisoformat(text)
    if kind.startswith("time"):
        return time.fromisoformat(text)
    if kind.startswith("duration"):
        return timedelta(microseconds=int(text))
    if kind.startswith("decimal"):
        return Decimal(text)
    if "binary" in kind:
        return b64decode(text, validate=True)
    return text
