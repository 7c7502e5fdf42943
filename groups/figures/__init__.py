"""Adoption and growth: figures of a million people that are counted in the background and read at once."""
