"""All settings, read from the environment; `docs/settings.md` says what each is for.

No secret has a default: a checkout gets its own from script/setup, production names them itself."""

from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import environ
from django.utils.translation import gettext_lazy as _

from govgrid.administration.look import UNFOLD as UNFOLD
from govgrid.file_storage import storage_from
from govgrid.local import BASE_DIR, data_dir, program_name, secrets_file

env = environ.Env()
DATA_DIR: Path = data_dir()
if secrets_file().is_file():
    env.read_env(str(secrets_file()))

# The site
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SITE_URL = env.str("SITE_URL", default="http://localhost:8000").rstrip("/")
_site = urlsplit(SITE_URL)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[_site.hostname, "localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[SITE_URL])
ROOT_URLCONF = "govgrid.urls"
WSGI_APPLICATION = "govgrid.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEST_RUNNER = "django.test.runner.DiscoverRunner"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.inlines",
    "unfold.contrib.import_export",
    "govgrid.administration.config.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "treebeard",
    "import_export",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "rest_framework",
    "knox",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "grids",
    "cases",
    "notifications",
    "insights",
    "portal",
    "govgrid",
]

MIDDLEWARE = [
    "govgrid.logs.RequestContext",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "govgrid.administration.content_policy.AdministrationContentPolicy",
    "govgrid.content_policy.ContentPolicy",
    "govgrid.busy.BusyMiddleware",
]

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
                "django.template.context_processors.i18n",
            ],
        },
    },
]

# PostgreSQL
DATABASES = {"default": env.db_url("DATABASE_URL", engine="govgrid.postgres")}
DATABASE_LOCK_TIMEOUT = env.float("DATABASE_LOCK_TIMEOUT", default=0.0)
DATABASE_STATEMENT_TIMEOUT = env.float("DATABASE_STATEMENT_TIMEOUT", default=0.0)
DATABASE_POOL_SIZE = env.int("DATABASE_POOL_SIZE", default=0)
_database_options = DATABASES["default"].setdefault("OPTIONS", {})
_database_options.setdefault("application_name", program_name())  # what change records name where nobody is signed in
_database_options["prepare_threshold"] = 1 if env.bool("DATABASE_PREPARE", default=True) else None
for _name, _seconds in (("lock", DATABASE_LOCK_TIMEOUT), ("statement", DATABASE_STATEMENT_TIMEOUT)):
    if _seconds:
        _given = _database_options.get("options", "")
        _database_options["options"] = f"{_given} -c {_name}_timeout={_seconds * 1000:.0f}".strip()
if DATABASE_POOL_SIZE:
    _database_options["pool"] = {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": 10}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # or each kept connection fails once after a restart of PostgreSQL

# Redis: cache and broker
REDIS_URL = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "govgrid",
        # One that is there and says nothing must not hold whoever asks how we are
        "OPTIONS": {"socket_timeout": 2, "socket_connect_timeout": 2},
    }
}


def broker_url(redis_url: str) -> str:
    """The same server in Celery's spelling, which differs for a socket (`unix://PATH?db=N`)."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    number = parse_qs(parts.query).get("db", ["0"])[0]
    account = f"{parts.netloc.rpartition('@')[0]}@" if "@" in parts.netloc else ""
    return f"redis+socket://{account}{parts.path}?virtual_host={number}"


# Celery. A task that nobody took for so long is not run any more: after an outage its turns would only pile up. Not
# sooner, because sender and receiver may disagree by minutes about what time it is
TASKS_EXPIRE_SECONDS = 600
BEAT_SCHEDULE_FILE = DATA_DIR / "beat-schedule"
HEARTBEAT_MAX_AGE_SECONDS = env.float("HEARTBEAT_MAX_AGE_SECONDS", default=30.0)
CELERY_BROKER_URL = broker_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker never gives the broker up, however long it is away
# Nothing is kept of a message that a worker has taken: beat calls again, and the database knows what is due. What is
# kept, kombu 5.7 gives back also to a broker that is gone, and that ends the worker
CELERY_BROKER_TRANSPORT_OPTIONS = {"ack_emulation": False}
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_IMPORTS = ["govgrid.tasks"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "govgrid.beat:SteadyScheduler"
CELERY_BEAT_SCHEDULE_FILENAME = str(BEAT_SCHEDULE_FILE)
CELERY_BEAT_MAX_LOOP_INTERVAL = 1
SWEEP_SECONDS = env.float("SWEEP_SECONDS", default=2.0)
DISPATCH_SECONDS = env.float("DISPATCH_SECONDS", default=1.0)
DELIVERY_SECONDS = env.float("DELIVERY_SECONDS", default=5.0)
ALARM_SECONDS = env.float("ALARM_SECONDS", default=5.0)
COUNT_SECONDS = env.float("COUNT_SECONDS", default=2.0)
_periodic = {
    "cases.tasks.sweep_deadlines": SWEEP_SECONDS,
    "cases.tasks.recount_deadlines": 60.0,
    "cases.tasks.run_simulations": 5.0,
    "cases.tasks.run_jobs": 3.0,
    "cases.tasks.forget_job_files": 600.0,
    "cases.tasks.tidy_search": 20.0,
    "cases.tasks.forget_idempotency_keys": 3600.0,
    "cases.tasks.apply_retention": 3600.0,
    "grids.tasks.forget_tokens": 3600.0,
    "notifications.tasks.dispatch_events": DISPATCH_SECONDS,
    "notifications.tasks.send_deliveries": DELIVERY_SECONDS,
    "notifications.tasks.send_webhooks": DELIVERY_SECONDS,
    "notifications.tasks.forget_old": 3600.0,
    "notifications.tasks.ring_alarms": ALARM_SECONDS,
    "notifications.tasks.write_round_ups": 60.0,
    "insights.tasks.count_cases": COUNT_SECONDS,
    "govgrid.tasks.record_heartbeat": 5.0,
}
CELERY_BEAT_SCHEDULE = {
    name: {"task": name, "schedule": seconds, "options": {"expires": max(TASKS_EXPIRE_SECONDS, 2 * seconds)}}
    for name, seconds in _periodic.items()
}

# People
AUTH_USER_MODEL = "grids.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = env.int("PASSWORD_LINK_HOURS", default=72) * 3600
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "case-list"
SESSION_COOKIE_AGE = env.int("SESSION_COOKIE_AGE", default=12 * 3600)

# The administration
ADMIN_SECOND_FACTOR = env.bool("ADMIN_SECOND_FACTOR", default=False)
IMPORT_EXPORT_USE_TRANSACTIONS = True

# Reporters: the first key encrypts, all of them decrypt; phones are found again by a keyed hash
REPORTER_KEYS = env.list("REPORTER_KEYS")
REPORTER_HASH_KEY = env.str("REPORTER_HASH_KEY")

# Language and time
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

# Files
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "govgrid.node_files.NodeFilesFinder",
]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(DATA_DIR / "static")))
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(DATA_DIR / "media")))
STORAGES = {
    "default": storage_from(env),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
FILE_ADDRESS_SECONDS = env.int("FILE_ADDRESS_SECONDS", default=600)
FILES_THROUGH_SITE = env.bool("FILES_THROUGH_SITE", default="OPTIONS" not in STORAGES["default"])
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# E-mail: without a server it is written to files, where nothing of it reaches a log
vars().update(env.email_url("EMAIL_URL", default=f"filemail:///{DATA_DIR / 'mail'}"))
EMAIL_TIMEOUT = env.float("EMAIL_TIMEOUT", default=10.0)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"govgrid@{_site.hostname}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# Telling people: by mail, by push to the app, by robots; and what no address that somebody types in may lead to
EMAIL_PER_MINUTE = env.int("EMAIL_PER_MINUTE", default=0)
WEB_PUSH_PRIVATE_KEY = env.str("WEB_PUSH_PRIVATE_KEY", default="")
WEB_PUSH_CONTACT = env.str("WEB_PUSH_CONTACT", default=f"mailto:{DEFAULT_FROM_EMAIL}")
APPRISE_SCHEMES = env.list(
    "APPRISE_SCHEMES", default=["wecombot", "dingtalk", "feishu", "bark", "barks", "ntfy", "ntfys", "schan"]
)
TELLING_PRIVATE_HOSTS = env.list("TELLING_PRIVATE_HOSTS", default=[])

# Transport: whatever an https address promises is enforced
_https = _site.scheme == "https"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=_https)
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000 if _https else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=_https)
SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", default=_https)
SESSION_COOKIE_SECURE = _https
CSRF_COOKIE_SECURE = _https
if env.bool("BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"

# The domain
DEMO_SPEED = env.int("DEMO_SPEED", default=0)
DEMO_PASSWORD = env.str("DEMO_PASSWORD", default="")
RETENTION_REPORTER_DAYS = env.int("RETENTION_REPORTER_DAYS", default=0)
RETENTION_FILES_DAYS = env.int("RETENTION_FILES_DAYS", default=0)
RESIDENT_LINK_DAYS = env.int("RESIDENT_LINK_DAYS", default=30)
WEBHOOK_OVERLAP_HOURS = env.int("WEBHOOK_OVERLAP_HOURS", default=24)
WEBHOOK_PAUSE_DAYS = env.int("WEBHOOK_PAUSE_DAYS", default=3)
WEBHOOK_LOG_DAYS = env.int("WEBHOOK_LOG_DAYS", default=30)
INBOX_DAYS = env.int("INBOX_DAYS", default=365)
EXPORT_HOURS = env.float("EXPORT_HOURS", default=24.0)
EXPORT_LINK_SECONDS = env.int("EXPORT_LINK_SECONDS", default=600)
TILE_URL = env.str("TILE_URL", default="")
TILE_ATTRIBUTION = env.str("TILE_ATTRIBUTION", default="")
LEADERS_FLAGS = env.str("LEADERS_FLAGS", default="")
PUZZLE_AFTER = env.int("PUZZLE_AFTER", default=5)
PUZZLE_BITS = env.int("PUZZLE_BITS", default=16)
SNAPSHOT_CHECK_SECONDS = env.float("SNAPSHOT_CHECK_SECONDS", default=1.0)

# API
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "grids.api.authentication.TokenAuthentication",  # first: it is what a 401 asks for
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["grids.api.parsers.BoundedJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["grids.api.filters.FiltersAsked"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_RATES": {
        "public_submit": env.str("THROTTLE_PUBLIC_SUBMIT", default="20/hour"),
        "public_write": env.str("THROTTLE_PUBLIC_WRITE", default="60/hour"),
        "public_read": env.str("THROTTLE_PUBLIC_READ", default="120/hour"),
        "public_place": env.str("THROTTLE_PUBLIC_PLACE", default="600/hour"),
        "sign_in": env.str("THROTTLE_SIGN_IN", default="20/hour"),
    },
    "NUM_PROXIES": env.int("NUM_PROXIES", default=0),
    "EXCEPTION_HANDLER": "govgrid.problems.problem_details",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
REST_KNOX = {
    "TOKEN_TTL": timedelta(hours=env.int("TOKEN_HOURS", default=30 * 24)),
    "AUTO_REFRESH": False,
    "TOKEN_LIMIT_PER_USER": env.int("TOKEN_LIMIT_PER_USER", default=10),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "govgrid",
    "DESCRIPTION": "Matters of residents, from the first word to the verdict.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "govgrid.api.describe_refusals",
    ],
    "ENUM_NAME_OVERRIDES": {
        "StatusEnum": "cases.choices.Status",
        "ChannelEnum": "cases.choices.Channel",
        "UrgencyEnum": "cases.choices.Urgency",
        "LevelEnum": "grids.choices.Level",
        "RoleEnum": "grids.choices.Role",
        "UnitKindEnum": "grids.choices.UnitKind",
        "IntakePointKindEnum": "grids.models.IntakePoint.Kind",
        "EventKindEnum": "cases.choices.EventKind",
        "DeadlineKindEnum": "cases.choices.DeadlineKind",
        "DeadlineStateEnum": "cases.choices.DeadlineState",
        "FoundByEnum": "cases.choices.FoundBy",
        "OutcomeEnum": "cases.choices.Outcome",
        "RejectReasonEnum": "cases.choices.RejectReason",
        "SatisfactionEnum": "cases.choices.Satisfaction",
        "RequestStateEnum": "cases.models.requests.Request.State",
        "SimulationStateEnum": "cases.models.Simulation.State",
        "JobKindEnum": "cases.models.Job.Kind",
        "JobStateEnum": "cases.models.Job.State",
        "JobItemStateEnum": "cases.models.JobItem.State",
        "OrderStateEnum": "cases.models.SupervisionOrder.State",
        "FindingEnum": "cases.choices.Finding",
        "AttachmentKindEnum": "cases.choices.AttachmentKind",
        "ContactChannelEnum": "notifications.choices.Channel",
        "PaceEnum": "notifications.choices.Pace",
    },
}

DEFAULT_EXCEPTION_REPORTER = "govgrid.discretion.DiscreetReporter"
DEFAULT_EXCEPTION_REPORTER_FILTER = "govgrid.discretion.DiscreetFilter"

# Logs: what happened and where, never what was said or by whom
LOG_FORMAT = env.str("LOG_FORMAT", default="json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "govgrid.logs.formatter", "as_json": LOG_FORMAT == "json"}},
    "filters": {
        "not_busy": {  # whoever answers 503 has said why in the answer
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: getattr(record, "status_code", 0) != 503,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["not_busy"]}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {
        "django": {"handlers": [], "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        # What they say at DEBUG are residents' words: statements with their parameters, EXIF, bodies of requests
        "django.db.backends": {"level": "INFO"},
        "PIL": {"level": "INFO"},
        "botocore": {"level": "INFO"},
        "boto3": {"level": "INFO"},
        "s3transfer": {"level": "INFO"},
        "urllib3": {"level": "INFO"},
        "apprise": {"level": "CRITICAL"},  # what it says of an address quotes its tokens
    },
}
