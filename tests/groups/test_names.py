"""Parts of names in any script, by an index that follows every change."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.urls import reverse
from django.utils import timezone

from groups import names, search
from groups.models import Group, Member, Subscriber
from kaizala_admin.connectors.models import Grant

from .test_pages import make_group, signed_in

pytestmark = pytest.mark.django_db
PEOPLE = ("Asha Rao", "आशा राव", "عائشة", "Иван Петров", "João", "Wei 王小明", 'A "b" c%d_e', "O'Neil")


@pytest.fixture
def group(grant: Grant) -> Group:
    found = make_group(grant, 1)
    Subscriber.objects.all().delete()
    rows = [
        Subscriber(group=found, person_id=str(at), name=name, first_seen_at=timezone.now())
        for at, name in enumerate(PEOPLE)
    ]
    Subscriber.objects.bulk_create(rows)
    return found


def found(text: str) -> list[str]:
    rows = Subscriber.objects.filter(search.people(text, Subscriber)).order_by("pk")
    return list(rows.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sha r", ["Asha Rao"]),
        ("SHA R", ["Asha Rao"]),
        ("शा रा", ["आशा राव"]),
        ("ائش", ["عائشة"]),
        ("ван п", ["Иван Петров"]),
        ("王小", ["Wei 王小明"]),
        ("oão", ["João"]),
        (' "b" c%d_', ['A "b" c%d_e']),
        ("o'ne", ["O'Neil"]),
        ("ив", ["Иван Петров"]),
        ("И", ["Иван Петров"]),
        ("п", ["Иван Петров"]),
        ("ОВ", ["Иван Петров"]),
        ("ва", []),
        ("王", ["Wei 王小明"]),
        ("小明", ["Wei 王小明"]),
        ("a", ["Asha Rao", 'A "b" c%d_e']),
        ("RA", ["Asha Rao"]),
        ("ao", ["Asha Rao"]),
        ("sh", []),
        ("zz", []),
        ("b", []),
        ("%", []),
        ('"b', ['A "b" c%d_e']),
        ("%%%", []),
        ("nobody", []),
    ],
)
def test_a_part_of_a_name_is_found_in_any_script(group: Group, text: str, expected: list[str]) -> None:
    assert found(text) == expected


def test_the_index_is_there_after_the_migrations() -> None:
    assert [names.is_ready(model) for model in names.MODELS] == [True, True]


def test_the_index_follows_changes_and_deletions(group: Group) -> None:
    row = Subscriber.objects.get(name="Asha Rao")
    Subscriber.objects.filter(pk=row.pk).update(name="Binta Sow")
    assert (found("asha rao"), found("inta s")) == ([], ["Binta Sow"])
    Subscriber.objects.filter(pk=row.pk).delete()
    assert found("inta s") == []


def test_an_index_that_a_migration_took_along_is_built_anew(group: Group) -> None:
    if connection.vendor != "sqlite":
        assert names.heal() is False
        return
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER groups_subscriber_parts_add")
    Subscriber.objects.create(group=group, person_id="x", name="Chidi Obi", first_seen_at=timezone.now())
    assert found("hidi o") == ["Chidi Obi"]  # by reading every row
    assert (names.heal(), names.heal()) == (True, False)
    assert found("hidi o") == ["Chidi Obi"]
    assert names.is_ready(Subscriber)


def test_the_command_may_be_run_again_and_says_when_it_is_not_allowed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(names, "build", lambda **options: None)
    call_command("index_names")
    assert capsys.readouterr().out == "Parts of names are found by an index.\n"

    def refuse(**options: bool) -> None:
        raise names.CannotIndex("Ask the owner.")

    monkeypatch.setattr(names, "build", refuse)
    with pytest.raises(CommandError, match="Ask the owner"):
        call_command("index_names")


def test_what_to_do_is_said_when_the_extension_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def __enter__(self) -> Refusing:
            return self

        def __exit__(self, *why: object) -> None:
            return None

        def execute(self, sql: str) -> None:
            raise DatabaseError("permission denied")

    monkeypatch.setattr(names, "connection", type("Of", (), {"cursor": lambda self: Refusing()})())
    with pytest.raises(names.CannotIndex, match="CREATE EXTENSION pg_trgm"):
        names._extension()


def test_the_lists_and_the_groups_tabs_find_parts_of_names(group: Group) -> None:
    client = signed_in("Viewer")
    listed = client.get(reverse("admin:groups_subscriber_changelist"), {"q": "ван п"})
    assert [row.name for row in listed.context["cl"].result_list] == ["Иван Петров"]
    page = reverse("admin:groups_group_change", args=[group.pk])
    tab = client.get(page, {"tab": "subscribers", "q": "ван п"})
    assert [row.name for row in tab.context["people"]] == ["Иван Петров"]
    assert Member.objects.filter(search.people("as", Member)).count() == 1


def test_short_texts_find_the_same_with_and_without_an_index(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ("a", "ra", "ao", "sh", "o'", '"b', "c%", "_e", "王", "小明", "wei")
    by_index = {text: found(text) for text in texts}
    monkeypatch.setattr(names, "is_ready", lambda model: False)
    assert {text: found(text) for text in texts} == by_index
