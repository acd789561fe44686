"""The ASGI application: pages through Django, sockets through Channels."""

import gc
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vio.settings")

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

pages = get_asgi_application()

from vio.common.sockets import write_no_novels  # noqa: E402
from vio.sockets import routes  # noqa: E402  # only after Django is set up

application = ProtocolTypeRouter({"http": pages, "websocket": URLRouter(routes)})

write_no_novels()

# What is here now stays as long as the process: no collection need look at it again, and those of what is young may be rarer.
# Otherwise a pause of a tenth of a second decides the slowest deliveries.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)

# For the supervisor: processes that share a port cannot be told apart by asking the port.
sys.stderr.write("web: ready\n")
sys.stderr.flush()
