"""Imports: a sheet is checked row by row, and applied by batches of changes once a person accepts."""
