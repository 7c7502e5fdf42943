"""Rows as a stream over HTTP, for spreadsheets and BI tools: CSV, JSON lines, GeoJSON. Constant memory."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import IO, Any
from zoneinfo import ZoneInfo

from kaizala_admin.exports import Tick
from kaizala_admin.exports.columns import Column
from kaizala_admin.exports.writers.cells import as_text, headings
from kaizala_admin.exports.writers.csv import lines
from surveys import values
from surveys.models import Question

from .rows import action_of, columns, pages, questions_of, rows

PAGE = 500
ZONE = ZoneInfo("UTC")
Parameters = Mapping[str, Any]


def as_csv(parameters: Parameters) -> Iterator[str]:
    """As the export writes it: a byte-order mark, every cell quoted and safe for spreadsheets."""
    wanted = columns(parameters)
    yield "\ufeff" + lines([[title] for title in headings(wanted, ZONE, plus=False)])
    for page in pages(parameters, wanted):
        pairs = zip(wanted, page, strict=True)
        yield lines([cells for column, told in pairs for cells in as_text(column, told, ZONE)])


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
    for _rows, text in _geojson(parameters):
        yield text


def write_geojson(file: IO[bytes], parameters: Parameters, tick: Tick) -> None:
    """The same into a file."""
    for done, text in _geojson(parameters):
        file.write(text.encode())
        tick(done)


def _geojson(parameters: Parameters) -> Iterator[tuple[int, str]]:
    """(responses so far, text), a page at a time. Places are in it, whatever columns are chosen."""
    places = [one for one in questions_of(action_of(parameters)) if one.type == values.LOCATION]
    if chosen := parameters.get("columns"):
        parameters = {**parameters, "columns": [*chosen, *(one.key for one in places)]}
    wanted = columns(parameters)
    yield 0, '{"type":"FeatureCollection","features":['
    left, done, comma = iter(rows(parameters)), 0, ""
    while page := list(islice(left, PAGE)):
        done += len(page)
        features = [one for row in page for one in _features(wanted, row, places)]
        if features:
            yield done, comma + ",\n".join(_encode(one) for one in features)
            comma = ",\n"
        else:
            yield done, ""
    yield done, "]}\n"


def _encode(feature: dict[str, Any]) -> str:
    return json.dumps(feature, ensure_ascii=False, default=_plain)


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
