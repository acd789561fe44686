"""The tutorial's application. Settings are made here; the Redis socket's path comes as VIO_BENCH_REDIS."""

from __future__ import annotations

import json
import os
from typing import Any, cast

from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["*"],
    SECRET_KEY="reference-only",
    INSTALLED_APPS=["channels"],
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [f"unix://{os.environ.get('VIO_BENCH_REDIS', '')}?db=5"]},
        }
    },
)

import django  # noqa: E402  # settings come first

django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402
from django.urls import path  # noqa: E402


class ChatConsumer(AsyncWebsocketConsumer):
    """As the tutorial writes it; the greeting tells the load generator that the group was joined."""

    async def connect(self) -> None:
        """Joins the room's group."""
        self.room_group_name = f"chat_{self.scope['url_route']['kwargs']['room_name']}"
        await self.channel_layer.group_add(self.room_group_name, self.channel_name)
        await self.accept()
        await self.send(text_data=json.dumps({"joined": True}))

    async def disconnect(self, code: int) -> None:
        """Leaves the room's group."""
        await self.channel_layer.group_discard(self.room_group_name, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Sends the message to the room's group."""
        message = json.loads(text_data or "{}")["message"]
        await self.channel_layer.group_send(
            self.room_group_name, {"type": "chat.message", "message": message}
        )

    async def chat_message(self, event: dict[str, Any]) -> None:
        """Sends the message to this browser."""
        await self.send(text_data=json.dumps({"message": event["message"]}))


application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter(
            [cast("Any", path("ws/chat/<room_name>/", cast("Any", ChatConsumer.as_asgi())))]
        ),
    }
)
