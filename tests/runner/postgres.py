"""A throw-away PostgreSQL: a cluster in a temporary folder, on a socket there, gone at the end."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ACCOUNT = "postgres"  # Debian's; PostgreSQL refuses to run as root
USER = "kaizala"
FAST = (
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "listen_addresses=",
    "max_connections=200",
)


def programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if found:
        return found[-1].parent
    here = shutil.which("initdb")
    return Path(here).resolve().parent if here else None


@contextmanager
def postgres(bin_dir: Path) -> Iterator[str]:
    """Starts a cluster and yields its DATABASE_URL. Stops and deletes it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="kaizala-pg-"))
    other: dict[str, Any] = {}
    if os.geteuid() == 0:
        shutil.chown(folder, ACCOUNT)
        other = {"user": ACCOUNT, "group": ACCOUNT, "extra_groups": []}
    data = folder / "data"
    initdb = [str(bin_dir / "initdb"), "-D", str(data), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **other)
    options = [part for option in (*FAST, f"unix_socket_directories={folder}") for part in ("-c", option)]
    with (folder / "log").open("wb") as log:
        command = [str(bin_dir / "postgres"), "-D", str(data), *options]
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **other)
    try:
        _wait(bin_dir, folder)
        yield f"postgres://{USER}@/{folder}/postgres"  # the form for a socket that django-environ reads
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(folder)


def _wait(bin_dir: Path, folder: Path) -> None:
    ready = [str(bin_dir / "pg_isready"), "-q", "-h", str(folder)]
    ends = time.monotonic() + 30
    while subprocess.run(ready).returncode:
        if time.monotonic() > ends:
            raise TimeoutError((folder / "log").read_text())
        time.sleep(0.1)
