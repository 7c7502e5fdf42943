"""A tenant as one file: versioned, with checksums, readable without us (docs/archive.md).

Each app registers its part at start-up, parents before children:

    archive.register(Member, "group__tenant")      # the way from the row to its tenant
    archive.register(SyncRun, "grant__connector__tenant", leave_out=("cursor",))
    archive.register(Sheet, "run__tenant", page=20)     # large rows: so many are held at once
    archive.register_files("media", files, keep)   # what is no row: see Files

Secrets (EncryptedTextField) and who did it (foreign keys to users) never get into an archive. A guard
(tests/exports/test_archive_guard.py) names the models that are in none, and why.
"""

from .parts import Files, Part, register, register_files

__all__ = ["Files", "Part", "register", "register_files"]
