"""The calls about subscriptions, as every other row of the outbox."""

from django.contrib import admin

from kaizala_admin.outbox.admin import OutboxRowAdmin
from kaizala_admin.webhooks.models import SubscriptionCall


@admin.register(SubscriptionCall)
class SubscriptionCallAdmin(OutboxRowAdmin):
    list_select_related = ("connector", "grant", "subscription")
    list_filter = ("state", "verb", "connector", "reason")
