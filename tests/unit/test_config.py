"""Settings of the environment: read, typed, and refused by name with what to write instead."""

import pytest

from config import Settings, SettingsError, load

SECRET = "kP3-zt9Qw_71LmXvB2sYd8RfHj5NcAe6"
REFUSED = [
    ("FLUENCE_DATABASE_URL", "mysql://host/name", "is not a database address"),
    ("FLUENCE_DATABASE_URL", "fluence.db", "is not a database address"),
    ("FLUENCE_DATABASE_URL", "postgresql://user@host:port/name", "is not a database address"),
    ("FLUENCE_DATABASE_URL", "postgresql://user@[host/name", "is not a database address"),
    ("FLUENCE_SECRET_KEY", "short", "is too short or too plain"),
    ("FLUENCE_SECRET_KEY", SECRET[:31], "is too short or too plain"),
    ("FLUENCE_SECRET_KEY", "a" * 64, "is too short or too plain"),
    ("FLUENCE_SECRET_KEY", "change-me-7Qw_71LmXvB2sYd8RfHj5NcAe6", "looks like an example"),
    ("FLUENCE_SECRET_KEY", "MySecretKeyOf_71LmXvB2sYd8RfHj5NcAe6", "looks like an example"),
    ("FLUENCE_BASE_URL", "training.example.org", "write it as https://"),
    ("FLUENCE_BASE_URL", "ftp://training.example.org", "write it as https://"),
    ("FLUENCE_BASE_URL", "https://", "write it as https://"),
    ("FLUENCE_BASE_URL", "https://training.example.org/lms", "without a path"),
    ("FLUENCE_BASE_URL", "https://training.example.org/?a=b", "without a path"),
    ("FLUENCE_BASE_URL", "https://training.example.org/#top", "without a path"),
    ("FLUENCE_BASE_URL", "https://training.example.org:port", "write it as https://"),
    ("FLUENCE_BASE_URL", "https://[::1", "write it as https://"),
    ("PORT", "0", "whole number from 1 to 65535"),
    ("PORT", "65536", "whole number from 1 to 65535"),
    ("PORT", "http", "whole number from 1 to 65535"),
    ("PORT", "8000.0", "whole number from 1 to 65535"),
    ("PORT", "٨٠٠٠", "whole number from 1 to 65535"),
    ("FLUENCE_WORKERS", "0", "whole number from 1 to 64"),
    ("FLUENCE_THREADS", "-1", "whole number from 1 to 64"),
    ("FLUENCE_TRUSTED_PROXIES", "yes", "whole number from 0 to 5"),
    ("FLUENCE_LOG_LEVEL", "loud", "debug, info, warning or error"),
]


def test_an_empty_environment_gives_the_defaults() -> None:
    assert load({}) == Settings()
    assert load({"PATH": "/bin", "LANG": "C"}) == Settings()


def test_every_setting_is_read() -> None:
    settings = load(
        {
            "FLUENCE_DATABASE_URL": "postgresql://fluence@db/fluence",
            "FLUENCE_SECRET_KEY": SECRET,
            "FLUENCE_BASE_URL": "https://training.example.org/",
            "HOST": "192.0.2.1",
            "PORT": "9000",
            "FLUENCE_WORKERS": "4",
            "FLUENCE_THREADS": "8",
            "FLUENCE_TRUSTED_PROXIES": "1",
            "FLUENCE_LOG_LEVEL": "WARNING",
            "FLUENCE_QUEUE_PATH": "/var/lib/fluence/queue.db",
        }
    )
    assert settings == Settings(
        database_url="postgresql+psycopg://fluence@db/fluence",
        secret_key=SECRET,
        base_url="https://training.example.org",
        host="192.0.2.1",
        port=9000,
        workers=4,
        threads=8,
        trusted_proxies=1,
        log_level="warning",
        queue_path="/var/lib/fluence/queue.db",
    )


def test_an_empty_variable_is_none() -> None:
    assert load({"FLUENCE_SECRET_KEY": "", "PORT": "  "}) == Settings()


def test_spaces_around_a_value_do_not_matter() -> None:
    assert load({"PORT": " 9000 "}).port == 9000


def test_the_address_follows_the_port_where_none_is_given() -> None:
    assert load({"PORT": "9000"}).base_url == "http://127.0.0.1:9000"
    assert load({"PORT": "9000", "FLUENCE_BASE_URL": "https://a.example"}).base_url == "https://a.example"


@pytest.mark.parametrize(("url", "secure"), [("https://training.example.org", True), ("http://127.0.0.1:8000", False)])
def test_cookies_are_secure_where_the_site_is(url: str, *, secure: bool) -> None:
    assert load({"FLUENCE_BASE_URL": url}).secure_cookies is secure


@pytest.mark.parametrize(("name", "value", "sentence"), REFUSED)
def test_a_wrong_value_is_refused_by_name(name: str, value: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        load({name: value})
    assert str(refusal.value).startswith(f"{name} ")
    assert sentence in str(refusal.value)


def test_a_secret_is_not_repeated_in_its_refusal() -> None:
    with pytest.raises(SettingsError) as refusal:
        load({"FLUENCE_SECRET_KEY": "hunter2-hunter2"})
    assert "hunter2" not in str(refusal.value)


def test_a_database_password_is_not_repeated_in_its_refusal() -> None:
    with pytest.raises(SettingsError) as refusal:
        load({"FLUENCE_DATABASE_URL": "mysql://fluence:hunter2@db/fluence"})
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("name", ["FLUENCE_DATABSE_URL", "FLUENCE_DEMO", "FLUENCE_"])
def test_an_unknown_setting_is_named(name: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name} is not a setting"):
        load({name: "x"})
