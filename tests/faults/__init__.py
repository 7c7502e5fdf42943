"""What is broken on purpose, and what must be true all the same: counted on the sandbox's own phones."""
