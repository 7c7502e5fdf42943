"""Kaizala's REST operations, one module a subject (contract, sections 3 to 15)."""
