"""The service's settings: read once from the environment, typed, frozen."""

import base64
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from limits import RateLimitItem

from oracle_api.affinity import CAN_BIND
from oracle_api.allowlist import LOOPBACK, AllowedHost, Network
from oracle_api.exceptions import SettingsError
from oracle_api.policies import parse_policies

EMBEDDED = "embedded"


def _text(raw: str) -> str:
    return raw


def _flag(raw: str) -> bool:
    lowered = raw.lower()
    if lowered in ("1", "true", "yes", "on"):
        return True
    if lowered in ("0", "false", "no", "off"):
        return False
    raise ValueError("must be 1 or 0")


@dataclass(frozen=True)
class Range:
    """What a number may be, both ends included."""

    lowest: float
    highest: float


class _integer(Range):  # noqa: N801 - reads like the other casts
    def __call__(self, raw: str) -> int:
        try:
            value = int(raw)
        except ValueError:
            raise ValueError("must be a whole number") from None
        if not self.lowest <= value <= self.highest:
            raise ValueError(f"must be between {self.lowest} and {self.highest}")
        return value


class _seconds(Range):  # noqa: N801 - reads like the other casts
    def __call__(self, raw: str) -> float:
        try:
            value = float(raw)
        except ValueError:
            raise ValueError("must be a number of seconds") from None
        if not self.lowest <= value <= self.highest:
            raise ValueError(f"must be between {self.lowest:g} and {self.highest:g} seconds")
        return value


def _level(raw: str) -> str:
    level = raw.upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        raise ValueError("must be DEBUG, INFO, WARNING, ERROR or CRITICAL")
    return level


def _log_format(raw: str) -> Literal["plain", "json"]:
    match raw.lower():
        case "plain":
            return "plain"
        case "json":
            return "json"
    raise ValueError("must be plain or json")


def _job_engine(raw: str) -> Literal["threads", "celery"]:
    match raw.lower():
        case "threads":
            return "threads"
        case "celery":
            return "celery"
    raise ValueError("must be threads or celery")


def _affinity(raw: str) -> Literal["off", "auto"]:
    match raw.lower():
        case "off":
            return "off"
        case "auto" if CAN_BIND:
            return "auto"
        case "auto":
            raise ValueError("must be off, as this system binds no processes to processors")
    raise ValueError("must be off or auto")


def _words(raw: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in raw.split(",") if word.strip())


def _patterns(raw: str) -> tuple[str, ...]:
    # None at all would mean that everything is allowed.
    if not _words(raw):
        raise ValueError("must be a comma-separated list of patterns")
    return _words(raw)


# The elements of an Oracle datetime format model that oracle.dates writes, and what may stand
# between them.
_DATE_FORMAT = re.compile(r"(?:YYYY|HH24|FF|MM|DD|MI|SS|[-/.,:;T ])+", re.IGNORECASE)


def _date_format(raw: str) -> str:
    if not _DATE_FORMAT.fullmatch(raw):
        raise ValueError("may hold YYYY, MM, DD, HH24, MI, SS, FF and punctuation")
    return raw


def networks(raw: str) -> tuple[Network, ...]:
    """Read a comma list of addresses, CIDR ranges and ``localhost``.

    Raises:
        ValueError: it is none.
    """
    if not _words(raw):
        raise ValueError("holds no address")
    found: list[Network] = []
    for word in _words(raw):
        if word.lower() == "localhost":
            found += LOOPBACK
            continue
        try:
            found.append(ipaddress.ip_network(word, strict=False))
        except ValueError:
            raise ValueError(
                "must be a comma-separated list of addresses, CIDR ranges or 'localhost'"
            ) from None
    return tuple(found)


def _hosts(raw: str) -> tuple[AllowedHost, ...]:
    try:
        return tuple(map(AllowedHost.parse, _words(raw)))
    except ValueError:
        raise ValueError(
            "must be a comma-separated list of host names, addresses or CIDR ranges, "
            "each with http:// or a port where it needs one"
        ) from None


def _webhook_secrets(raw: str) -> tuple[bytes, ...]:
    try:
        secrets = tuple(_webhook_secret(word) for word in raw.split())
    except ValueError:
        secrets = ()
    if not secrets:
        raise ValueError("must be whsec_ and 24 to 64 bytes in base64, several of them with spaces")
    return secrets


def _webhook_secret(word: str) -> bytes:
    text = word.removeprefix("whsec_")
    secret = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    if text == word or not 24 <= len(secret) <= 64:
        raise ValueError
    return secret


def _redis_url(raw: str) -> str:
    if not raw.startswith(("redis://", "rediss://")):
        raise ValueError("must begin with redis:// or rediss://")
    return raw


def _delays(raw: str) -> tuple[float, ...]:
    try:
        delays = tuple(float(word) for word in _words(raw))
    except ValueError:
        delays = ()
    if not delays or not all(0 < delay <= 604800 for delay in delays):
        raise ValueError("must be a comma-separated list of seconds")
    return delays


def _setting(
    variable: str,
    default: Any,
    cast: Callable[[str], Any],
    purpose: str,
    *,
    secret: bool = False,
) -> Any:
    return field(
        default=default,
        repr=not secret,
        metadata={"variable": variable, "cast": cast, "purpose": purpose},
    )


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be configured; each field names its variable and its purpose."""

    oracle_user: str = _setting("ORACLE_USER", "", _text, "Database user.")
    oracle_password: str = _setting(
        "ORACLE_PASSWORD", "", _text, "The user's password.", secret=True
    )
    oracle_host: str = _setting("ORACLE_HOST", "localhost", _text, "Database host.")
    oracle_port: int = _setting("ORACLE_PORT", 1521, _integer(1, 65535), "Database port.")
    oracle_service: str = _setting("ORACLE_SERVICE", "", _text, "Service name.")
    oracle_dsn: str = _setting(
        "ORACLE_DSN",
        "",
        _text,
        "A full connect string in place of host, port and service; or `embedded`.",
        secret=True,
    )
    oracle_connect_seconds: float = _setting(
        "ORACLE_CONNECT_SECONDS",
        4.0,
        _seconds(0.1, 300),
        "How long a request may wait for a connection before it is a 503.",
    )
    oracle_expire_minutes: int = _setting(
        "ORACLE_EXPIRE_MINUTES",
        5,
        _integer(0, 1440),
        "TCP keep-alive of long calls; a bit under half the firewall's idle limit; 0 is off.",
    )
    api_token: str = _setting("API_TOKEN", "", _text, "The bearer token.", secret=True)
    api_tokens_file: str = _setting(
        "API_TOKENS_FILE", "", _text, "TOML file of further clients, each with a token of its own."
    )
    api_no_auth: bool = _setting(
        "API_NO_AUTH", False, _flag, "1 opens every route to everybody. For tests only."
    )
    api_allowed_ips: tuple[Network, ...] = _setting(
        "API_ALLOWED_IPS",
        (),
        networks,
        "Addresses, CIDR ranges and `localhost` that may call; empty allows all.",
    )
    procedures_allow: tuple[str, ...] = _setting(
        "PROCEDURES_ALLOW",
        (),
        _patterns,
        "Patterns of the procedures that anybody may call; empty is all.",
    )
    procedures_deny: tuple[str, ...] = _setting(
        "PROCEDURES_DENY", (), _patterns, "Patterns of the procedures that nobody may call."
    )
    trusted_proxies: int = _setting(
        "TRUSTED_PROXIES",
        0,
        _integer(0, 10),
        "How many proxies stand in front and write `X-Forwarded-For`.",
    )
    cors_origins: tuple[str, ...] = _setting(
        "CORS_ORIGINS", (), _words, "Origins whose pages may call, or `*`; empty is off."
    )
    host: str = _setting("HOST", "0.0.0.0", _text, "Address to listen on.")  # noqa: S104
    port: int = _setting("PORT", 8080, _integer(0, 65535), "Port to listen on.")
    instance_name: str = _setting(
        "INSTANCE_NAME", "auto", _text, "Name of this instance in logs and in the database."
    )
    web_concurrency: int = _setting(
        "WEB_CONCURRENCY", 1, _integer(1, 64), "gunicorn worker processes."
    )
    worker_cpu_affinity: Literal["off", "auto"] = _setting(
        "WORKER_CPU_AFFINITY",
        "off",
        _affinity,
        "`auto` binds each worker process to one processor (Linux).",
    )
    web_threads: int = _setting(
        "WEB_THREADS", 16, _integer(2, 512), "Request threads of each worker process."
    )
    sync_timeout_seconds: float = _setting(
        "SYNC_TIMEOUT_SECONDS",
        30.0,
        _seconds(0.1, 3600),
        "Longest synchronous call; then it is broken off and answered 504.",
    )
    max_rows: int = _setting(
        "MAX_ROWS",
        10_000,
        _integer(1, 10_000_000),
        "Most REF CURSOR rows in one answer; beyond it `truncated` is true.",
    )
    max_lob_bytes: int = _setting(
        "MAX_LOB_BYTES",
        64 * 1024 * 1024,
        _integer(1, 1024 * 1024 * 1024),
        "Largest CLOB or BLOB that is read, in characters or bytes.",
    )
    max_output_lines: int = _setting(
        "MAX_OUTPUT_LINES",
        10_000,
        _integer(0, 10_000_000),
        "Most DBMS_OUTPUT lines in one answer.",
    )
    max_body_bytes: int = _setting(
        "MAX_BODY_BYTES",
        10 * 1024 * 1024,
        _integer(1024, 1024 * 1024 * 1024),
        "Largest request body.",
    )
    max_json_depth: int = _setting(
        "MAX_JSON_DEPTH", 32, _integer(4, 900), "How deep objects and lists may nest in a body."
    )
    max_params: int = _setting(
        "MAX_PARAMS", 1000, _integer(1, 100_000), "Most parameters of a call or a batch's element."
    )
    max_batch: int = _setting(
        "MAX_BATCH", 10_000, _integer(1, 1_000_000), "Most elements of a batch."
    )
    rate_limit: tuple[RateLimitItem, ...] = _setting(
        "RATE_LIMIT",
        (),
        parse_policies,
        "Requests that each token may make, such as `600/minute`; empty is no limit.",
    )
    rate_limit_file: str = _setting(
        "RATE_LIMIT_FILE",
        "var/rates.db",
        _text,
        "Where requests are counted for RATE_LIMIT, by all processes together.",
    )
    rate_limit_url: str = _setting(
        "RATE_LIMIT_URL",
        "",
        _redis_url,
        "`redis://…` or `rediss://…`: counted there by all hosts together, in place of the file.",
        secret=True,
    )
    date_format: str = _setting(
        "DATE_FORMAT",
        "",
        _date_format,
        "How dates are written in answers, such as `DD/MM/YYYY`; empty is ISO 8601.",
    )
    params_by_position: bool = _setting(
        "PARAMS_BY_POSITION", False, _flag, "1 binds parameters in order and ignores their names."
    )
    dictionary_cache_seconds: float = _setting(
        "DICTIONARY_CACHE_SECONDS",
        60.0,
        _seconds(0, 86400),
        "How long a procedure's description is kept.",
    )
    jobs_database_url: str = _setting(
        "JOBS_DATABASE_URL",
        "sqlite:///var/jobs.db",
        _text,
        "Where jobs are kept: SQLite, PostgreSQL or Oracle.",
        secret=True,
    )
    job_engine: Literal["threads", "celery"] = _setting(
        "JOB_ENGINE",
        "threads",
        _job_engine,
        "`threads` runs jobs in the service itself, `celery` in `python -m oracle_api worker`.",
    )
    celery_broker_url: str = _setting(
        "CELERY_BROKER_URL",
        "redis://127.0.0.1:6379/0",
        _text,
        "Broker of JOB_ENGINE=celery: `redis://`, `rediss://`, `amqp://` or `amqps://`.",
        secret=True,
    )
    job_resend_seconds: float = _setting(
        "JOB_RESEND_SECONDS",
        30.0,
        _seconds(1, 3600),
        "A job that waits so long, and whose message the broker has lost, is sent again.",
    )
    worker_metrics_port: int = _setting(
        "WORKER_METRICS_PORT",
        0,
        _integer(0, 65535),
        "Port for the metrics of `python -m oracle_api worker`; 0 is none.",
    )
    job_workers: int = _setting(
        "JOB_WORKERS", 8, _integer(1, 256), "Jobs that run at once in each process."
    )
    job_queue_limit: int = _setting(
        "JOB_QUEUE_LIMIT", 1000, _integer(1, 1_000_000), "Jobs that may wait; then 503."
    )
    job_connect_wait_seconds: float = _setting(
        "JOB_CONNECT_WAIT_SECONDS",
        60.0,
        _seconds(0, 86400),
        "How long a job waits for the database before it fails.",
    )
    job_retention_hours: float = _setting(
        "JOB_RETENTION_HOURS", 24.0, _seconds(0.0001, 87600), "How long ended jobs are kept, hours."
    )
    job_cleanup_minutes: float = _setting(
        "JOB_CLEANUP_MINUTES", 60.0, _seconds(0.001, 10080), "Minutes between two cleanups."
    )
    job_lease_seconds: float = _setting(
        "JOB_LEASE_SECONDS",
        15.0,
        _seconds(1, 3600),
        "A process that has not beaten for so long is taken for dead.",
    )
    job_show_params: bool = _setting(
        "JOB_SHOW_PARAMS", True, _flag, "0 leaves `params` out of `GET /jobs/{id}`."
    )
    webhook_allow: tuple[AllowedHost, ...] = _setting(
        "WEBHOOK_ALLOW",
        (),
        _hosts,
        "Hosts that `callback_url` may name, see [docs/webhooks.md](docs/webhooks.md); "
        "empty refuses callbacks.",
    )
    webhook_secret: tuple[bytes, ...] = _setting(
        "WEBHOOK_SECRET",
        (),
        _webhook_secrets,
        "`whsec_…` that signs callbacks; several with spaces while one is replaced.",
        secret=True,
    )
    webhook_retry_seconds: tuple[float, ...] = _setting(
        "WEBHOOK_RETRY_SECONDS",
        (5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0),
        _delays,
        "Delays before each further attempt of a callback that failed.",
    )
    webhook_timeout_seconds: float = _setting(
        "WEBHOOK_TIMEOUT_SECONDS",
        15.0,
        _seconds(0.1, 300),
        "How long a callback's receiver may take to answer.",
    )
    webhook_workers: int = _setting(
        "WEBHOOK_WORKERS", 4, _integer(1, 64), "Callbacks sent at once by each process."
    )
    shutdown_grace_seconds: float = _setting(
        "SHUTDOWN_GRACE_SECONDS",
        20.0,
        _seconds(0, 86400),
        "How long running jobs may go on when the service is told to stop.",
    )
    audit_log: str = _setting(
        "AUDIT_LOG", "", _text, "File of the audit log, or `-` for standard output; empty is off."
    )
    log_level: str = _setting("LOG_LEVEL", "INFO", _level, "Least level that is logged.")
    log_format: Literal["plain", "json"] = _setting(
        "LOG_FORMAT", "plain", _log_format, "`plain` lines, or one JSON object per line."
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Read the settings from a mapping such as ``os.environ``.

        Args:
            environ: variables by name; empty ones count as absent.

        Raises:
            SettingsError: one is unusable; the text names it and never quotes its value.
        """
        values: dict[str, Any] = {}
        for item in fields(cls):
            variable = item.metadata["variable"]
            raw = environ.get(variable, "").strip()
            if not raw:
                continue
            try:
                values[item.name] = item.metadata["cast"](raw)
            except ValueError as exc:
                raise SettingsError(f"{variable} {exc}.") from None
        settings = cls(**values)
        settings.check()
        return settings

    def check(self) -> None:
        """Check what only several settings together can tell.

        Raises:
            SettingsError: they contradict each other, or a needed one is missing.
        """
        if not self.api_token and not self.api_tokens_file and not self.api_no_auth:
            raise SettingsError(
                "API_TOKEN is not set. Set it to a long random text, or set API_TOKENS_FILE, "
                "or set API_NO_AUTH=1 to open the service to everybody."
            )
        if not self.oracle_dsn and not self.oracle_service:
            raise SettingsError(
                "ORACLE_SERVICE is not set. Set ORACLE_HOST, ORACLE_PORT and ORACLE_SERVICE, "
                "or ORACLE_DSN, or ORACLE_DSN=embedded to try the service without Oracle."
            )
        if not self.is_embedded and not (self.oracle_user and self.oracle_password):
            raise SettingsError("ORACLE_USER and ORACLE_PASSWORD must both be set.")
        if self.job_engine == "celery" and self.is_embedded:
            raise SettingsError(
                "ORACLE_DSN=embedded is a database within one service, which JOB_ENGINE=celery's "
                "workers do not reach. Start `python -m oracle_api.embedded`, and name its address."
            )
        if self.webhook_allow and not self.webhook_secret:
            raise SettingsError(
                "WEBHOOK_SECRET is not set, and callbacks (WEBHOOK_ALLOW) must be signed."
            )

    @property
    def is_embedded(self) -> bool:
        """Whether the embedded database is asked for and not started yet."""
        return self.oracle_dsn.lower() == EMBEDDED

    @property
    def dsn(self) -> str:
        """The connect string: ``ORACLE_DSN``, or one in Easy Connect form."""
        host = f"[{self.oracle_host}]" if ":" in self.oracle_host else self.oracle_host
        return self.oracle_dsn or f"{host}:{self.oracle_port}/{self.oracle_service}"
