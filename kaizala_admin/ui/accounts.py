"""Users and roles, on Unfold's forms. Only a superuser makes, changes or removes a superuser."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group, User
from django.db.models import Q, QuerySet
from django.forms import ModelMultipleChoiceField
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from .base import BaseAdmin
from .models import Role

admin.site.unregister(User)
admin.site.unregister(Group)

FOR_SUPERUSERS = ("is_superuser",)
HELP = {
    "username": _("What this person signs in with: letters, digits and @ . + - _"),
    "is_active": _("May sign in. Turn it off instead of deleting the account: the history keeps its name."),
    "is_superuser": _("May do everything, without any role."),
}
OURS = (
    "connectors",
    "exports",
    "outbox",
    "webhooks",
    "groups",
    "messaging",
    "surveys",
    "ui",
    "auth",
    "axes",
    "auditlog",
)  # whose permissions count


@admin.register(User)
class UserAdmin(auth_admin.UserAdmin, BaseAdmin):  # type: ignore[type-arg, misc]
    """People who sign in. Their roles say what they may do; nobody gets single permissions."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "full_name", "role_names", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    search_fields = ("username", "first_name", "last_name", "email")
    filter_horizontal = ()
    autocomplete_fields = ()
    fieldsets = (
        (None, {"fields": ("username", "set_password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (
            _("What this person may do"),
            {"fields": ("is_active", "groups", "is_superuser")},
        ),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "password1", "password2")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email")}),
        (_("What this person may do"), {"fields": ("groups",)}),
    )
    add_form_template = None  # Django's says that there is more to come: here it is
    readonly_fields = ("set_password", "last_login", "date_joined")

    @admin.display(description=_("password"))
    def set_password(self, user: User) -> str:
        url = reverse("admin:auth_user_password_change", args=[user.pk])
        return format_html('<a class="kza-link" href="{}">{}</a>', url, _("Set a new password"))

    @admin.display(description=_("name"), ordering="first_name")
    def full_name(self, user: User) -> str:
        return user.get_full_name()

    @admin.display(description=_("roles"))
    def role_names(self, user: User) -> str:
        names = [group.name for group in user.groups.all()]
        return ", ".join([str(_("Superuser")), *names] if user.is_superuser else names)

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        mine = tuple(super().get_readonly_fields(request, obj))
        return mine if request.user.is_superuser else (*mine, *FOR_SUPERUSERS)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_touch(request, obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_touch(request, obj) and super().has_delete_permission(request, obj)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        formfield = super().formfield_for_manytomany(db_field, request, **kwargs)
        if db_field.name == "groups" and formfield is not None:
            formfield.label = _("Roles")
            formfield.help_text = _(
                "A viewer reads and exports. An operator also composes, sends, syncs and changes groups. "
                "An approver also sends to many and approves that. An administrator also holds connectors, "
                "secrets and users."
            )
        return formfield

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if words := HELP.get(db_field.name):
            kwargs["help_text"] = words
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def response_add(self, request: HttpRequest, obj: User, post_url_continue: str | None = None) -> Any:
        """Nothing is left to say on a second page: back to the list."""
        return BaseAdmin.response_add(self, request, obj, post_url_continue)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Whoever gets an account here works here: without `is_staff` nobody can sign in to the console."""
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)


def _may_touch(request: HttpRequest, user: User | None) -> bool:
    return user is None or not user.is_superuser or bool(request.user.is_superuser)


class PermissionsField(ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Each permission by its app and its own words."""

    def label_from_instance(self, obj: Any) -> str:
        config = apps.get_app_config(obj.content_type.app_label)
        return f"{config.verbose_name}: {obj.name}"


@admin.register(Role)
class RoleAdmin(BaseAdmin):
    """The four roles of the product, and any that you add."""

    list_display = ("name",)
    search_fields = ("name",)
    ordering = ("name",)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "permissions":
            kwargs["queryset"] = _permissions(db_field.remote_field.model)
            kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
            kwargs["form_class"] = PermissionsField
        return super().formfield_for_manytomany(db_field, request, **kwargs)


def _permissions(model: Any) -> QuerySet[Any]:
    """What our pages ask for, by app and model, and what any role holds: saving a role never takes that away.

    Where a model has no page of the admin's, there is only looking.
    """
    pages = {(each._meta.app_label, each._meta.model_name) for each in admin.site._registry}
    has_page = Q(pk__in=[])
    for label, name in pages:
        has_page |= Q(content_type__app_label=label, content_type__model=name)
    rows = model.objects.filter(content_type__app_label__in=OURS)
    shown = has_page | Q(codename__startswith="view_") | Q(pk__in=_held(model))
    return rows.filter(shown).select_related("content_type")  # type: ignore[no-any-return]


def _held(model: Any) -> QuerySet[Any]:
    return model.objects.filter(group__isnull=False).order_by().values("pk")  # type: ignore[no-any-return]
