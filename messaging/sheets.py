"""Sheets are read in `groups.reading`."""

from groups.reading.sheets import BadSheet, Row, rows

__all__ = ["BadSheet", "Row", "rows"]
