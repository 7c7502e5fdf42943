"""The pages that change groups. Each checks its permission on the server and calls services only."""

from django.urls import URLPattern, path

from . import graph, people, watching


def urls() -> list[URLPattern]:
    """Their addresses, below those of the groups."""
    at = "<int:group_id>"
    return [
        path("create/", graph.CreateGroup.as_view(), name="groups_group_create"),
        path(f"{at}/sub-groups/create/", graph.CreateSubGroup.as_view(), name="groups_group_create_below"),
        path(f"{at}/sub-groups/link/", graph.LinkGroup.as_view(), name="groups_group_link"),
        path(f"{at}/sub-groups/unlink/", graph.UnlinkGroup.as_view(), name="groups_group_unlink"),
        path(f"{at}/members/add/", people.AddMembers.as_view(), name="groups_group_add_members"),
        path(f"{at}/members/remove/", people.RemoveMembers.as_view(), name="groups_group_remove_members"),
        path(f"{at}/members/role/", people.SetRole.as_view(), name="groups_group_role"),
        path(f"{at}/subscribers/add/", people.AddSubscribers.as_view(), name="groups_group_add_subscribers"),
        path(
            f"{at}/subscribers/remove/",
            people.RemoveSubscribers.as_view(),
            name="groups_group_remove_subscribers",
        ),
        path("pending/", watching.Pending.as_view(), name="groups_group_pending"),
        path(f"{at}/pending/", watching.Pending.as_view(), name="groups_group_pending"),
    ]
