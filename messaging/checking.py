"""What sending would take, and what is wrong: asked before anything is sent, and once more at launch."""

from collections import Counter
from dataclasses import dataclass, field

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups import pace
from groups.models import Group, Reach
from kaizala_admin.connectors.models import Connector, Grant

from . import audience, kinds
from .models import AudienceLine, Broadcast, Dispatch


@dataclass
class Check:
    """People are counted after removing duplicates; `dispatch_people` counts a person once a group.

    `calls` is by connector. `seconds` is at today's budgets. A blocker stops the launch, a warning does not.
    """

    people: int = 0
    dispatch_people: int = 0
    group_count: int = 0
    dispatches: int = 0
    calls: dict[int, int] = field(default_factory=dict)
    seconds: int = 0
    blockers: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    bad_lines: int = 0
    needs_many: bool = False

    @property
    def can_launch(self) -> bool:
        return not self.blockers

    @property
    def sentence(self) -> str:
        """ "4,812 people in 3 groups, 162 calls, about 1 min 40 s"."""
        people = ngettext("%(n)s person", "%(n)s people", self.people) % {"n": f"{self.people:,}"}
        groups = ngettext("%(n)s group", "%(n)s groups", self.group_count) % {"n": f"{self.group_count:,}"}
        calls = ngettext("%(n)s call", "%(n)s calls", self.dispatches) % {"n": f"{self.dispatches:,}"}
        parts = {"people": people, "groups": groups, "calls": calls, "time": pace.in_words(self.seconds)}
        return _("%(people)s in %(groups)s, %(calls)s, %(time)s") % parts


def check(broadcast: Broadcast) -> Check:
    """Reads the mirror only; calls nobody."""
    whom = audience.of(broadcast)
    found = Check(group_count=len(whom.groups))
    _check_content(broadcast, found)
    _check_groups(whom, found)
    _count(whom, found)
    _check_people(whom, found)
    found.needs_many = found.people > broadcast.tenant.many_people
    return found


def _check_content(broadcast: Broadcast, found: Check) -> None:
    try:
        problem = kinds.get(broadcast.kind).problem(broadcast.content)
    except KeyError:
        problem = _("This kind of broadcast does not exist any more. Write a new one.")
    if problem:
        found.blockers.append(problem)


def _check_groups(whom: audience.Audience, found: Check) -> None:
    if not whom.choice.group_ids:
        found.blockers.append(_("Nobody is chosen. Choose at least one group."))
    elif len(whom.groups) < len(whom.choice.group_ids):
        found.blockers.append(_("A chosen group does not exist any more. Choose again."))
    for group in whom.groups:
        if problem := _group_problem(whom, group):
            found.blockers.append(problem)


def _group_problem(whom: audience.Audience, group: Group) -> str:
    grant, public = whom.grants.get(group.pk), group.group_type == Group.Type.PUBLIC
    name = {"group": group.name}
    if group.tenant_id != whom.broadcast.tenant_id:
        return _("“%(group)s” belongs to another organisation. Send to it in a broadcast of its own.") % name
    if group.gone_at:
        return _("“%(group)s” is not at Kaizala any more. Take it out, or sync and look again.") % name
    if public != (whom.choice.mode != audience.GROUPS):
        return _wrong_type(public) % name
    if grant is None:
        return _why_no_grant(group)
    if public and not _is_admin(grant, group):
        return _("The grant that reaches “%(group)s” is not an Admin there, so Kaizala would refuse.") % name
    return ""


def _wrong_type(public: bool) -> str:
    if public:
        return _("“%(group)s” is a public group. Choose “All subscribers” or “Chosen people” for it.")
    return _("“%(group)s” is not a public group, so it has no subscribers. Choose “Groups” for it.")


def _is_admin(grant: Grant, group: Group) -> bool:
    """A role that Kaizala did not tell is given the benefit of the doubt."""
    roles = Reach.objects.filter(grant=grant, group=group, gone_at__isnull=True)
    return "Member" not in roles.values_list("role", flat=True)


def _why_no_grant(group: Group) -> str:
    """In the user's words: which of the things that a send needs is missing."""
    reaches = Reach.objects.filter(group=group, gone_at__isnull=True).select_related("grant__connector")
    name = {"group": group.name}
    for reach in reaches:
        grant, connector = reach.grant, reach.grant.connector
        who = {**name, "grant": grant.name, "connector": connector.name}
        if grant.state == Grant.State.REVOKED:
            return (
                _(
                    "Kaizala refused the grant “%(grant)s” that reaches “%(group)s”. "
                    "Give it a new refresh token."
                )
                % who
            )
        if connector.health == Connector.Health.NEEDS_ATTENTION:
            return (
                _("The connector “%(connector)s” that reaches “%(group)s” needs attention. Mend it first.")
                % who
            )
        if not connector.is_active:
            return _("The connector “%(connector)s” that reaches “%(group)s” is switched off.") % who
    return _("No grant reaches “%(group)s”. Sync the connector, or add a grant that reaches it.") % name


def _count(whom: audience.Audience, found: Check) -> None:
    calls: Counter[int] = Counter()
    numbers_once = True
    for part in whom.parts():
        found.dispatches += 1
        found.dispatch_people += part.count
        numbers_once = part.mode == Dispatch.Mode.BATCH
        if part.grant:
            calls[part.grant.connector_id] += 1
    found.people = found.dispatch_people
    if whom.choice.mode == audience.GROUPS:
        found.people = audience.distinct_people(whom)
    elif not numbers_once and len(whom.groups) > 1:
        found.people = audience.distinct_subscribers(whom)
    found.calls, found.seconds = dict(calls), pace.seconds(calls)


def _check_people(whom: audience.Audience, found: Check) -> None:
    if whom.choice.mode == audience.PEOPLE:
        _check_lines(whom, found)
    if whom.choice.mode == audience.PUBLIC and (nameless := audience.unreachable(whom)):
        _warn_nameless(whom, found, nameless)
    if (twice := found.dispatch_people - found.people) > 0:
        words = ngettext(
            "Who is in several of the groups gets a copy in each of them: %(n)s copy more than people.",
            "Who is in several of the groups gets a copy in each of them: %(n)s copies more than people.",
            twice,
        )
        found.warnings.append(words % {"n": f"{twice:,}"})
    if not found.people and not found.blockers:
        found.blockers.append(_("Nobody would get this: no person is known there. Sync the groups first."))
    for group in whom.groups:
        if group.synced_at is None and not group.gone_at:
            words = _("“%(group)s” has never been synced completely, so the numbers may be too small.")
            found.warnings.append(words % {"group": group.name})


def _warn_nameless(whom: audience.Audience, found: Check, nameless: int) -> None:
    if whom.choice.send_to_all:
        words = ngettext(
            "%(n)s subscriber without a known number gets it too, but has no line in the ledger.",
            "%(n)s subscribers without a known number get it too, but have no line in the ledger.",
            nameless,
        )
    else:
        words = ngettext(
            "%(n)s subscriber has no known number and is left out. One call to all would reach them.",
            "%(n)s subscribers have no known number and are left out. One call to all would reach them.",
            nameless,
        )
    found.warnings.append(words % {"n": f"{nameless:,}"})


def _check_lines(whom: audience.Audience, found: Check) -> None:
    lines = AudienceLine.objects.filter(broadcast=whom.broadcast)
    counts = dict(lines.order_by().values_list("problem").annotate(Count("pk")))
    good = counts.pop("", 0)
    strangers = good - found.dispatch_people if whom.groups else 0
    if doubles := counts.pop(AudienceLine.Problem.DUPLICATE, 0):
        words = ngettext(
            "%(n)s line repeats a number, also in another spelling, and is left out.",
            "%(n)s lines repeat a number, also in another spelling, and are left out.",
            doubles,
        )
        found.warnings.append(words % {"n": f"{doubles:,}"})
    if wrong := sum(counts.values()):
        words = ngettext(
            "%(n)s line is not a phone number and is left out.",
            "%(n)s lines are not phone numbers and are left out.",
            wrong,
        )
        found.warnings.append(words % {"n": f"{wrong:,}"})
    if strangers:
        words = ngettext(
            "%(n)s number does not follow “%(group)s” and is left out: Kaizala would refuse it.",
            "%(n)s numbers do not follow “%(group)s” and are left out: Kaizala would refuse them.",
            strangers,
        )
        found.warnings.append(words % {"n": f"{strangers:,}", "group": whom.groups[0].name})
    found.bad_lines = doubles + wrong + strangers
    if not found.people and not found.blockers:
        found.blockers.append(_("None of the numbers can be written to. Look at the lines below."))
