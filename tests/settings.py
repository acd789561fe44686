"""The product's settings with a handful of values for tests."""

import json
import os
import tempfile
from pathlib import Path

import tink
from tink import aead, secret_key_access

os.environ.setdefault("VIO_DEBUG", "1")
os.environ.setdefault("VIO_ORIGINS", "http://localhost:8000,http://testserver")
os.environ.setdefault("VIO_ALLOWED_HOSTS", "localhost,127.0.0.1,testserver")
os.environ.setdefault(
    "VIO_DATABASE_AS_OWNER", "1"
)  # migrations; each test then assumes the application's role
os.environ.setdefault("VIO_LOG_LEVEL", "WARNING")
if "VIO_FIELD_KEYS" not in os.environ:
    aead.register()
    _keys = tink.new_keyset_handle(aead.aead_key_templates.AES256_GCM)
    os.environ["VIO_FIELD_KEYS"] = json.dumps(
        json.loads(tink.json_proto_keyset_format.serialize(_keys, secret_key_access.TOKEN))
    )

from vio import addresses
from vio.settings import *  # noqa: F403
from vio.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.testapp"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
# Empty, but there, so that WhiteNoise has nothing to warn of.
STATIC_ROOT = Path(tempfile.gettempdir()) / "vio-tests-static"
STATIC_ROOT.mkdir(exist_ok=True)
# Workers of pytest-xdist share one Valkey: each has a cache of its own.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
CACHES["default"]["LOCATION"] = addresses.redis_url(REDIS_URL, 4 + _worker % 8)  # noqa: F405
