"""The product's addresses, with stand-ins at the end for pages that another part of the product serves."""

from django.http import HttpResponse
from django.urls import path

from vio.urls import handler400, handler403, handler404, handler500
from vio.urls import urlpatterns as every

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def page(request: object, **given: object) -> HttpResponse:
    """Any page."""
    return HttpResponse()


urlpatterns = [
    *every,
    path("tonight/", page, name="tonight"),
    path("manage/", page, name="manage"),
    path("sessions/<uuid:session_id>/room/", page, name="room"),
]
