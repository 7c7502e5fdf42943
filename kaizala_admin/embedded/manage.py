"""`bin/manage`: Django's commands with the keys and the data of `bin/run`, whether it runs or not."""

import os
import sys

from .__main__ import places
from .house import fill_environment
from .terminal import say


def main() -> int:
    here = places()
    if not (here.secrets.is_dir() or os.environ.get("SECRET_KEY")):
        say("Nothing is set up here yet. Start bin/run once, then try again.")
        return 1
    os.umask(0o077)
    here.make()
    if address := here.address():
        os.environ.setdefault("KAIZALA_PUBLIC_URL", address)
    fill_environment(here, socket=here.run / "broker.sock")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["bin/manage", *sys.argv[1:]])
    return 0


if __name__ == "__main__":
    sys.exit(main())
