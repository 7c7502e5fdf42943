"""The console's addresses plus the admin of Parcel, which is registered before this is imported."""

from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
