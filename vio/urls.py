"""Every address of the product; each view carries its permission."""

from django.urls import include, path

from vio import api
from vio.common import delays, health, http, styleguide

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("m/<uuid:delivery_id>/", delays.open_message, name="message"),
    path("styleguide/<slug:page>/", styleguide.mock, name="styleguide_mock"),
    path("api/v1/", include((api.urlpatterns, "api"))),
    path("account/", include("groups.account_urls")),
    path("", include("checkins.urls")),
    path("", include("sessions_app.urls")),
    path("", include("groups.urls")),
]

handler400 = http.handle_400
handler403 = http.handle_403
handler404 = http.handle_404
handler500 = http.handle_500
