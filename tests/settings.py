"""The product's settings with a handful of values for tests."""

import json
import os

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

from vio.settings import *  # noqa: F403
from vio.settings import INSTALLED_APPS as _APPS

INSTALLED_APPS = [*_APPS, "tests.testapp"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
STATIC_ROOT = HOME  # noqa: F405  # exists, so that WhiteNoise has nothing to warn of
