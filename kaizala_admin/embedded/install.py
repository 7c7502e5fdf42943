"""Makes .venv, installs the pinned requirements, and hands over. Needs nothing but the standard library.

`python -m kaizala_admin.embedded.install REQUIREMENTS MODULE [arguments]` ends by becoming
`.venv/bin/python -m MODULE [arguments]`. A stamp in .venv makes the second start a matter of milliseconds.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LISTS = ("requirements.txt", "requirements-dev.txt", "constraints.txt")


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def fail(text: str) -> NoReturn:
    say(text)
    raise SystemExit(1)


def wanted(requirements: str) -> str:
    """What the stamp says when `requirements` stand installed: a hash of every list, and the Python."""
    digest = hashlib.sha256(f"{sys.version_info[:3]} {requirements} {VENV}".encode())
    for name in LISTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def make_venv() -> None:
    """A virtual environment; without the distribution's ensurepip, one that the system's pip fills."""
    if PYTHON.exists():
        return
    say("Making .venv ...")
    command = [sys.executable, "-m", "venv", str(VENV)]
    if subprocess.run(command, capture_output=True).returncode == 0:  # noqa: S603
        return
    plain = subprocess.run([*command, "--clear", "--without-pip"], capture_output=True)  # noqa: S603
    if plain.returncode:
        fail("Python cannot make a virtual environment here. On Debian: apt-get install python3.11-venv")


def pip() -> list[str]:
    """The command that installs into .venv."""
    inside = [str(PYTHON), "-m", "pip"]
    outside = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    for command in (inside, outside):
        if subprocess.run([*command, "--version"], capture_output=True).returncode == 0:  # noqa: S603
            return command
    fail(
        "Python's package installer is missing. On Debian: apt-get install python3.11-venv, then remove .venv"
    )


def install(requirements: str) -> None:
    """Installs what the lists pin. Ends with pip's own last lines when that fails."""
    say(f"Installing what {requirements} names (once; a minute or two) ...")
    done = subprocess.run(  # noqa: S603
        [
            *pip(),
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-input",
            "-r",
            str(ROOT / requirements),
        ],
        capture_output=True,
        text=True,
    )
    if done.returncode:
        tail = "\n".join(done.stderr.strip().splitlines()[-4:])
        fail(f"{tail}\nThe packages could not be installed; the lines above say why.")


def ensure(requirements: str) -> None:
    """.venv holds `requirements` afterwards. One process at a time; the others wait."""
    with (ROOT / "requirements.txt").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp = VENV / f".stamp-{requirements}"
        if stamp.exists() and stamp.read_text() == wanted(requirements):
            return
        make_venv()
        install(requirements)
        stamp.write_text(wanted(requirements))


def main() -> NoReturn:
    requirements, module, *arguments = sys.argv[1:]
    os.chdir(ROOT)
    ensure(requirements)
    os.execv(PYTHON, [str(PYTHON), "-m", module, *arguments])  # noqa: S606


if __name__ == "__main__":
    main()
