"""Addresses for every place of the shells, so that a test of rights does not wait for the pages themselves."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from vio.common.navigation import SHELLS


def _page(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


urlpatterns = [
    path(f"{place.url_name}/", _page, name=place.url_name) for places in SHELLS.values() for place in places
]
