"""Settings, one file, all from the environment. `docs/operating.md` explains each name.

`bin/run` sets every name for a one-machine install; production sets SECRET_KEY, KAIZALA_FIELD_KEYS,
ALLOWED_HOSTS, DATABASE_URL and REDIS_URL itself. A missing secret stops the start, loudly.
"""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _
from kombu import Exchange, Queue

from kaizala_admin.ui.unfold import UNFOLD as UNFOLD  # the console's look

env = environ.Env()

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.str("KAIZALA_VAR_DIR", str(BASE_DIR / "var")))

SECRET_KEY = env.str("SECRET_KEY")
KAIZALA_FIELD_KEYS: list[str] = env.list("KAIZALA_FIELD_KEYS")  # newest first; the others only decrypt
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# Plain http, for a console that only this machine can reach. bin/run turns it on; production leaves it off.
INSECURE_LOCAL = env.bool("KAIZALA_INSECURE_LOCAL", False)

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "phonenumber_field",
    "auditlog",
    "axes",
    "django_structlog",
    "kaizala_admin.ui",
    "kaizala_admin.connectors",
    "kaizala_admin.exports",
    "kaizala_admin.outbox",
    "kaizala_admin.webhooks",
    "groups",
    "messaging",
    "surveys",
]

MIDDLEWARE = [
    "kaizala_admin.webhooks.front.ReceiverFirst",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "kaizala_admin.ui.addresses.RefuseNul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "kaizala_admin.urls"
WSGI_APPLICATION = "kaizala_admin.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]


def database() -> dict[str, Any]:
    """DATABASE_URL, with the settings measured for SQLite (reliability 1.10) or a pool for PostgreSQL."""
    config: dict[str, Any] = env.db_url(
        "DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'data' / 'kaizala.sqlite3'}"
    )
    if config["ENGINE"].endswith("sqlite3"):
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=134217728;"
                "PRAGMA journal_size_limit=27103364; PRAGMA cache_size=-4000; PRAGMA wal_autocheckpoint=4000"
            ),
        }
        config["CONN_MAX_AGE"] = None
        if test_name := env.str("KAIZALA_TEST_DATABASE", ""):
            config["TEST"] = {"NAME": test_name}
    else:
        # A socket's folder comes percent-encoded: postgres://user@%2Frun%2Fpostgresql/name
        config["HOST"] = unquote(config.get("HOST", ""))
        config["CONN_MAX_AGE"] = 60
        config["CONN_HEALTH_CHECKS"] = True
    return config


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "lockout.html"
AXES_ENABLE_ADMIN = False  # kaizala_admin.ui.signins has its own pages
AXES_IPWARE_PROXY_COUNT: int | None = env.int("PROXY_COUNT", 0) or None

# Signed cookies: a page view must not write to the database.
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not INSECURE_LOCAL
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

SECURE_SSL_REDIRECT = not INSECURE_LOCAL
SECURE_HSTS_SECONDS = 0 if INSECURE_LOCAL else env.int("HSTS_SECONDS", 31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not INSECURE_LOCAL
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
KAIZALA_SANDBOX_URL = env.str("KAIZALA_SANDBOX_URL", "")  # a link, and where its pictures lie; set by bin/run
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, UNSAFE_EVAL],  # Alpine, which Unfold is built on, evaluates its attributes
        "script-src-attr": [NONE],
        "style-src": [SELF, UNSAFE_INLINE],  # Unfold writes its colours and Alpine its widths into the page
        # pictures of groups, people and answers lie at Kaizala, or at the sandbox, which has no TLS
        "img-src": [SELF, "data:", "https:", *KAIZALA_SANDBOX_URL.split()],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]  # a language is offered once it is translated
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "static/"
STATIC_ROOT = env.path("STATIC_ROOT", str(VAR_DIR / "static"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# The media library: a view that asks for the right hands its files out, so they lie in no public folder.
KAIZALA_LIBRARY_DIR = env.path("KAIZALA_LIBRARY_DIR", str(VAR_DIR / "data" / "library"))
KAIZALA_LIBRARY_MAX_MB = env.int("KAIZALA_LIBRARY_MAX_MB", 25)  # of one file
KAIZALA_LIBRARY_DAYS = env.int("KAIZALA_LIBRARY_DAYS", 90)  # unused files are removed then; 0: never
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024

REDIS_URL = env.str("REDIS_URL", "")

# Mails (digests) go to the log unless EMAIL_URL names a server, as smtp+tls://user:password@host:587
MAIL = env.email_url("EMAIL_URL", default="consolemail://")
EMAIL_BACKEND = MAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = MAIL["EMAIL_HOST"] or "", MAIL["EMAIL_PORT"] or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL["EMAIL_HOST_USER"] or "", MAIL["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.get("EMAIL_USE_TLS", False), MAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Kaizala Admin <kaizala-admin@localhost>")

# --- Kaizala -----------------------------------------------------------------------------------------------
# Hosts besides a connector's own API root that a token answer or a 308 may move us to.
KAIZALA_ALLOWED_HOSTS: list[str] = env.list(
    "KAIZALA_ALLOWED_HOSTS", default=["*.kaiza.la", "*.osi.office.net"]
)
KAIZALA_CONNECT_TIMEOUT = env.float("KAIZALA_CONNECT_TIMEOUT", 5.0)  # seconds
KAIZALA_READ_TIMEOUT = env.float("KAIZALA_READ_TIMEOUT", 30.0)  # seconds
KAIZALA_API_LOG_DAYS = env.int("KAIZALA_API_LOG_DAYS", 3)
# The address that Kaizala reaches this console at, for events. Empty: no subscriptions. Set by bin/run.
KAIZALA_PUBLIC_URL = env.str("KAIZALA_PUBLIC_URL", "")
KAIZALA_EVENT_MAX_BYTES = env.int("KAIZALA_EVENT_MAX_BYTES", 256 * 1024)
KAIZALA_EVENT_RATE = env.int("KAIZALA_EVENT_RATE", 2_000)  # a second, for a subscription and a web process
KAIZALA_EVENT_BODY_DAYS = env.int("KAIZALA_EVENT_BODY_DAYS", 7)
KAIZALA_EVENT_DAYS = env.int("KAIZALA_EVENT_DAYS", 30)
# A call whose answer was lost: ask a person; send again what Kaizala's list proves absent; never send again.
KAIZALA_UNKNOWN_POLICY = env.str("KAIZALA_UNKNOWN_POLICY", "ask")  # ask, resend_if_absent, never
# Which console this is. Empty: a file in VAR_DIR says so. Several machines on one database need one value.
KAIZALA_INSTANCE = env.str("KAIZALA_INSTANCE", "")
KAIZALA_WORKER_THREADS = env.int("KAIZALA_WORKER_THREADS", 32)
# Where exports lie until they expire. With several machines: a folder that web and workers share.
EXPORTS_DIR = env.path("KAIZALA_EXPORTS_DIR", str(VAR_DIR / "exports"))
KAIZALA_EXPORT_DAYS = env.int("KAIZALA_EXPORT_DAYS", 7)
KAIZALA_EXPORTS_AT_ONCE = env.int("KAIZALA_EXPORTS_AT_ONCE", 2)  # the rest of the workers is for calls

# --- Celery: why each value is what it is stands in reliability 1.9 and docs/operating.md ------------------
# Celery spells a socket differently: redis+socket:///run/broker.sock
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1) or "memory://"
CELERY_RESULT_BACKEND = None
CELERY_TASK_IGNORE_RESULT = True
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "visibility_timeout": 300,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
        "socket_timeout": 30,
        "socket_connect_timeout": 5,
        "retry_on_timeout": True,
        "health_check_interval": 25,
        "global_keyprefix": "kza:",
    }
    if REDIS_URL
    else {}
)
CELERY_VISIBILITY_TIMEOUT = 300
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 90
CELERY_TASK_SOFT_TIME_LIMIT = 60
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False  # threads cannot be cancelled
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_ENABLE_REMOTE_CONTROL = True  # never off on Redis: a worker goes deaf without it
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ETA_TASK_LIMIT = 100
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_POOL_LIMIT = 10
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 2,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.5,
}
# The bells of calls may pile up while Kaizala is slow; what must be heard at once has a line of its own, and
# a worker takes from both in turn.
CELERY_TASK_QUEUES = [Queue(name, Exchange(name), routing_key=name) for name in ("celery", "pulse")]
CELERY_TASK_ROUTES = {name: {"queue": "pulse"} for name in ("connectors.heartbeat", "outbox.sweep")}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "outbox.sweep": {"task": "outbox.sweep", "schedule": 10.0, "options": {"expires": 10}},
    "connectors.refresh_tokens": {
        "task": "connectors.refresh_tokens",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "connectors.prune_api_log": {
        "task": "connectors.prune_api_log",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "connectors.heartbeat": {"task": "connectors.heartbeat", "schedule": 15.0, "options": {"expires": 15}},
    "groups.start_due_syncs": {
        "task": "groups.start_due_syncs",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "webhooks.work_off": {"task": "webhooks.work_off", "schedule": 10.0, "options": {"expires": 10}},
    "webhooks.watch": {"task": "webhooks.watch", "schedule": 30.0, "options": {"expires": 30}},
    "webhooks.prune": {"task": "webhooks.prune", "schedule": 3600.0, "options": {"expires": 3600}},
    "groups.count": {"task": "groups.count", "schedule": 300.0, "options": {"expires": 300}},
    "exports.tick": {"task": "exports.tick", "schedule": 15.0, "options": {"expires": 15}},
    "messaging.settle_doubts": {
        "task": "messaging.settle_doubts",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "messaging.prune_echoes": {
        "task": "messaging.prune_echoes",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "groups.tick_imports": {"task": "groups.tick_imports", "schedule": 10.0, "options": {"expires": 10}},
    "messaging.tick": {"task": "messaging.tick", "schedule": 60.0, "options": {"expires": 60}},
    "messaging.fire_due": {"task": "messaging.fire_due", "schedule": 30.0, "options": {"expires": 30}},
    "surveys.tick": {"task": "surveys.tick", "schedule": 60.0, "options": {"expires": 60}},
    "messaging.clean_library": {
        "task": "messaging.clean_library",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
}

LOGGING_CONFIG = None  # kaizala_admin.logs sets structlog up, with its redaction, in every process
LOG_LEVEL = env.str("KAIZALA_LOG_LEVEL", "INFO")
LOG_JSON = env.bool("KAIZALA_LOG_JSON", not INSECURE_LOCAL)  # one object a line; off: for people to read
