"""Every address of the console."""

from django.contrib import admin
from django.urls import path
from django.views.generic import RedirectView

from kaizala_admin.webhooks.receiver import Receiver
from surveys.views.feeds import FeedView

urlpatterns = [
    path("admin/", admin.site.urls),
    path("hooks/<int:hook>/<str:token>", Receiver.as_view(), name="webhook"),
    path("feeds/<str:token>.<slug:file_format>", FeedView.as_view(), name="surveys-feed"),
    path("", RedirectView.as_view(pattern_name="admin:index"), name="start"),
]
