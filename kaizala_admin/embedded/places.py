"""Where a one-machine install keeps what it writes: under one folder that only its owner can read."""

import fcntl
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from .terminal import CannotStart

SOCKET_PATH_ROOM = 100  # bytes; the system's limit is 108


@dataclass(frozen=True)
class Places:
    """The folders of one install under `var`."""

    var: Path

    @property
    def data(self) -> Path:
        return self.var / "data"

    @property
    def secrets(self) -> Path:
        return self.var / "secrets"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def run(self) -> Path:
        return self.var / "run"

    @property
    def sandbox(self) -> Path:
        return self.var / "sandbox"

    @property
    def broker(self) -> Path:
        return self.var / "broker"

    def make(self) -> None:
        """Makes every folder, for its owner only."""
        for folder in (self.var, self.data, self.secrets, self.logs, self.run, self.sandbox, self.broker):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)

    def log(self, name: str) -> Path:
        """The log of one child."""
        return self.logs / f"{name}.log"

    def forget(self) -> None:
        """Deletes this install's data, its sandbox and its logs. The keys stay."""
        for folder in (self.data, self.sandbox, self.broker, self.run, self.logs):
            for path in folder.iterdir():
                if path.name == "lock":
                    continue
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def lock(self) -> TextIO:
        """Takes the install until the file is closed. Raises CannotStart when another process has it."""
        file = (self.run / "lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CannotStart(
                f"Kaizala Admin runs here already ({file.read().strip()}). Stop it first, with Ctrl-C there."
            ) from None
        return file

    def address(self) -> str:
        """Where the console runs, or ran last, without a slash at its end; "" before the first start."""
        signed = self.run / "lock"
        return signed.read_text().rpartition(" ")[2].strip().rstrip("/") if signed.exists() else ""

    def broker_socket(self) -> Path:
        """The broker's private socket; in a temporary folder where `var` lies too deep for a socket."""
        path = self.run / "broker.sock"
        if len(bytes(path)) <= SOCKET_PATH_ROOM:
            return path
        return Path(tempfile.mkdtemp(prefix="kaizala-")) / "broker.sock"


def sign(lock: TextIO, text: str) -> None:
    """Writes into the lock who holds it, for the next one who asks."""
    lock.seek(0)
    lock.truncate()
    lock.write(text)
    lock.flush()
