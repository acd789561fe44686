"""Every socket address of the product."""

from __future__ import annotations

from typing import Any, cast

from django.urls import path

from checkins.desk.consumer import DeskConsumer
from sessions_app.room.consumer import RoomConsumer
from vio.common.sockets import Application, exact_origin

routes: list[Any] = [
    path("ws/desk/", cast("Any", exact_origin(cast("Application", DeskConsumer.as_asgi())))),
    path(
        "ws/sessions/<uuid:session>/", cast("Any", exact_origin(cast("Application", RoomConsumer.as_asgi())))
    ),
]
