"""The sidebar, in the product's words. Each person sees what that person may open."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MOST_MARKED = 99


@dataclass(frozen=True)
class Item:
    """One link: the name of its address, and the permission that opens it ("" opens it for all staff).

    It is also marked on the lists that have no link of their own and are reached from its page: `lists`.
    """

    title: str | Promise
    icon: str
    url_name: str
    permission: str = ""
    lists: tuple[str, ...] = ()


SECTIONS: tuple[tuple[str | Promise, tuple[Item, ...]], ...] = (
    ("", (Item(_("Home"), "home", "admin:index"),)),
    (
        _("Messages"),
        (
            Item(_("Compose"), "edit_square", "admin:messaging_broadcast_add", "messaging.add_broadcast"),
            Item(
                _("All broadcasts"),
                "campaign",
                "admin:messaging_broadcast_changelist",
                "messaging.view_broadcast",
                ("messaging_dispatch", "messaging_actionlook"),
            ),
            Item(
                _("Agenda"), "calendar_month", "admin:messaging_broadcast_agenda", "messaging.view_broadcast"
            ),
            Item(_("To approve"), "approval", "admin:messaging_broadcast_waiting", "messaging.send_to_many"),
            Item(
                _("Saved messages"),
                "bookmark",
                "admin:messaging_savedmessage_changelist",
                "messaging.view_savedmessage",
            ),
            Item(
                _("Media library"),
                "perm_media",
                "admin:messaging_mediafile_changelist",
                "messaging.view_mediafile",
                ("messaging_mediaupload",),
            ),
            Item(_("Ledger"), "fact_check", "admin:messaging_delivery_changelist", "messaging.view_delivery"),
            Item(
                _("Saved audiences"),
                "filter_alt",
                "admin:messaging_savedaudience_changelist",
                "messaging.view_savedaudience",
            ),
            Item(
                _("Do not contact"),
                "do_not_disturb_on",
                "admin:messaging_donotcontact_changelist",
                "messaging.view_donotcontact",
            ),
        ),
    ),
    (
        _("Answers"),
        (
            Item(
                _("Surveys, polls, jobs"),
                "ballot",
                "admin:surveys_action_changelist",
                "surveys.view_action",
                ("surveys_answersync", "surveys_answering", "surveys_answerschedule", "surveys_reminder"),
            ),
            Item(_("Jobs"), "assignment", "admin:surveys_action_jobs", "surveys.view_action"),
            Item(_("Responses"), "inbox", "admin:surveys_response_changelist", "surveys.view_response"),
        ),
    ),
    (
        _("People"),
        (
            Item(_("Groups"), "groups", "admin:groups_group_changelist", "groups.view_group"),
            Item(_("Members"), "person", "admin:groups_member_changelist", "groups.view_member"),
            Item(
                _("Subscribers"),
                "notifications",
                "admin:groups_subscriber_changelist",
                "groups.view_subscriber",
            ),
            Item(_("Imports"), "upload_file", "admin:groups_importrun_changelist", "groups.view_importrun"),
            Item(
                _("Changes at Kaizala"),
                "published_with_changes",
                "admin:groups_groupchange_changelist",
                "groups.view_groupchange",
            ),
            Item(_("Adoption and growth"), "monitoring", "admin:groups_figures", "groups.view_group"),
            Item(_("Sync history"), "sync", "admin:groups_syncrun_changelist", "groups.view_syncrun"),
            Item(_("Exports"), "download", "admin:exports_export_changelist", "exports.view_export"),
        ),
    ),
    (
        _("Service"),
        (
            Item(
                _("Connectors"), "hub", "admin:connectors_connector_changelist", "connectors.view_connector"
            ),
            Item(_("Grants"), "key", "admin:connectors_grant_changelist", "connectors.view_grant"),
            Item(_("Tenants"), "apartment", "admin:connectors_tenant_changelist", "connectors.view_tenant"),
            Item(
                _("API calls"), "swap_horiz", "admin:connectors_apicall_changelist", "connectors.view_apicall"
            ),
            Item(_("Outbox"), "outbox", "admin:outbox", "outbox.view_attempt", ("outbox_attempt",)),
            Item(
                _("Subscriptions"),
                "cell_tower",
                "admin:webhooks_subscription_changelist",
                "webhooks.view_subscription",
                ("webhooks_subscriptioncall", "webhooks_rule", "webhooks_stray", "webhooks_straycall"),
            ),
            Item(_("Events"), "bolt", "admin:webhooks_event_changelist", "webhooks.view_event"),
        ),
    ),
    (
        _("People who work here"),
        (
            Item(_("My phone and clock"), "badge", "admin:messaging_broadcast_me"),
            Item(
                _("Test phones"),
                "science",
                "admin:messaging_testphones_changelist",
                "messaging.view_testphones",
            ),
            Item(_("Users"), "manage_accounts", "admin:auth_user_changelist", "auth.view_user"),
            Item(_("Roles"), "shield_person", "admin:ui_role_changelist", "ui.view_role"),
            Item(
                _("Locked sign-ins"), "lock", "admin:axes_accessattempt_changelist", "axes.view_accessattempt"
            ),
            Item(_("Sign-ins"), "login", "admin:axes_accesslog_changelist", "axes.view_accesslog"),
            Item(_("Changes"), "history", "admin:auditlog_logentry_changelist", "auditlog.view_logentry"),
        ),
    ),
)


def allowed(request: HttpRequest, item: Item) -> bool:
    """The permission callback of every link."""
    return not item.permission or request.user.has_perm(item.permission)


Count = Callable[[Any], int]  # takes the person
_COUNTS: dict[str, Count] = {}


def mark(url_name: str, count: Count) -> None:
    """Once, at start-up: how many things wait behind this link. Asked only for those who may open it."""
    _COUNTS[url_name] = count


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Unfold's SIDEBAR.navigation for this person; the link of the page they are on is marked."""
    here = _here(request.path)
    sections = []
    for title, items in SECTIONS:
        links = [_link(request, item, here) for item in items if _address(item) and allowed(request, item)]
        if links:
            sections.append({"title": title, "separator": bool(title), "items": links})
    return sections


def _link(request: HttpRequest, item: Item, here: str) -> dict[str, Any]:
    waiting = _COUNTS[item.url_name](request.user) if item.url_name in _COUNTS else 0
    return {
        "title": item.title,
        "icon": item.icon,
        "link": _address(item),
        "active": item.url_name == here,
        **(_badge(waiting) if waiting else {}),
    }


def _badge(waiting: int) -> dict[str, str]:
    said = str(waiting) if waiting <= MOST_MARKED else f"{MOST_MARKED}+"
    return {"badge": said, "badge_variant": "warning"}


def _here(path: str) -> str:
    """The name of the longest address that `path` begins with, so that one link alone is marked."""
    found = [(len(link), name) for name, link in _links() if path == link or _below(path, name, link)]
    return max(found, default=(0, ""))[1]


def _links() -> Iterator[tuple[str, str]]:
    for _title, items in SECTIONS:
        for item in items:
            for name in (item.url_name, *(f"admin:{one}_changelist" for one in item.lists)):
                if address := _reversed(name):
                    yield item.url_name, address


def _address(item: Item) -> str:
    return _reversed(item.url_name)


def _reversed(name: str) -> str:
    """ "" while the page does not exist, for example when its app is not installed."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _below(path: str, name: str, link: str) -> bool:
    return name != "admin:index" and path.startswith(link)
