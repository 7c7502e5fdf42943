"""The life of broadcasts: two people, a clumsy worker, a clock, quiet hours, and Kaizala in every mood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule

from groups.models import Group
from kaizala_admin.connectors.models import Tenant
from kaizala_admin.outbox import claims, pump, sweeper
from kaizala_admin.outbox.models import State
from messaging import services, tasks
from messaging.audience import PUBLIC, Choice
from messaging.media.models import MediaUpload
from messaging.models import Broadcast, Delivery, Dispatch, Priority
from messaging.services import approving, missing
from messaging.timing import quiet
from messaging.timing.models import Firing, Schedule
from messaging.timing.rules import DAILY, ONCE, Rule

from .books import Books
from .kaizala import ENDS, Kaizala

PEOPLE = 4  # each in a call of their own
MANY = str(PEOPLE)
LAWFUL = (PermissionDenied, services.Changed, services.CannotLaunch, services.NotADraft)
CONTENTS: dict[str, dict[str, Any]] = {"text": {"message": "Rain"}, "image": {"caption": "Rain"}}
# The night in which the clocks of Berlin go from two to three.
EVE = date(2031, 3, 29)
MORNING = datetime(2031, 3, 29, tzinfo=UTC)  # an hour and a half before the first time
HOUR = timedelta(hours=1)
JUMPS = st.sampled_from([-HOUR, 0 * HOUR, HOUR / 6, HOUR, 3 * HOUR, 27 * HOUR, 75 * HOUR])
KIND = st.sampled_from(sorted(CONTENTS))
MOST = 4  # broadcasts that a person writes
DESK = ("change", "send", "ask", "approve", "reject", "withdraw")
BEGINNINGS = ("draft", "sent", "trouble", "trouble", "planned", "planned")
WHO = st.integers(0, 1)  # the author, the other one
END = st.sampled_from(sorted(ENDS))


class BroadcastLife(RuleBasedStateMachine):
    """The class's fields are set by the test; an example leaves nothing behind."""

    tenant: Tenant
    connector_id: int
    public: Group
    people: tuple[User, User]
    picture: int
    set_clock: Callable[[Callable[[], datetime]], None]
    kaizala: Kaizala
    casts: Bundle[int] = Bundle("casts")

    def __init__(self) -> None:
        super().__init__()
        self.now, self.pressed = MORNING, ""
        self.dead = False
        type(self).kaizala = Kaizala()
        self.books = Books(self.kaizala, PEOPLE)
        type(self).set_clock(lambda: self.now)
        self.undo = transaction.atomic()
        self.undo.__enter__()

    def teardown(self) -> None:
        try:
            self.come_to_an_end()
        finally:
            transaction.set_rollback(True)
            self.undo.__exit__(None, None, None)

    # --- a person writes, and presses buttons ------------------------------------------------------------

    @initialize(target=casts, kind=KIND, begin=st.sampled_from(BEGINNINGS), end=END)
    def first(self, kind: str, begin: str, end: str) -> int:
        """Most examples begin where it becomes dangerous."""
        cast = self._save(None, kind, self.people[0]).pk
        if begin in ("sent", "trouble"):
            self.at_the_desk(cast, 1, kind, "send")
        if begin == "trouble":
            self.work("accepted", 1)  # the picture, if it has one
            self.work(end, 2)
        if begin == "planned":
            self.plan(cast, DAILY, Schedule.Missed.LATE, False)
        return cast

    @precondition(lambda self: len(self.books.states) < MOST)
    @rule(target=casts, kind=KIND)
    def write(self, kind: str) -> int:
        return self._save(None, kind, self.people[0]).pk

    @precondition(lambda self: self.any_is("draft", "awaiting", "scheduled"))
    @rule(cast=casts, who=WHO, kind=KIND, button=st.sampled_from(DESK))
    def at_the_desk(self, cast: int, who: int, kind: str, button: str) -> None:
        row, by = _row(cast), self.people[who]
        request, shown = approving.pending(row), services.fingerprint(row)
        verbs: dict[str, Callable[[], Any]] = {
            "change": lambda: self._save(row, kind, by),
            "send": lambda: services.launch(row, by, PEOPLE, expected_draft=shown, typed=MANY),
            "ask": lambda: approving.ask(row, by, PEOPLE, expected_draft=shown),
            "approve": lambda: (
                request and approving.approve(request, by, PEOPLE, expected_draft=shown, typed=MANY)
            ),
            "reject": lambda: request and approving.reject(request, by, "Not like this."),
            "withdraw": lambda: request and approving.withdraw(request, by),
        }
        self._press(button, verbs[button])

    def _save(self, row: Broadcast | None, kind: str, by: User) -> Broadcast:
        content = {**CONTENTS[kind], **({"media_files": [self.picture]} if kind == "image" else {})}
        choice = Choice(PUBLIC, (self.public.pk,))
        return services.save_draft(
            tenant=self.tenant, choice=choice, content=content, by=by, kind=kind, broadcast=row
        )

    @precondition(lambda self: self.any_is("draft", "awaiting"))
    @rule(cast=casts, kind=KIND)
    def agree(self, cast: int, kind: str) -> None:
        """The usual way, in one step: so that many examples get as far as sending."""
        self.at_the_desk(cast, 0, kind, "ask")
        self.at_the_desk(cast, 1, kind, "approve")

    @precondition(lambda self: self.any_is("running", "paused"))
    @rule(cast=casts, who=WHO, button=st.sampled_from(["pause", "resume", "cancel"]))
    def stop_and_go(self, cast: int, who: int, button: str) -> None:
        able = {"pause": ("running",), "resume": ("paused",), "cancel": ("running", "paused")}[button]
        row, verb = _row(cast), getattr(services, button)
        before = row.state
        assert self._press(button, lambda: verb(row, self.people[who])) == (before in able)

    @precondition(lambda self: self.any_is("running", "paused"))
    @rule(cast=casts, who=WHO, priority=st.sampled_from(Priority.values))
    def prioritise(self, cast: int, who: int, priority: int) -> None:
        self._press("priority", lambda: services.prioritise(_row(cast), self.people[who], priority))

    @precondition(lambda self: self.any_line("failed"))
    @rule(cast=casts, who=WHO)
    def retry(self, cast: int, who: int) -> None:
        failed = str(Delivery.objects.filter(broadcast=cast, state="failed").count())
        self._press("retry", lambda: services.retry_failures(_row(cast), self.people[who], typed=failed))

    @precondition(lambda self: self.any_line("unknown"))
    @rule(cast=casts, who=WHO, one=st.booleans(), button=st.sampled_from(["arrived", "again"]))
    def settle(self, cast: int, who: int, one: bool, button: str) -> None:
        """The doubts, or one of them."""
        row, by, rows = _row(cast), self.people[who], _in_doubt(cast)[: 1 if one else None]
        phones = _phones(rows)
        typed = str(len(phones))
        verbs: dict[tuple[str, bool], Callable[[], Any]] = {
            ("arrived", True): lambda: services.arrived(rows[0], by),
            ("arrived", False): lambda: services.all_arrived(row, by),
            ("again", True): lambda: services.send_again(rows[0], by, typed=typed),
            ("again", False): lambda: services.send_all_again(row, by, typed=typed),
        }
        if rows and self._press(button, verbs[button, one]):
            self.books.said |= set(phones) if button == "arrived" else set()
            self.books.again.update(phones if button == "again" else ())

    # --- by the clock ------------------------------------------------------------------------------------

    @precondition(lambda self: self.any_is("draft", "scheduled"))
    @rule(
        cast=casts,
        repeat=st.sampled_from([ONCE, DAILY, DAILY]),
        missed=st.sampled_from(Schedule.Missed.values),
        asking=st.booleans(),
    )
    def plan(self, cast: int, repeat: str, missed: str, asking: bool) -> None:
        """In the night of the change half past two is half past three."""
        row = _row(cast)
        day = max(EVE, (self.now - HOUR).date() + timedelta(days=1))
        terms = services.Plan(Rule(repeat, "Europe/Berlin", day, time(2, 30)), missed=missed, late_hours=2)
        given: dict[str, Any] = {
            "broadcast": row,
            "by": self.people[0 if asking else 1],
            "plan": terms,
            "expected_people": PEOPLE,
            "expected_draft": services.fingerprint(row),
        }
        if asking:
            self._press("plan", lambda: services.ask_for_schedule(**given))
        else:
            self._press("plan", lambda: services.schedule(**given, typed=MANY))

    @precondition(lambda self: self.any_is("scheduled"))
    @rule(cast=casts, who=WHO, button=st.sampled_from(["cancel", "pause", "resume"]))
    def change_the_plan(self, cast: int, who: int, button: str) -> None:
        row, by = _row(cast), self.people[who]
        if Schedule.objects.filter(broadcast=row).exists():
            self._press("plan", lambda: getattr(services, f"{button}_schedule")(broadcast=row, by=by))

    @rule(by=JUMPS)
    def the_clock_jumps(self, by: timedelta) -> None:
        """On, back, or over days without anybody: each schedule sends once at most, and only as chosen."""
        due = Schedule.objects.filter(state="active").aggregate(at=Min("next_at"))["at"]
        self.now = max(MORNING, (due or self.now) + by)
        before = set(Firing.objects.values_list("pk", flat=True))
        running = set(_launched())
        services.fire_due(now=self.now)
        fired = Firing.objects.select_related("schedule").filter(outcome__in=["sent", "late"])
        new = [one for one in fired if one.pk not in before]
        assert len({one.schedule_id for one in new}) == len(new)
        assert len(set(_launched()) - running) <= Schedule.objects.count()
        for one in new:
            late = self.now - one.due_at
            patient = one.schedule.missed == Schedule.Missed.LATE and late <= 2 * HOUR
            assert timedelta(0) <= late
            assert late <= missing.GRACE or patient

    @precondition(lambda self: self.any_is("scheduled"))
    @rule(who=WHO, send=st.booleans())
    def decide_on_what_was_missed(self, who: int, send: bool) -> None:
        for firing in Firing.objects.filter(outcome="asking")[:1]:
            by = self.people[who]
            self._press("missed", lambda: services.settle_missed(firing=firing, by=by, send=send, typed=MANY))  # noqa: B023

    @precondition(lambda self: self.any_is("scheduled"))
    @rule(cast=casts, who=WHO)
    def send_now(self, cast: int, who: int) -> None:
        row, by = _row(cast), self.people[who]
        self.now += timedelta(seconds=1)  # beside its times
        last = Firing.objects.filter(schedule__broadcast=row).aggregate(last=Max("pk"))["last"] or 0
        self._press("now", lambda: services.fire_now(broadcast=row, by=by, last=last, typed=MANY))

    @rule(on=st.booleans())
    def quiet_hours(self, on: bool) -> None:
        now = timezone.now()
        hours = ((now - HOUR).time(), (now + 2 * HOUR).time()) if on else (None, None)
        Tenant.objects.update(quiet_from=hours[0], quiet_until=hours[1])
        self.tenant.refresh_from_db()
        quiet.tick()

    @rule()
    def tick(self) -> None:
        tasks.tick()

    # --- Kaizala and its workers -------------------------------------------------------------------------

    @precondition(lambda self: self.any_line("queued"))
    @rule()
    def one_call_goes_well(self) -> None:
        self.work("accepted", 1)

    @precondition(lambda self: self.any_line("queued"))
    @rule(end=END, most=st.integers(1, 3))
    def work(self, end: str, most: int) -> None:
        """Permits for some of what is due, and a worker that uses them."""
        before, able = self.kaizala.got.copy(), set(_running())
        self._permit(most)
        self.kaizala.end = end
        pump.pump(self.connector_id)
        reached = {cast for cast, _number in self.kaizala.got - before}
        assert reached <= able

    @precondition(lambda self: self.any_line("queued"))
    @rule(accepted=st.booleans())
    def a_worker_dies(self, accepted: bool) -> None:
        self._permit(1)
        for claim in claims.claim(self.connector_id):
            self.dead = True
            if accepted and isinstance(claim.row, Dispatch):
                self.kaizala.keep(claim.row, claim.row.numbers or [])

    @precondition(lambda self: self.dead)
    @rule()
    def the_dead_are_found(self) -> None:
        for row_class in (Dispatch, MediaUpload):
            row_class._default_manager.filter(state=State.SENDING).update(lease_until=timezone.now() - HOUR)
        sweeper.sweep()
        self.dead = False

    @precondition(lambda self: self.any_line("queued"))
    @rule()
    def time_passes(self) -> None:
        """What was put back for a while is due again."""
        now = timezone.now()
        for row_class in (Dispatch, MediaUpload):
            waiting = row_class._default_manager.filter(state=State.QUEUED)
            waiting.exclude(reason__in=[quiet.REASON, "media"]).update(not_before=now)

    def _permit(self, most: int) -> None:
        now = timezone.now()
        for row_class in (MediaUpload, Dispatch):
            rows = row_class._default_manager.filter(state=State.QUEUED, held=False, not_before__lte=now)
            keys = list(rows.order_by("pk").values_list("pk", flat=True)[:most])
            rows.filter(pk__in=keys).update(permits=1, permits_until=now + HOUR)

    def _press(self, button: str, verb: Callable[[], Any]) -> bool:
        """Whether it was obeyed. What the console refuses in words changes nothing: the books see to it."""
        self.pressed = button
        try:
            return bool(verb())
        except LAWFUL:
            return False

    def any_is(self, *states: str) -> bool:
        """As it was after the last step. Buttons are also pressed where they lead nowhere, but not mostly."""
        return any(state in states for state in self.books.states.values())

    def any_line(self, state: str) -> bool:
        return state in self.books.lines.values()

    # --- what must hold ----------------------------------------------------------------------------------

    @invariant()
    def the_books_are_right(self) -> None:
        self.books.check(self.pressed)
        self.pressed = ""

    def come_to_an_end(self) -> None:
        """From wherever the example stopped, everything can be brought to its end, and nobody is lost."""
        self.quiet_hours(False)
        self.the_dead_are_found()
        for row in Broadcast.objects.filter(state="paused"):
            services.resume(row, self.people[1])
        for _round in range(20):
            self.time_passes()
            self.work("accepted", 50)
            if not Dispatch.objects.filter(state__in=[State.QUEUED, State.SENDING]).exists():
                break
        tasks.tick()
        self.pressed = "resume"
        self.books.check(self.pressed)
        self.books.add_up()


def _row(cast: int) -> Broadcast:
    return Broadcast.objects.select_related("tenant").get(pk=cast)


def _running() -> Any:
    return Broadcast.objects.filter(state="running").values_list("pk", flat=True)


def _launched() -> Any:
    return Broadcast.objects.exclude(launched_at=None).values_list("pk", flat=True)


def _in_doubt(cast: int) -> list[Dispatch]:
    rows = Dispatch.objects.select_related("broadcast__tenant").filter(broadcast=cast, state=State.UNKNOWN)
    return list(rows.order_by("pk"))


def _phones(rows: Sequence[Dispatch]) -> list[tuple[int, str]]:
    return list(Delivery.objects.filter(dispatch__in=rows).values_list("broadcast_id", "mobile_number"))
