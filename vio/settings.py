"""Django's settings: one module; every value that differs between places comes from the environment.

With VIO_DEBUG off a missing, short or sample secret stops the start (OP-3). README lists every variable.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from csp.constants import NONE, SELF

from vio import addresses, database, env

BASE_DIR = Path(__file__).resolve().parent.parent
HOME = Path(env.text("VIO_HOME", str(BASE_DIR / "var"))).resolve()

DEBUG = env.flag("VIO_DEBUG", default=False)
PORT = env.integer("VIO_PORT", 8000)

# --- secrets -----------------------------------------------------------------------------------------------
SECRET_KEY = env.text("VIO_SECRET_KEY")
if not SECRET_KEY and DEBUG:
    SECRET_KEY = "development-only-" + "x" * 48
if len(SECRET_KEY) < 50 or (not DEBUG and SECRET_KEY.startswith(("development-only-", "django-insecure"))):
    raise env.EnvironmentProblem(
        "VIO_SECRET_KEY is missing, short or a sample: give 50 random characters or more"
    )
# A tink keyset (AES256_GCM) as JSON; `vio.common.sealed` refuses to start without it.
FIELD_KEYS = env.text("VIO_FIELD_KEYS")

# --- where we are reached ----------------------------------------------------------------------------------
# scheme://host:port of every address people use; a socket's Origin must equal one of them (WS-1).
ORIGINS = env.words("VIO_ORIGINS", f"http://localhost:{PORT},http://127.0.0.1:{PORT}")
ALLOWED_HOSTS = env.words(
    "VIO_ALLOWED_HOSTS", ",".join(sorted({urlsplit(o).hostname or "" for o in ORIGINS}))
)
CSRF_TRUSTED_ORIGINS = ORIGINS
HTTPS = all(origin.startswith("https://") for origin in ORIGINS)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "vio.common",  # before the sign-in library: our templates of its pages win
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "pgtrigger",
    "groups",
    "sessions_app",
    "checkins",
]

MIDDLEWARE = [
    "vio.common.http.request_id_middleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "vio.common.http.headers_middleware",
    "checkins.crisis.crisis_middleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "groups.logins.time_out_middleware",
    "groups.actors.actor_middleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "vio.common.http.domain_error_middleware",
]

ROOT_URLCONF = "vio.urls"
ASGI_APPLICATION = "vio.asgi.application"
WSGI_APPLICATION = None
APPEND_SLASH = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "groups.context.page_context",
                "vio.common.delays.delivery_context",
            ],
            "builtins": ["django.templatetags.static"],
        },
    }
]

# --- PostgreSQL --------------------------------------------------------------------------------------------
DATABASE_ROLE = env.text("VIO_DATABASE_ROLE", "vio_app")
AS_OWNER = env.flag("VIO_DATABASE_AS_OWNER", default=False)
_database_options: dict[str, Any] = {
    "pool": {
        "min_size": 1,
        "max_size": env.integer("VIO_DATABASE_POOL", 12),
        "timeout": 10,
        "connection_class": database.BoundedConnection,
        "reconnect_timeout": database.TRIES_AGAIN_FOR,
    },
    "connect_timeout": database.CONNECTS_WITHIN,
    # FT-2: no statement runs past 15 s, no lock is waited for past 5 s.
    # A statement that is prepared is planned once: the room's take longer to plan than to run. Compiling pays for none of ours.
    "options": "-c statement_timeout=15000 -c lock_timeout=5000 -c timezone=UTC"
    " -c plan_cache_mode=force_generic_plan -c jit=off",
    # Without a number Django switches preparing off altogether. Its own cursors never prepare.
    "prepare_threshold": 5,
}
if AS_OWNER:
    _database_options = {"options": "-c timezone=UTC"}
elif DATABASE_ROLE:
    # Taken as the connection opens: Django's own `assume_role` asks the pool for a second connection while it makes
    # the first, and so waits for ever.
    _database_options["options"] += f" -c role={DATABASE_ROLE}"
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        **addresses.database_settings(env.text("VIO_DATABASE_URL", "postgresql://vio@localhost/vio")),
        "CONN_MAX_AGE": 0,
        "OPTIONS": _database_options,
    }
}

# --- Redis: doorbells, Celery's queue, rate-limit counters; losing it costs latency only --------------------
REDIS_URL = env.text("VIO_REDIS_URL", "redis://localhost:6379")
BELL_URL = addresses.redis_url(REDIS_URL, 1)
CACHES = {
    "default": {
        "BACKEND": "vio.common.caches.ForgivingRedisCache",
        "LOCATION": addresses.redis_url(REDIS_URL, 2),
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}
CELERY_BROKER_URL = addresses.broker_url(REDIS_URL, 0)

# --- sign-in -----------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "groups.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "groups.passwords.PasswordPolicy"}]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"

ACCOUNT_ADAPTER = "groups.sign_in.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to strangers
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False  # every other login ends, this one goes on under a new key (AU-5)
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # AU-8: a fresh sign-in is at most five minutes old
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = False  # the cookie ends with the browser, the login by AU-6
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# Failures are counted in the database (groups.throttles); these only keep a flood away from the pages.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": None,
    "reset_password": "60/m/ip,5/h/key",
    "reset_password_from_key": "60/m/ip",
    "change_password": "10/m/user",
    "reauthenticate": "20/m/user",
}
ACCOUNT_FORMS = {
    "login": "groups.sign_in_forms.LoginForm",
    "reauthenticate": "groups.sign_in_forms.ReauthenticateForm",
    "change_password": "groups.sign_in_forms.ChangePasswordForm",
    "reset_password": "groups.sign_in_forms.ResetPasswordForm",
    "reset_password_from_key": "groups.sign_in_forms.ResetPasswordKeyForm",
}
PASSWORD_RESET_TIMEOUT = 30 * 60  # AU-9
MFA_ADAPTER = "groups.sign_in.MfaAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn"]  # recovery codes are ours: groups.factors
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "vio"
MFA_TOTP_TOLERANCE = 1  # AU-2: one step of 30 s either way
MFA_ALLOW_UNVERIFIED_EMAIL = True  # who has the invitation has the address
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS
MFA_RATE_LIMITS = {"webauthn_login": "60/m/ip"}
MFA_FORMS = {
    "authenticate": "groups.sign_in_forms.AuthenticateForm",
    "reauthenticate": "groups.sign_in_forms.ReauthenticateCodeForm",
    "activate_totp": "groups.sign_in_forms.ActivateAppForm",
    "login_webauthn": "groups.passkey_forms.LoginPasskeyForm",
    "authenticate_webauthn": "groups.passkey_forms.AuthenticatePasskeyForm",
    "reauthenticate_webauthn": "groups.passkey_forms.ReauthenticatePasskeyForm",
    "add_webauthn": "groups.passkey_forms.AddPasskeyForm",
}

SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "__Host-vio" if HTTPS else "vio"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 24 * 3600
CSRF_COOKIE_NAME = "__Host-vio-csrf" if HTTPS else "vio-csrf"
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "vio.common.http.csrf_failure"
# AU-6: idle and overall limits of a login.
LOGIN_IDLE = {"staff": timedelta(minutes=15), "client": timedelta(minutes=30)}
LOGIN_OVERALL = {"staff": timedelta(hours=12), "client": timedelta(hours=24)}

# --- the web edge (WE-1) -----------------------------------------------------------------------------------
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "no-referrer" if HTTPS else "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "media-src": [SELF, "blob:"],
        "connect-src": [SELF, *[o.replace("http", "ws", 1) for o in ORIGINS]],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
# An uploaded log holds names: it stays in memory, and never becomes a file in a temporary folder.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]

# --- picture and sound (docs/media.md) -----------------------------------------------------------------------
MEDIA_KIND = env.text("VIO_MEDIA", "mesh")
if MEDIA_KIND not in {"mesh", "janus", "livekit"}:
    raise env.EnvironmentProblem("VIO_MEDIA must be mesh, janus or livekit")
TURN_URLS = env.words("VIO_TURN_URLS")
TURN_SECRET = env.text("VIO_TURN_SECRET")
if any(url.startswith("turn") for url in TURN_URLS) and not TURN_SECRET:
    raise env.EnvironmentProblem("VIO_TURN_URLS names a relay: VIO_TURN_SECRET is needed too")
# AZ-7: with a relay, browsers meet only there and nobody learns anybody's address.
MEDIA_RELAY_ONLY = env.flag("VIO_MEDIA_RELAY_ONLY", default=any(url.startswith("turn") for url in TURN_URLS))
if MEDIA_RELAY_ONLY and not TURN_SECRET:
    raise env.EnvironmentProblem("VIO_MEDIA_RELAY_ONLY needs a relay: VIO_TURN_URLS and VIO_TURN_SECRET")

MEDIA_JANUS = {
    "url": env.text("VIO_JANUS_URL"),
    "admin_url": env.text("VIO_JANUS_ADMIN_URL"),
    "admin_secret": env.text("VIO_JANUS_ADMIN_SECRET"),
    "token_secret": env.text("VIO_JANUS_TOKEN_SECRET"),
    "room_key": env.text("VIO_JANUS_ROOM_KEY"),
}
MEDIA_LIVEKIT = {
    "url": env.text("VIO_LIVEKIT_URL"),
    "key": env.text("VIO_LIVEKIT_KEY"),
    "secret": env.text("VIO_LIVEKIT_SECRET"),
}
_media_server = {"janus": MEDIA_JANUS, "livekit": MEDIA_LIVEKIT}.get(MEDIA_KIND, {})
if _missing := [name for name, value in _media_server.items() if not value]:
    raise env.EnvironmentProblem(
        f"VIO_MEDIA is {MEDIA_KIND}: VIO_{MEDIA_KIND.upper()}_{_missing[0].upper()} is missing"
    )
if _media_server and not _media_server["url"].startswith(("ws://", "wss://")):
    raise env.EnvironmentProblem(f"VIO_{MEDIA_KIND.upper()}_URL must begin with ws:// or wss://")
if not (MEDIA_JANUS["admin_url"] or "http://").startswith(("http://", "https://")):
    raise env.EnvironmentProblem("VIO_JANUS_ADMIN_URL must begin with http:// or https://")
if _media_server:  # the media server is the only other place a page may talk to
    _place = urlsplit(_media_server["url"])
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"].append(f"{_place.scheme}://{_place.netloc}")
    if MEDIA_KIND == "livekit":  # its client asks over http(s) why it was turned away
        CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"].append(
            f"{_place.scheme.replace('ws', 'http', 1)}://{_place.netloc}"
        )

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("VIO_STATIC_ROOT", str(BASE_DIR / "staticfiles")))
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

# --- language and time: stored in UTC, shown in the program's zone -------------------------------------------
LANGUAGE_CODE = "en-us"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

# --- mail: to the network, or to files under VIO_HOME when no server is given --------------------------------
EMAIL_URL = env.text("VIO_EMAIL_URL")
EMAIL_TIMEOUT = 10
EMAIL_FILE_PATH = str(HOME / "mail")
if EMAIL_URL:
    _mail = urlsplit(EMAIL_URL)
    if _mail.scheme not in {"smtp", "smtps"}:
        raise env.EnvironmentProblem("VIO_EMAIL_URL must begin with smtp:// or smtps://")
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST = _mail.hostname or "localhost"
    EMAIL_PORT = _mail.port or 587
    EMAIL_HOST_USER = _mail.username or ""
    EMAIL_HOST_PASSWORD = _mail.password or ""
    EMAIL_USE_TLS = _mail.scheme == "smtp" and bool(EMAIL_HOST_USER)
    EMAIL_USE_SSL = _mail.scheme == "smtps"
else:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
DEFAULT_FROM_EMAIL = env.text("VIO_EMAIL_FROM", "no-reply@localhost")

# --- texts to phones: not at all, or to a file in development, unless a service is named --------------------------
SMS_BACKEND = env.text("VIO_SMS_BACKEND") or ("file" if DEBUG else "off")
if SMS_BACKEND not in {"off", "console", "file", "twilio"}:
    raise env.EnvironmentProblem("VIO_SMS_BACKEND must be off, console, file or twilio")
SMS_ACCOUNT = env.text("VIO_SMS_ACCOUNT")
SMS_TOKEN = env.text("VIO_SMS_TOKEN")
SMS_FROM = env.text("VIO_SMS_FROM")
SMS_FILE_PATH = str(HOME / "texts")
if SMS_BACKEND == "twilio" and not (SMS_ACCOUNT and SMS_TOKEN and SMS_FROM):
    raise env.EnvironmentProblem(
        "VIO_SMS_BACKEND twilio needs VIO_SMS_ACCOUNT, VIO_SMS_TOKEN and VIO_SMS_FROM"
    )

# --- logs: JSON, UTC, ids only (OP-5, DP-3) ------------------------------------------------------------------
LOGGING_CONFIG = None
LOG_LEVEL = env.text("VIO_LOG_LEVEL", "INFO")

SILENCED_SYSTEM_CHECKS: list[str] = []
TEST_RUNNER = "django.test.runner.DiscoverRunner"
