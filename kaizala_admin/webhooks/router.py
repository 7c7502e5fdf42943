"""Who wants which event. Apps above register their handlers at start-up, in their `events.py`.

# surveys/events.py, imported by SurveysConfig.ready()
from kaizala_admin.webhooks.router import Received, on

@on("SurveyResponse", "ActionResponse")
def store_responses(events: Sequence[Received]) -> None: ...
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kaizala_admin.kaizala import EVENT_TYPES as DOCUMENTED

EVENT_TYPES = (*DOCUMENTED, "UserJoined")


@dataclass(frozen=True)
class Received:
    """One event as a handler gets it (contract 15).

    `pk` is the stored Event's key and grows with the order of arrival; `received_at` is when it arrived: the
    envelope itself has no time. `data` is Kaizala's, with its keys as they came. `group_id` is Kaizala's ID
    of the group that it is about, "" when nobody told it. `sender*` is who caused it.
    """

    pk: int
    received_at: datetime
    connector_id: int
    tenant_id: int
    subscription_id: int
    object_type: str  # "Group", "Action", "ActionPackage": what is subscribed
    object_id: str
    event_type: str  # in the contract's spelling, whatever the case that it came in
    event_id: str  # may repeat: an edited answer reuses it
    group_id: str
    data: Mapping[str, Any]
    context: str
    sender_number: str
    sender_id: str
    sender_name: str


Handler = Callable[[Sequence[Received]], None]
_HANDLERS: dict[str, list[Handler]] = defaultdict(list)
_SPELLINGS = {name.lower(): name for name in EVENT_TYPES}


def on(*event_types: str) -> Callable[[Handler], Handler]:
    """Registers a handler of these event types: `def handler(events: Sequence[Received]) -> None`.

    It is called with 1 to 500 events of its types, of any connector, in the order of arrival, inside one
    transaction that also marks them as done: either all of it is kept or nothing. It may open no connection
    of its own and call nobody; to ask Kaizala, post an `OutboxRow`.

    - Write in bulk: the number of queries must not grow with the number of events.
    - Be harmless when called twice with the same, or late: events come more than once, in any order, and a
      replay brings old ones. Upsert by Kaizala's IDs, never count up; let the newest win, by a time of
      Kaizala's or by `received_at`. Exact repeats, and repeats under another event ID of what has a
      `responseId` or an `actionId`, are sorted out before.
    - What an event refers to may not be known yet. Keep what came, under its ID, and fill the rest in later.
    - Data may lack any key or hold any type. Skip what cannot be read by raising ValueError with a sentence
      for people: when a batch raises, each of its events is tried alone, and those that still raise (whatever
      they raise) are tried twice more, then kept as failed with the error, until a person replays them.
    """

    def register(handler: Handler) -> Handler:
        for name in event_types:
            _HANDLERS[spelled(name)].append(handler)
        return handler

    return register


def spelled(event_type: str) -> str:
    """The contract's spelling of a type that may come in any case (contract 1.6)."""
    return _SPELLINGS.get(event_type.lower(), event_type)


def handlers_of(event_type: str) -> Sequence[Handler]:
    """Those that want this type, in the order of their registration."""
    return tuple(_HANDLERS.get(event_type, ()))


def dispatch(events: Sequence[Received]) -> None:
    """Calls each handler once, with all events of its types, in the order of arrival."""
    wanted: dict[Handler, list[Received]] = defaultdict(list)
    for event in events:
        for handler in handlers_of(event.event_type):
            wanted[handler].append(event)
    for handler, some in wanted.items():
        handler(some)
