"""Every address of the console, and one that only answers: the floor of the receiver."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from kaizala_admin.urls import urlpatterns as console


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    """200, and nothing else."""
    return HttpResponse("", content_type="text/plain; charset=utf-8")


urlpatterns = [path("bare", bare), *console]
