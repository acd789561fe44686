"""What a media server tells us: somebody came in. Whoever the room has no place for is put out at once."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from sessions_app.room.media.backend import backend
from sessions_app.room.media.livekit import Happened, LiveKitSettings, happened
from sessions_app.room.media.warden import settle
from vio.common.errors import NotAllowedError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

ID_LENGTH = 36


@csrf_exempt  # the sender is a server: it proves itself by a token over the body
@needs(Permission.PUBLIC)
@require_POST
def livekit_told(request: PageRequest) -> HttpResponseBase:
    """A webhook of our LiveKit server. Anything else is refused and changes nothing."""
    if settings.MEDIA_KIND != "livekit":
        raise NotAllowedError  # told alike, whatever carries picture and sound here
    known = LiveKitSettings(**settings.MEDIA_LIVEKIT)
    try:
        told = happened(known, request.body, request.headers.get("Authorization", ""), now=timezone.now())
        session = _session_of(told)
    except ValueError as error:
        raise NotAllowedError from error
    if told.kind in {"participant_joined", "track_published"}:
        settle(backend(), session, False)
    return HttpResponse(status=204)


def _session_of(told: Happened) -> UUID:
    """The session of a room or side room. Raises ValueError for a room that is none of ours."""
    return UUID(told.room[:ID_LENGTH])
