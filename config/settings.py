"""Settings: everything that varies is an environment variable, read once, here."""

from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
if "DATABASE_URL" not in env.ENVIRON:
    # A command in another terminal, while `make run` runs here.
    _running = BASE_DIR / "var" / "environment"
    if not _running.is_file():
        raise ImproperlyConfigured(
            "DATABASE_URL is not set and no Wardroom runs here: "
            "start `make run` in another terminal, or set DATABASE_URL"
        )
    env.read_env(str(_running))
VERSION = "0.1.0"

# --- What the operator sets -------------------------------------------------------------
EMBEDDED: bool = env.bool("WARDROOM_EMBEDDED", default=False)
PUBLIC_URL: str = env.str("PUBLIC_URL", default="http://localhost:8000")
SECRET_KEY: str = env.str("SECRET_KEY")
BOX_KEYS: list[str] = env.list("MFA_KEYS")
REDIS_URL: str = env.str("REDIS_URL")
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", default=0)
MFA_PARTNERS: bool = env.bool("MFA_PARTNERS", default=True)
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS",
    default=["localhost", "127.0.0.1"] if EMBEDDED else [urlsplit(PUBLIC_URL).hostname],
)
APP_ROLE: str = env.str("DATABASE_ROLE", default="wardroom_app")
LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO")

if len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY has fewer than 50 characters")
if not BOX_KEYS:
    raise ImproperlyConfigured("MFA_KEYS is empty: it needs at least one Fernet key")

# --- Database: web and workers never own what they use -------------------------------------
DATABASE_ENGINE = "governance.postgresql"


def _database(variable: str, *, role: str | None) -> dict[str, object]:
    found: dict[str, object] = dict(env.db_url(variable))
    found["ENGINE"] = DATABASE_ENGINE
    found["ROLE"] = role
    found["CONN_MAX_AGE"] = 60
    found["CONN_HEALTH_CHECKS"] = True
    found["DISABLE_SERVER_SIDE_CURSORS"] = False
    return found


DATABASES = {
    "default": _database("DATABASE_URL", role=APP_ROLE),
    "owner": {
        **_database(
            "DATABASE_OWNER_URL" if "DATABASE_OWNER_URL" in env.ENVIRON else "DATABASE_URL",
            role=None,
        ),
        "CONN_MAX_AGE": 0,
        "TEST": {"MIRROR": "default"},
    },
    # The sequencer adds to the tree of the audit log; nobody else may.
    "sequencer": {
        **_database(
            next(
                name
                for name in ("DATABASE_SEQUENCER_URL", "DATABASE_OWNER_URL", "DATABASE_URL")
                if name in env.ENVIRON
            ),
            role="wardroom_sequencer",
        ),
        "CONN_MAX_AGE": 0,
        "TEST": {"MIRROR": "default"},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Apps and requests ----------------------------------------------------------------------
INSTALLED_APPS = [
    "config",
    "incidents",
    "partners",
    "catalog",
    "governance",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "guardian",
    "import_export",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "django_htmx",
]

MIDDLEWARE = [
    "config.middleware.requests.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "config.middleware.acting.ActingMiddleware",
    "config.middleware.second_factor.SecondFactorMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.web.context.frame",
            ],
        },
    }
]

LANGUAGE_CODE = "en-us"
USE_I18N = False
FORMAT_MODULE_PATH = "config.formats"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = None if EMBEDDED else BASE_DIR / "static-root"
WHITENOISE_USE_FINDERS = EMBEDDED
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_DIR = Path(env.str("WARDROOM_DATA_DIR", default=str(BASE_DIR / "var")))
MEDIA_ROOT = DATA_DIR / "uploads"

# --- Audit log ------------------------------------------------------------------------------
AUDIT_ORIGIN: str = env.str("AUDIT_ORIGIN", default=f"{urlsplit(PUBLIC_URL).hostname}/audit")
AUDIT_KEY_FILE = Path(env.str("AUDIT_KEY_FILE", default=str(DATA_DIR / "audit" / "log.key")))
# Each witness as <verifier key>@<address>; at least one belongs to somebody else.
AUDIT_WITNESSES: list[str] = env.list("AUDIT_WITNESSES", default=[])
AUDIT_QUORUM: int = env.int("AUDIT_QUORUM", default=1)

# --- Enforcement points ---------------------------------------------------------------------
# Key sets (RFC 7517) of issuers that we trust: files in one folder, addresses at listed hosts.
JWKS_DIR = Path(env.str("JWKS_DIR", default=str(DATA_DIR / "jwks")))
# Hosts (name:port) that webhooks may reach although they are private, and a file of certificates
# to trust there; for tests and for receivers in one's own network.
WEBHOOK_ALLOWED: list[str] = env.list("WEBHOOK_ALLOWED", default=[])
WEBHOOK_AUTHORITY: str = env.str("WEBHOOK_AUTHORITY", default="")
# Where commands of runbooks may go: origins (https://name:port), which of them may lie in a private
# network, and what is sent to them as Authorization.
RUNBOOK_HOSTS: list[str] = env.list("RUNBOOK_HOSTS", default=[])
RUNBOOK_PRIVATE_HOSTS: list[str] = env.list("RUNBOOK_PRIVATE_HOSTS", default=[])
RUNBOOK_AUTHORIZATION: dict[str, str] = env.json("RUNBOOK_AUTHORIZATION", default={})
JWKS_HOSTS: list[str] = env.list("JWKS_HOSTS", default=[])
# Of permits that only read, one in so many is kept in the decision log; 0 keeps none.
DECISION_SAMPLE: int = env.int("DECISION_SAMPLE", default=100)

# --- Evidence of incidents ---------------------------------------------------------------------
EVIDENCE_DIR = Path(env.str("EVIDENCE_DIR", default=str(DATA_DIR / "evidence")))
# Of one file. Two gigabytes pass; the disk is the limit, never the memory.
EVIDENCE_MAX_BYTES: int = env.int("EVIDENCE_MAX_BYTES", default=2 * 2**30)

# --- Backups ----------------------------------------------------------------------------------
BACKUP_DIR = Path(env.str("BACKUP_DIR", default=str(DATA_DIR / "backups")))
BACKUP_KEEP: int = env.int("BACKUP_KEEP", default=5)
# What finds and starts PostgreSQL's programs for dumps and scratch clusters.
SERVER_ENVIRONMENT: dict[str, str] = {
    name: env.ENVIRON[name]
    for name in ("PATH", "TMPDIR", "PG_BIN", "WARDROOM_PG")
    if name in env.ENVIRON
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000

# --- Sign-in ------------------------------------------------------------------------------
AUTH_USER_MODEL = "governance.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "config.signin.AccountAdapter"
ACCOUNT_LOGIN_BY_CODE_ENABLED = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "config.signin.SecondFactorAdapter"
MFA_FORMS = {
    "activate_totp": "config.codes.AppCode",
    "authenticate": "config.codes.SignInCode",
    "reauthenticate": "config.codes.ProofCode",
}
MFA_TRUST_ENABLED = False
# allauth waits for a confirmed address because strangers could sign up with somebody else's.
# Here nobody signs up: an administrator gives the address, and the first password comes by it.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Wardroom"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = EMBEDDED
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
GUARDIAN_ANONYMOUS_USER_NAME: str | None = None
ANONYMOUS_USER_NAME: str | None = None

_HTTPS = PUBLIC_URL.startswith("https://")
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_NAME = "__Host-wardroom" if _HTTPS else "wardroom"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _HTTPS
CSRF_FAILURE_VIEW = "config.web.refusals.csrf_failed"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL.rstrip("/")]
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31536000 if _HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _HTTPS
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = [
    "guardian.W001",  # object grants are asked through governance.access, not has_perm
    "security.W008",  # the proxy redirects to https, not Django
]

# --- Cache and broker: nothing in them is a record ---------------------------------------------
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
}

vars().update(
    env.email_url(
        "EMAIL_URL",
        default=f"filemail:///{DATA_DIR / 'mail'}" if EMBEDDED else "smtp://localhost:25",
    )
)
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="wardroom@localhost")

# --- Interfaces -----------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["config.sessions.SessionSignIn"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["governance.api.rendering.JSON"],
    "DEFAULT_PARSER_CLASSES": ["governance.api.reading.StrictJSON"],
    "DEFAULT_PAGINATION_CLASS": "governance.api.paging.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.problems.answer",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Wardroom",
    "DESCRIPTION": "Catalog, governance, partners and incidents of a multi-site manufacturer.",
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.schema.tell_receipts",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AssetKind": "config.schema.ASSET_KINDS",
        "BreachVerdict": "config.schema.BREACH_VERDICTS",
        "ClosingGateName": "config.schema.GATES",
        "ContractState": "catalog.models.contract.ContractState",
        "IncidentActionKind": "config.schema.ACTION_KINDS",
        "IncidentActionState": "config.schema.ACTION_STATES",
        "IncidentKind": "config.schema.INCIDENT_KINDS",
        "IncidentSeverity": "config.schema.INCIDENT_SEVERITIES",
        "NoticeState": "config.schema.NOTICE_STATES",
        "RunbookVersionState": "config.schema.RUNBOOK_STATES",
        "TimelineTlp": "config.schema.TLP",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAdminUser"],
}

UNFOLD = {
    "SITE_TITLE": "Wardroom",
    "SITE_HEADER": "Wardroom",
    "SITE_SUBHEADER": "Data governance board",
    "SITE_URL": "/",
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "config.board.index",
    "STYLES": ["config.board.style_sheet"],
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "config.board.navigation",
    },
}

LOGGING_CONFIG = "config.logs.configure"
LOGGING = {"level": LOG_LEVEL, "readable": EMBEDDED}
