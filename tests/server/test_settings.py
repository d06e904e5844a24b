"""The server's settings: options, environment and defaults, in that order."""

import inspect
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wince import cli, images
from wince.cli.config import config
from wince.cli.serve import serve
from wince.errors import ServeError
from wince.server.settings import (
    LOOPBACK_NAMES,
    MIN_TOKEN_LENGTH,
    Settings,
    ensure_token,
    list_settings,
    load_settings,
    unknown_variables,
)

TOKEN = "a-token.for_tests~1234567890"


def test_defaults_are_those_of_a_local_server():
    settings = load_settings({})
    assert (settings.host, settings.port, settings.token) == ("127.0.0.1", None, None)
    assert settings.max_image_bytes == images.MAX_BYTES
    assert set(settings.host_names) == set(LOOPBACK_NAMES)
    assert not settings.reachable_by_others


def test_option_precedes_environment_and_environment_precedes_default(monkeypatch):
    monkeypatch.setenv("WINCE_PORT", "6001")
    monkeypatch.setenv("WINCE_MAX_LIVE", "2")
    settings = load_settings({"port": 7001, "host": None, "allow_host": []})
    assert (settings.port, settings.max_live, settings.max_waiting) == (7001, 2, 16)
    sources = {setting.name: setting.source for setting in list_settings({"port": 7001})}
    assert (sources["port"], sources["max_live"]) == ("option", "environment")
    assert set(sources.values()) == {"option", "environment", "default"}


def test_empty_variable_counts_as_unset(monkeypatch):
    monkeypatch.setenv("WINCE_PORT", "")
    assert load_settings({}).port is None
    assert {setting.source for setting in list_settings({})} == {"default"}


def test_names_from_the_environment_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("WINCE_ALLOW_HOST", "Ward.example, other ,")
    assert load_settings({}).allow_host == ("ward.example", "other")


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("WINCE_PORT", "abc", "WINCE_PORT abc is not allowed"),
        ("WINCE_PORT", "70000", "WINCE_PORT 70000 is not allowed"),
        ("WINCE_WORKERS", "0", "WINCE_WORKERS 0"),
        ("WINCE_LOG_FORMAT", "xml", "WINCE_LOG_FORMAT xml"),
        ("WINCE_BODY_SECONDS", "nan", "WINCE_BODY_SECONDS nan"),
        ("WINCE_TLS_CERT", "cert.pem", "--tls-key \\(WINCE_TLS_KEY\\)"),
        ("WINCE_TLS_KEY", "key.pem", "--tls-cert \\(WINCE_TLS_CERT\\)"),
    ],
)
def test_error_has_the_name_and_the_wrong_value(monkeypatch, variable, value, message):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ServeError, match=message):
        load_settings({})


def test_error_of_an_option_has_the_option():
    with pytest.raises(ServeError, match=r"^--port 0 is not allowed"):
        load_settings({"port": 0})


@pytest.mark.parametrize("weak", ["short", "with a space in the token", "ümlaut-and-long-enough"])
def test_weak_token_is_refused_without_being_repeated(monkeypatch, weak):
    monkeypatch.setenv("WINCE_TOKEN", weak)
    with pytest.raises(ServeError, match=f"at least {MIN_TOKEN_LENGTH}") as caught:
        load_settings({})
    assert weak not in str(caught.value)


@given(st.from_regex(r"[A-Za-z0-9._~-]{16,80}", fullmatch=True))
def test_token_never_appears_in_the_settings_as_text(token):
    settings = Settings(token=token)
    assert token not in f"{settings!r} {settings} {settings.model_dump_json()}"
    (shown,) = [
        setting.value for setting in list_settings({"token": token}) if setting.name == "token"
    ]
    assert shown == "***"


def test_new_token_is_generated_when_other_machines_can_reach_the_server():
    made = [ensure_token(Settings(host="0.0.0.0")).token for _ in range(3)]
    secrets = {token.get_secret_value() for token in made if token}
    assert len(secrets) == 3
    assert min(map(len, secrets)) == 43  # 256 bits
    assert ensure_token(Settings()).token is None
    given = Settings(host="0.0.0.0", token=TOKEN)
    assert ensure_token(given).token.get_secret_value() == TOKEN


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST"])
def test_loopback_addresses_are_not_reachable_by_others(host):
    assert not Settings(host=host).reachable_by_others


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "ward", "127.0.0.1.example"])
def test_every_other_address_is_reachable_by_others(host):
    assert Settings(host=host).reachable_by_others


def test_ipv6_host_name_has_brackets():
    assert "[fe80::1]" in Settings(host="fe80::1").host_names


def test_unknown_variables_are_listed(monkeypatch):
    monkeypatch.setenv("WINCE_PROT", "6001")
    monkeypatch.setenv("WINCE_PORT", "6001")
    monkeypatch.setenv("WINCE_REQUIRE_ALL", "1")
    assert unknown_variables() == ["WINCE_PROT"]


def test_model_setting_is_a_path(monkeypatch):
    monkeypatch.setenv("WINCE_MODEL", "some/where")
    assert load_settings({}).model == Path("some/where")


# wince config


def test_config_shows_each_setting_once_and_no_secret(monkeypatch, capsys):
    monkeypatch.setenv("WINCE_TOKEN", TOKEN)
    monkeypatch.setenv("WINCE_PROT", "1")
    assert cli.main(["config", "--port", "6001", "--allow-host", "ward", "--allow-host", "b"]) == 0
    out, err = capsys.readouterr()
    lines = {line.split()[0]: line.split()[1:3] for line in out.splitlines()}
    assert list(lines) == [f"WINCE_{name.upper()}" for name in Settings.model_fields]
    assert lines["WINCE_PORT"] == ["6001", "option"]
    assert lines["WINCE_ALLOW_HOST"] == ["ward,b", "option"]
    assert lines["WINCE_TOKEN"] == ["***", "environment"]
    assert lines["WINCE_MODEL"] == ["(unset)", "default"]
    assert TOKEN not in out + err
    assert "WINCE_PROT" in err


def test_config_as_json_has_the_same_settings(monkeypatch, capsys):
    monkeypatch.setenv("WINCE_WORKERS", "3")
    assert cli.main(["config", "--json", "--log-format", "json"]) == 0
    settings = json.loads(capsys.readouterr().out)
    assert set(settings) == set(Settings.model_fields)
    assert settings["workers"] == {"value": 3, "source": "environment"}
    assert settings["log_format"] == {"value": "json", "source": "option"}
    assert settings["token"] == {"value": None, "source": "default"}


def test_config_and_serve_have_the_same_options():
    def options(command):
        return set(inspect.signature(command).parameters)

    of_the_model = {"target", "score_range", "cuts", "levels"}  # what it gives, and no setting
    others = {"open_page", "phone"} | of_the_model
    assert options(config) - {"as_json"} == options(serve) - others


def test_each_option_has_the_name_of_a_setting():
    assert set(inspect.signature(config).parameters) - {"as_json"} <= set(Settings.model_fields)


def test_wrong_setting_stops_both_commands_with_one_message(monkeypatch, capsys):
    monkeypatch.setenv("WINCE_PORT", "many")
    for command in ("config", "serve"):
        assert cli.main([command]) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert err.startswith("wince: WINCE_PORT many is not allowed: ")
        assert err.count("\n") == 1
