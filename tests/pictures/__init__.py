"""The documentation's screenshots, taken from a house that runs."""
