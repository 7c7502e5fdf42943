"""What a person should know before saying yes: a wrong list empties a group, a typo removes somebody."""

from collections import Counter

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from groups.models import Group

from .models import ImportRow, ImportRun

FEW, SHARE = 10, 5  # more than ten people, and more than one in five of a group: asked twice
NAMED = 5  # groups
State, Action = ImportRow.State, ImportRow.Action
LEAVING = f"{State.READY}:{Action.REMOVE}"  # as `reading.counts` names them


def unclear(run: ImportRun, found: dict[str, int]) -> int:
    """How many would leave for missing on the list, while rows of it are wrong and may mean them."""
    is_unclear = run.kind == ImportRun.Kind.EQUAL and found.get(State.WRONG, 0)
    return found.get(LEAVING, 0) if is_unclear else 0


def of(run: ImportRun, found: dict[str, int]) -> list[str]:
    """In words; `found` are the counts of `reading.counts`. Nothing when nobody leaves."""
    if not found.get(LEAVING):
        return []
    rows = ImportRow.objects.filter(run=run.pk, state=State.READY, action=Action.REMOVE)
    return [*_unclear(run, found), *_emptied(rows), *_admins(rows)]


def _unclear(run: ImportRun, found: dict[str, int]) -> list[str]:
    leaving, wrong = unclear(run, found), found.get(State.WRONG, 0)
    words = ngettext(
        "%(wrong)s row is wrong. Whoever it means counts as missing from the list, and may be among the "
        "%(n)s who would be removed. Repair it first, or make sure of their names.",
        "%(wrong)s rows are wrong. Whoever they mean counts as missing from the list, and may be among the "
        "%(n)s who would be removed. Repair them first, or make sure of their names.",
        wrong,
    )
    return [words % {"wrong": f"{wrong:,}", "n": f"{leaving:,}"}] if leaving else []


def _emptied(rows: QuerySet[ImportRow]) -> list[str]:
    """A list that would empty a group is more often the wrong list."""
    leaving: Counter[tuple[int | None, bool]] = Counter()
    for key, role, count in rows.order_by().values_list("group", "role").annotate(Count("pk")):
        leaving[key, role == "subscriber"] += count
    groups = Group.objects.in_bulk([key for key, _subscribers in leaving if key])
    found = []
    for (key, subscribers), count in leaving.items():
        group = groups[key or 0]
        present = group.subscriber_count if subscribers else group.member_count
        if count > FEW and count * SHARE > present:
            found.append((group.name, count, present))
    if len(found) > 1:
        names = ", ".join(f"“{name}”" for name, _count, _present in found[:NAMED])
        words = _(
            "%(n)s groups would lose more than one in five of their people: %(names)s. "
            "Is this the right list?"
        )
        return [words % {"n": f"{len(found):,}", "names": names + (", …" if len(found) > NAMED else "")}]
    words = _("%(n)s of the %(all)s people of “%(group)s” would be removed. Is this the right list?")
    return [words % {"n": f"{n:,}", "all": f"{all_:,}", "group": name} for name, n, all_ in found]


def _admins(rows: QuerySet[ImportRow]) -> list[str]:
    admins = rows.filter(role="admin").count()
    words = ngettext("%(n)s admin would be removed.", "%(n)s admins would be removed.", admins)
    return [words % {"n": f"{admins:,}"}] if admins else []
