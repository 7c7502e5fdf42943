"""Rows as a stream over HTTP, for spreadsheets and BI tools: CSV, JSON lines, GeoJSON. Constant memory."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from kaizala_admin.exports.columns import Column
from kaizala_admin.exports.writers.cells import as_text, headings
from surveys import values
from surveys.models import Question

from .rows import action_of, columns, questions_of, rows

PAGE = 500
ZONE = ZoneInfo("UTC")
Parameters = Mapping[str, Any]


def as_csv(parameters: Parameters) -> Iterator[str]:
    """As the export writes it: a byte-order mark, every cell quoted and safe for spreadsheets."""
    wanted = columns(parameters)
    buffer = io.StringIO()
    out = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    out.writerow(headings(wanted, ZONE, plus=False))
    yield "\ufeff" + _taken(buffer)
    left = iter(rows(parameters))
    while page := list(islice(left, PAGE)):
        pairs = zip(wanted, zip(*page, strict=True), strict=True)
        out.writerows(
            zip(*(one for column, cells in pairs for one in as_text(column, cells, ZONE)), strict=True)
        )
        yield _taken(buffer)


def _taken(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text


def as_json_lines(parameters: Parameters) -> Iterator[str]:
    """One object a row, by the columns' keys; times in UTC."""
    keys = [column.key for column in columns(parameters)]
    for row in rows(parameters):
        yield json.dumps(dict(zip(keys, row, strict=True)), ensure_ascii=False, default=_plain) + "\n"


def _plain(value: Any) -> str:
    return (
        value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if isinstance(value, datetime)
        else str(value)
    )


def as_geojson(parameters: Parameters) -> Iterator[str]:
    """A FeatureCollection (RFC 7946): a point for each place, with the row's other cells."""
    action = action_of(parameters)
    places = [one for one in questions_of(action) if one.type == values.LOCATION]
    wanted = columns(parameters)
    yield '{"type":"FeatureCollection","features":['
    first = True
    for row in rows(parameters):
        for feature in _features(wanted, row, places):
            yield ("" if first else ",\n") + json.dumps(feature, ensure_ascii=False, default=_plain)
            first = False
    yield "]}\n"


def _features(
    wanted: Sequence[Column], row: Sequence[Any], places: Sequence[Question]
) -> Iterator[dict[str, Any]]:
    told = dict(zip((column.key for column in wanted), row, strict=True))
    inside = {f"{one.key}_{part}" for one in places for part in ("lat", "lng", "name")}
    properties = {key: value for key, value in told.items() if key not in inside and value not in (None, "")}
    for one in places:
        latitude, longitude = told[f"{one.key}_lat"], told[f"{one.key}_lng"]
        if latitude is None or longitude is None:
            continue
        yield {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
            "properties": {**properties, "question": one.title, "place": told[f"{one.key}_name"]},
        }


FORMATS: dict[str, tuple[Callable[[Parameters], Iterator[str]], str]] = {
    "csv": (as_csv, "text/csv; charset=utf-8"),
    "jsonl": (as_json_lines, "application/jsonl; charset=utf-8"),
    "geojson": (as_geojson, "application/geo+json"),
}
