"""The whole one-machine install: from an empty folder to a running console, and down again in order."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from . import children, connect, console, keys, ports
from .children import Budgets, Ports
from .places import Places, sign
from .supervisor import Supervisor
from .terminal import CannotStart, say

if TYPE_CHECKING:
    from kaizala_admin.connectors.models import Connector

WORKER_THREADS = 32
PEOPLE = 25_000  # in the sandbox's organisation, unless said otherwise


def fill_environment(places: Places, port: Ports | None = None, socket: Path | None = None) -> None:
    """Sets what the console reads from the environment. What the person set already stays."""
    os.environ["KAIZALA_VAR_DIR"] = str(places.var)
    defaults = {
        "DJANGO_SETTINGS_MODULE": "kaizala_admin.settings",
        "KAIZALA_INSECURE_LOCAL": "1",
        **keys.keys(places.secrets),
    }
    if port is not None:
        defaults["KAIZALA_SANDBOX_URL"] = f"http://{ports.HOST}:{port.sandbox}"
        defaults["KAIZALA_PUBLIC_URL"] = f"http://{ports.HOST}:{port.web}"
    if socket is not None:
        defaults["REDIS_URL"] = f"unix://{socket}"
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


class House:
    """`open` starts everything and connects the sandbox; `run` also stays until Ctrl-C."""

    def __init__(self, places: Places, port: int, people: int | None, budgets: Budgets) -> None:
        self.places, self.wanted_port, self.people, self.budgets = places, port, people, budgets
        self.supervisor = Supervisor(places, console.silent)
        self.password: str | None = None

    def run(self, fresh: bool) -> None:
        """Until Ctrl-C. Raises CannotStart, with everything stopped again."""
        with self.open(fresh) as connector:
            begun = connect.start_first_sync(connector)
            connect.listen(connector)
            self._show(begun)
            self.supervisor.watch()
            say("Stopping ...")
        say("Stopped.")

    @contextlib.contextmanager
    def open(self, fresh: bool = False) -> Iterator["Connector"]:
        """A running house; stopped in order at the end, whatever happens inside."""
        self.places.make()
        with self.places.lock() as lock:
            if fresh:
                self._forget()
            web = ports.web_port(self.wanted_port)
            self.ports = Ports(web, ports.sandbox_port(self.places.run / "ports.json", web))
            sign(lock, f"process {os.getpid()}, http://{ports.HOST}:{web}/")
            socket = self.places.broker_socket()
            self._listen_to_signals()
            try:
                yield self._start(socket)
            finally:
                self.supervisor.stop()
                if socket.parent != self.places.run:
                    shutil.rmtree(socket.parent, ignore_errors=True)

    def _forget(self) -> None:
        if os.environ.get("DATABASE_URL"):
            raise CannotStart(
                "--fresh deletes only what is under var/, and DATABASE_URL points elsewhere. Unset it first."
            )
        self.places.forget()

    def _start(self, socket: Path) -> "Connector":
        fill_environment(self.places, self.ports, socket)
        ground = [children.sandbox(self.places, self.ports, self.people or PEOPLE, self.budgets)]
        if os.environ["REDIS_URL"] == f"unix://{socket}":
            ground.append(children.broker(self.places, socket))
        self.supervisor.start(*ground)
        console.wake()
        console.migrate()
        console.collect_static(self.places.run / "static.stamp")
        self.password = console.make_administrator()
        connector = self._connect()
        self.supervisor.start(
            children.worker(WORKER_THREADS, os.environ["REDIS_URL"]),
            children.beat(self.places),
            children.dispatcher(),
            children.web(self.places, self.ports),
        )
        return connector

    def _connect(self) -> "Connector":
        root = f"http://{ports.HOST}:{self.ports.sandbox}"
        self.state = console.sandbox_state(root)
        return connect.connect(root, self.state, self.budgets)

    def _listen_to_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.supervisor.ask_to_stop)

    def _show(self, sync_begun: bool) -> None:
        sandbox = f"http://{ports.HOST}:{self.ports.sandbox}"
        say(f"\nKaizala Admin is ready:  http://{ports.HOST}:{self.ports.web}/\n")
        say(f"  user       {console.USER}")
        if self.password:
            say(f"  password   {self.password}   (shown only now)")
        else:
            say("  password   as before; bin/run --reset-password makes another")
        say(f"  sandbox    {sandbox}/   an organisation of {self.state.people:,} people")
        say(f"  phones     {sandbox}/phones   what each of them received")
        say(f"  data       {self.places.data}")
        say(f"  keys       {self.places.secrets}   back them up apart from the data")
        say(f"  logs       {self.places.logs}")
        if sync_begun:
            say("\nThe first sync has begun; the home page shows how far it is.")
        if self.people not in (None, self.state.people):
            say("\nThe sandbox keeps the people it has; bin/run --fresh --people N starts over with N.")
        say("Ctrl-C stops everything.")
