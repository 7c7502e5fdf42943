"""All groups as a tree, tabs from other apps, and times in words."""

from __future__ import annotations

import pytest
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from groups import progress, tabs, tree
from groups.models import Group, GroupLink, Member
from groups.sync import people
from groups.views.group_tabs import sub_groups
from kaizala_admin.connectors.models import Grant


def link(grant: Grant, pairs: list[str]) -> None:
    """Groups by their letters, and "ab" for b below a."""
    now = timezone.now()
    made = {
        name: Group.objects.create(tenant=grant.connector.tenant, group_id=name, name=name, first_seen_at=now)
        for name in sorted(set("".join(pairs)))
    }
    for pair in pairs:
        if len(pair) == 2:
            GroupLink.objects.create(parent=made[pair[0]], child=made[pair[1]], first_seen_at=now)


def shown() -> list[tuple[str, int, bool]]:
    return [(node.group.name, node.depth, node.again) for node in tree.lines()[0]]


def test_a_shared_child_stands_under_each_parent(grant: Grant) -> None:
    link(grant, ["ac", "bc", "cd"])
    assert shown() == [
        ("a", 0, False),
        ("c", 1, False),
        ("d", 2, False),
        ("b", 0, False),
        ("c", 1, True),
    ]


def test_a_ring_without_a_root_is_shown_once(grant: Grant) -> None:
    link(grant, ["ab", "ba", "c"])
    assert shown() == [("c", 0, False), ("a", 0, False), ("b", 1, False), ("a", 2, True)]


def test_gone_groups_are_not_in_the_tree(grant: Grant) -> None:
    link(grant, ["ab"])
    Group.objects.filter(name="a").update(gone_at=timezone.now())
    assert shown() == [("b", 0, False)]


def test_a_long_tree_is_cut_and_says_so(grant: Grant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "MOST", 2)
    link(grant, ["a", "b", "c"])
    lines, cut = tree.lines()
    assert ([node.group.name for node in lines], cut) == (["a", "b"], True)


def test_a_group_with_many_below_shows_the_first_lines_and_counts_all(
    grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "MOST", 3)
    link(grant, ["ab", "ac", "ad", "ae", "af"])
    found = sub_groups(Group.objects.get(name="a"), HttpRequest())
    graph = found["graph"]
    assert (len(graph.lines), graph.more, graph.groups) == (3, True, 5)


def test_a_sub_graph_counts_each_group_once(grant: Grant) -> None:
    link(grant, ["ab", "ac", "bd", "cd", "da", "e"])
    Group.objects.update(member_count=10)
    graph = tree.sub_graph(Group.objects.get(name="a"))
    assert (graph.groups, graph.members, graph.subscribers, graph.more) == (3, 40, 0, False)
    assert [(node.group.name, node.depth, node.again) for node in graph.lines] == [
        ("a", 0, False),
        ("b", 1, False),
        ("d", 2, False),
        ("a", 3, True),
        ("c", 1, False),
        ("d", 2, True),
    ]


def test_a_deep_graph_asks_the_database_as_often_as_a_flat_one(grant: Grant) -> None:
    link(grant, ["ab", "bc", "cd", "de", "ef"])
    for name in ("a", "e"):
        group = Group.objects.get(name=name)
        with CaptureQueriesContext(connection) as asked:
            tree.sub_graph(group)
        assert len(asked) == 3


def test_an_app_above_adds_its_tab_before_the_history(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tabs, "TABS", list(tabs.TABS))
    own = tabs.Tab(
        "extra", "Extra", "groups.view_group", "groups/tabs/history.html", lambda group, request: {}
    )
    tabs.register(own)
    tabs.register(own)
    keys = [tab.key for tab in tabs.TABS]
    assert keys.count("extra") == 1
    assert keys.index("sub_groups") < keys.index("extra") < keys.index("history")


def test_a_tab_is_offered_to_those_who_may_open_it() -> None:
    class Person:
        def has_perm(self, permission: str) -> bool:
            return permission == "groups.view_group"

    request = RequestFactory().get("/")
    request.user = Person()  # type: ignore[assignment]
    keys = [tab.key for tab in tabs.tabs_for(request)]
    assert "overview" in keys
    assert "members" not in keys


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, ""),
        (3, "less than a minute"),
        (60, "about 1 min"),
        (100, "about 2 min"),
        (3_600, "about 1 h 0 min"),
        (7_500, "about 2 h 5 min"),
    ],
)
def test_times_are_told_in_words(seconds: int | None, words: str) -> None:
    assert progress.in_words(seconds) == words


def test_what_is_written_fits_its_column() -> None:
    lengths = [
        getattr(Member._meta.get_field(name), "max_length", None)
        for name in ("person_id", "mobile_number", "name")
    ]
    assert lengths == [people.LONGEST_ID, people.LONGEST_NUMBER, people.LONGEST_NAME]
