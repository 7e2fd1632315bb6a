"""What differs per installation: read once from the environment, typed, and refused loudly when odd."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

PREFIX = "FLUENCE_"
SECRET_MIN_LENGTH = 32
WEAK_SECRETS = ("change", "secret", "default", "example", "password")


class SettingsError(Exception):
    """An environment variable is missing or odd; the message names it and says what to write."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything an installation decides; `secret_key` is None until somebody sets it."""

    database_url: str = "sqlite:///var/fluence.db"
    secret_key: str | None = None
    base_url: str = "http://127.0.0.1:8000"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 2
    threads: int = 4
    trusted_proxies: int = 0
    log_level: str = "info"
    queue_path: str = "var/queue.db"
    evidence_path: str = "var/evidence"
    demo: bool = False  # said by `fluence demo`, never by the environment

    @property
    def secure_cookies(self) -> bool:
        """Cookies travel over TLS only, wherever the site is served over TLS."""
        return self.base_url.startswith("https://")


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables; raise SettingsError naming the first wrong one."""
    readers: dict[str, tuple[str, Callable[[str, str], object]]] = {
        "FLUENCE_DATABASE_URL": ("database_url", _database_url),
        "FLUENCE_SECRET_KEY": ("secret_key", _secret),
        "FLUENCE_BASE_URL": ("base_url", _base_url),
        "HOST": ("host", _text),
        "PORT": ("port", _number(1, 65_535)),
        "FLUENCE_WORKERS": ("workers", _number(1, 64)),
        "FLUENCE_THREADS": ("threads", _number(1, 64)),
        "FLUENCE_TRUSTED_PROXIES": ("trusted_proxies", _number(0, 5)),
        "FLUENCE_LOG_LEVEL": ("log_level", _log_level),
        "FLUENCE_QUEUE_PATH": ("queue_path", _text),
        "FLUENCE_EVIDENCE_PATH": ("evidence_path", _text),
    }
    unknown = sorted(name for name in environ if name.startswith(PREFIX) and name not in readers)
    if unknown:
        raise SettingsError(f"{unknown[0]} is not a setting; the README lists those that are")
    given = {
        field: read(name, environ[name].strip())
        for name, (field, read) in readers.items()
        if environ.get(name, "").strip()
    }
    if "base_url" not in given:
        given["base_url"] = f"http://127.0.0.1:{given.get('port', Settings.port)}"
    return Settings(**given)  # type: ignore[arg-type]  # each reader returns its field's type


def _text(_name: str, value: str) -> str:
    return value


def _number(low: int, high: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        if not (value.isascii() and value.isdigit()) or not low <= int(value) <= high:
            raise SettingsError(f"{name} is {value!r}; set it to a whole number from {low} to {high}")
        return int(value)

    return read


def _secret(name: str, value: str) -> str:
    if len(value) < SECRET_MIN_LENGTH or len(set(value)) < SECRET_MIN_LENGTH // 4:
        raise SettingsError(
            f"{name} is too short or too plain; set it to at least {SECRET_MIN_LENGTH} random characters"
        )
    if any(word in value.lower() for word in WEAK_SECRETS):
        raise SettingsError(f"{name} looks like an example; make one of your own with `fluence secret`")
    return value


def _database_url(name: str, value: str) -> str:
    if value.startswith("postgresql://"):
        value = value.replace("postgresql://", "postgresql+psycopg://", 1)
    if not value.startswith(("sqlite:///", "postgresql+psycopg://")) or _parts(value) is None:
        raise SettingsError(
            f"{name} is not a database address; write sqlite:///path/to/file.db or postgresql://user@host/name"
        )
    return value


def _base_url(name: str, value: str) -> str:
    parts = _parts(value)
    plain = parts is not None and parts.hostname and not (parts.path.strip("/") or parts.query or parts.fragment)
    if parts is None or not plain or parts.scheme not in ("http", "https"):
        raise SettingsError(f"{name} is {value!r}; write it as https://training.example.org, without a path")
    return value.rstrip("/")


def _parts(value: str) -> SplitResult | None:
    """Return the parts of an address, None where its host or port cannot be read."""
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return None
    return parts if port != 0 else None


def _log_level(name: str, value: str) -> str:
    if value.lower() not in ("debug", "info", "warning", "error"):
        raise SettingsError(f"{name} is {value!r}; set it to debug, info, warning or error")
    return value.lower()
