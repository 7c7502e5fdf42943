"""`bin/run`: sets up and runs a whole console on this machine."""

import argparse
import os
import sys
from pathlib import Path

from .children import Budgets
from .house import PEOPLE, House
from .places import Places
from .terminal import CannotStart, say

ROOT = Path(__file__).resolve().parents[2]


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bin/run",
        description="Sets up and starts Kaizala Admin on this machine, with a sandbox to try it on.",
        epilog="Everything is written under var/ (or KAIZALA_VAR_DIR). Ctrl-C stops all of it.",
    )
    parser.add_argument(
        "--port", type=int, default=8000, help="the console's port (8000); 0 takes a free one"
    )
    parser.add_argument(
        "--people", type=int, help=f"size of the sandbox's organisation ({PEOPLE}), when it is made"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="DELETE all data under var/ first and start over"
    )
    parser.add_argument(
        "--smoke", action="store_true", help="send two broadcasts, compare, print a table, and exit"
    )
    parser.add_argument(
        "--reset-password", action="store_true", help="print a new administrator's password, and exit"
    )
    return parser


def places() -> Places:
    return Places(Path(os.environ.get("KAIZALA_VAR_DIR", ROOT / "var")).resolve())


def reset_password(places: Places) -> None:
    from . import console
    from .house import fill_environment

    places.make()
    fill_environment(places)
    console.wake()
    user, password = console.reset_password()
    say(f"user      {user}\npassword  {password}   (shown only now)")


def main() -> int:
    arguments = parser().parse_args()
    os.umask(0o077)
    try:
        if arguments.people is not None and arguments.people < 1:
            raise CannotStart("An organisation has at least one person: bin/run --people 1000")
        if arguments.reset_password:
            reset_password(places())
            return 0
        if arguments.smoke:
            from .smoke import smoke

            return smoke(Places(places().var / "smoke"), arguments.people or PEOPLE)
        House(places(), arguments.port, arguments.people, Budgets()).run(fresh=arguments.fresh)
    except CannotStart as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
