"""The one mechanism for exports: worked on in the background, at any size, in constant memory.

An app above registers what can be exported, once, in its `AppConfig.ready`:

    from kaizala_admin import exports
    from kaizala_admin.exports import phone, text, time

    exports.register(
        "surveys.responses",                      # "app.what": kept in each Export, never change it
        _("Responses"),                           # what people call it
        "surveys.view_response",                  # asked at the start, on its pages and at the download
        columns=(text("name", _("name")), phone("number", _("mobile number")), time("at", _("answered"))),
        rows=lambda parameters: ...,              # an iterator of tuples, one value a column
        count=lambda parameters: ...,             # how many there will be, for the progress bar; or None
    )

- `parameters` is a dictionary of plain JSON, written by your page and kept with the export. `rows` and
  `count` run in a worker, maybe days later and more than once; for what they do not understand they raise
  `BadParameters`.
- `rows` must not hold everything in memory: `in_pages(queryset, "field", ...)` reads 5,000 rows a query.
- Where speed counts, `pages=` instead of `rows=`: whole columns, some thousand rows at a time, of those in
  its second argument.
- Values are plain Python: str, "+91..." for `phone`, int or float, aware datetime or None for `time`,
  bool for `flag`. The writers make cells safe for spreadsheets, and write UTC and local time side by side.
- `columns` may be a function of the parameters where they differ (a survey's questions).
- What is no table (an archive) registers `write(file, parameters, tick)` instead, with `formats=("zip",)`:
  it writes into the binary file and calls `tick(rows_done)` at least every few seconds.

Where a person presses "Export": link to `exports.new_url("surveys.responses", {"survey": 7})`, the page that
offers the formats; or start it yourself with `kaizala_admin.exports.services.start(...)` and go to
`export.get_absolute_url()`.
A list of the admin needs no page: `lists.ExportMixin` adds the button and the action (see there).
"""

from .columns import Cell, Column, capital, flag, number, phone, text, time
from .kinds import BadParameters, Kind, Tick, by_key, register
from .links import new_url
from .paging import in_pages

__all__ = [
    "BadParameters",
    "Cell",
    "Column",
    "Kind",
    "Tick",
    "by_key",
    "capital",
    "flag",
    "in_pages",
    "new_url",
    "number",
    "phone",
    "register",
    "text",
    "time",
]
