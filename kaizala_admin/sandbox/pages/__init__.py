"""The sandbox's own pages: its overview, and what a phone shows."""
