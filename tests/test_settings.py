"""Settings from the environment."""

import base64
import dataclasses
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle_api.exceptions import SettingsError
from oracle_api.settings import Settings

LEAST = {"ORACLE_DSN": "embedded", "API_TOKEN": "tok-3n"}
OLD_ENV = {
    "ORACLE_USER": "app",
    "ORACLE_PASSWORD": "pass-w0rd",
    "ORACLE_HOST": "db.example",
    "ORACLE_PORT": "1522",
    "ORACLE_SERVICE": "ORCLPDB1",
    "API_TOKEN": "tok-3n",
    "API_ALLOWED_IPS": "192.168.1.0/24, 10.0.0.7,localhost",
    "API_NO_AUTH": "0",
    "PORT": "9090",
    "INSTANCE_NAME": "uno",
}
# Of these any word is one.
WORDS = ("CORS_ORIGINS", "PROCEDURES_ALLOW", "PROCEDURES_DENY", "WEBHOOK_ALLOW")
VARIABLES = [item.metadata["variable"] for item in dataclasses.fields(Settings)]
CHECKED = [
    item.metadata["variable"]
    for item in dataclasses.fields(Settings)
    if not isinstance(item.default, str) and item.metadata["variable"] not in WORDS
] + ["LOG_LEVEL"]


def _read(**environ: str) -> Settings:
    return Settings.from_env({**LEAST, **environ})


def test_the_older_services_env_is_accepted_as_it_is() -> None:
    settings = Settings.from_env(OLD_ENV)
    assert settings.dsn == "db.example:1522/ORCLPDB1"
    assert (settings.oracle_user, settings.oracle_password) == ("app", "pass-w0rd")
    assert (settings.port, settings.instance_name) == (9090, "uno")
    assert settings.api_no_auth is False
    assert settings.api_allowed_ips == tuple(
        map(ipaddress.ip_network, ("192.168.1.0/24", "10.0.0.7", "127.0.0.0/8", "::1/128"))
    )


def test_two_variables_are_enough_to_try_it() -> None:
    settings = _read()
    assert settings.is_embedded
    assert settings == Settings(oracle_dsn="embedded", api_token="tok-3n")


@pytest.mark.parametrize("variable", VARIABLES)
def test_an_empty_variable_counts_as_absent(variable: str) -> None:
    environ = {name: value for name, value in OLD_ENV.items() if name != variable}
    outcomes = []
    for extra in ({}, {variable: ""}, {variable: "  "}):
        try:
            outcomes.append(str(vars(Settings.from_env({**environ, **extra}))))
        except SettingsError as exc:
            outcomes.append(exc.detail)
    assert len(set(outcomes)) == 1


def test_every_variable_is_used_once_and_says_what_it_is_for() -> None:
    assert len(set(VARIABLES)) == len(VARIABLES)
    assert all(item.metadata["purpose"] for item in dataclasses.fields(Settings))


def test_settings_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        _read().port = 1  # type: ignore[misc]


def test_a_full_connect_string_is_taken_as_it_is() -> None:
    environ = {**OLD_ENV, "ORACLE_DSN": "tcps://db:2484/svc?wallet=x"}
    assert Settings.from_env(environ).dsn == "tcps://db:2484/svc?wallet=x"


@pytest.mark.parametrize("text", ["1", "true", "YES", "On"])
def test_a_flag_is_on(text: str) -> None:
    assert _read(PARAMS_BY_POSITION=text).params_by_position is True


@pytest.mark.parametrize("text", ["0", "false", "NO", "Off"])
def test_a_flag_is_off(text: str) -> None:
    assert _read(JOB_SHOW_PARAMS=text).job_show_params is False


@pytest.mark.parametrize(
    ("text", "origins"),
    [
        ("*", ("*",)),
        ("https://a.example, https://b.example,", ("https://a.example", "https://b.example")),
    ],
)
def test_a_list_has_commas(text: str, origins: tuple[str, ...]) -> None:
    assert _read(CORS_ORIGINS=text).cors_origins == origins


def test_an_allowed_address_may_have_host_bits_beside_its_mask() -> None:
    allowed = _read(API_ALLOWED_IPS="10.1.2.3/8, fe80::1/10, LOCALHOST").api_allowed_ips
    assert ipaddress.ip_address("10.200.0.1") in allowed[0]
    assert ipaddress.ip_address("127.0.0.1") in allowed[2]


def test_webhook_secrets_are_base64_with_a_prefix_and_may_be_several() -> None:
    first, second = bytes(range(24)), bytes(64)
    words = ["whsec_" + base64.b64encode(secret).decode() for secret in (first, second)]
    assert _read(WEBHOOK_SECRET=f"{words[0]}  {words[1].rstrip('=')}").webhook_secret == (
        first,
        second,
    )
    assert words[0] not in repr(_read(WEBHOOK_SECRET=words[0]))
    assert repr(first) not in repr(_read(WEBHOOK_SECRET=words[0]))


# ---- what is refused


@pytest.mark.parametrize("variable", CHECKED)
def test_an_unusable_value_is_refused_by_its_variables_name_and_not_quoted(variable: str) -> None:
    with pytest.raises(SettingsError) as caught:
        _read(**{variable: "qwzx"})
    assert caught.value.detail.startswith(f"{variable} must be ")
    assert "qwzx" not in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("ORACLE_PORT", "0"),
        ("ORACLE_PORT", "65536"),
        ("ORACLE_PORT", "1521.5"),
        ("PORT", "-1"),
        ("JOB_WORKERS", "0"),
        ("WEB_CONCURRENCY", "0"),
        ("WORKER_CPU_AFFINITY", "0-3"),
        ("TRUSTED_PROXIES", "-1"),
        ("SYNC_TIMEOUT_SECONDS", "0"),
        ("SYNC_TIMEOUT_SECONDS", "nan"),
        ("SHUTDOWN_GRACE_SECONDS", "inf"),
        ("JOB_CONNECT_WAIT_SECONDS", "-1"),
        ("API_NO_AUTH", "2"),
        ("API_ALLOWED_IPS", "10.0.0.0/33"),
        ("PROCEDURES_ALLOW", ","),
        ("PROCEDURES_DENY", " , "),
        ("API_ALLOWED_IPS", "10.0.0.1, host.example"),
        ("LOG_LEVEL", "LOUD"),
        ("WEBHOOK_ALLOW", "*"),
        ("WEBHOOK_ALLOW", "hooks.example.com, ftp://files.example.com"),
        ("WEBHOOK_RETRY_SECONDS", "5, nan"),
        ("WEBHOOK_RETRY_SECONDS", "0"),
        ("WEBHOOK_SECRET", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        ("WEBHOOK_SECRET", "whsec_c2hvcnQ="),
        ("WEBHOOK_SECRET", "whsec_" + "A" * 100),
        ("WEBHOOK_SECRET", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_%%%%"),
    ],
)
def test_a_value_out_of_its_bounds_is_refused(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"^{variable} must be .*\\.$"):
        _read(**{variable: text})


@given(st.sampled_from(VARIABLES), st.text(max_size=20))
def test_any_value_gives_settings_or_a_settings_error(variable: str, text: str) -> None:
    try:
        settings = _read(**{variable: text})
    except SettingsError:
        return
    assert isinstance(settings, Settings)


@pytest.mark.parametrize(
    ("environ", "variable"),
    [
        ({"ORACLE_DSN": "embedded"}, "API_TOKEN"),
        ({"API_TOKEN": "t", "ORACLE_USER": "u", "ORACLE_PASSWORD": "p"}, "ORACLE_SERVICE"),
        ({"API_TOKEN": "t", "ORACLE_SERVICE": "s", "ORACLE_USER": "u"}, "ORACLE_PASSWORD"),
        ({"API_TOKEN": "t", "ORACLE_SERVICE": "s", "ORACLE_PASSWORD": "p"}, "ORACLE_USER"),
        ({"API_TOKEN": "t", "ORACLE_DSN": "db/svc"}, "ORACLE_USER"),
        ({**LEAST, "WEBHOOK_ALLOW": "hooks.example.com"}, "WEBHOOK_SECRET"),
    ],
)
def test_what_is_missing_is_named(environ: dict[str, str], variable: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        Settings.from_env(environ)


def test_the_service_opens_to_everybody_only_when_told_to() -> None:
    assert Settings.from_env({"ORACLE_DSN": "embedded", "API_NO_AUTH": "1"}).api_no_auth


# ---- secrets


def test_no_secret_is_in_the_repr() -> None:
    environ = {
        **OLD_ENV,
        "ORACLE_DSN": "dsn-s3cret@db/svc",
        "JOBS_DATABASE_URL": "postgresql://jobs:url-s3cret@db/jobs",
    }
    shown = repr(Settings.from_env(environ)) + str(Settings.from_env(environ))
    for secret in ("pass-w0rd", "tok-3n", "dsn-s3cret", "url-s3cret"):
        assert secret not in shown


@pytest.mark.parametrize("variable", CHECKED)
def test_no_secret_is_in_a_settings_error(variable: str) -> None:
    environ = {**OLD_ENV, "ORACLE_DSN": "dsn-s3cret@db/svc", variable: "qwzx"}
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environ)
    shown = repr(caught.value) + str(caught.value) + repr(caught.value.__cause__)
    for secret in ("pass-w0rd", "tok-3n", "dsn-s3cret", "qwzx"):
        assert secret not in shown


@pytest.mark.parametrize(
    "text", ["DD/MM/YYYY", "yyyy-mm-dd hh24:mi:ss", "YYYYMMDD", "HH24:MI:SS.FF"]
)
def test_a_date_format_of_known_elements_is_taken(text: str) -> None:
    environ = {"ORACLE_DSN": "embedded", "API_TOKEN": "t", "DATE_FORMAT": text}
    assert Settings.from_env(environ).date_format == text


@pytest.mark.parametrize("text", ["DD-MON-YY", "FF3", "%d/%m/%Y", 'YYYY"T"HH24', "dd.mm.yy"])
def test_a_date_format_of_other_elements_is_refused(text: str) -> None:
    environ = {"ORACLE_DSN": "embedded", "API_TOKEN": "t", "DATE_FORMAT": text}
    with pytest.raises(SettingsError, match="DATE_FORMAT"):
        Settings.from_env(environ)


def test_an_address_list_without_addresses_is_refused_not_open_to_all() -> None:
    environ = {"ORACLE_DSN": "embedded", "API_TOKEN": "t", "API_ALLOWED_IPS": " , "}
    with pytest.raises(SettingsError, match="API_ALLOWED_IPS"):
        Settings.from_env(environ)
