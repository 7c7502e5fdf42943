"""The realistic organisation that a new sandbox starts with, the same for the same seed."""
