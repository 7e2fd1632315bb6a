"""Hashing and judging passwords, and making the random tokens that stand for a person."""

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from app.errors import RefusedError

SHORTEST, LONGEST = 12, 200
COMMON = frozenset({"123456789012", "passwordpassword", "qwertyuiopas", "letmeinletmein", "iloveyouiloveyou"})

# RFC 9106's second choice of passes with the memory that fits a small clinic server: about 50 ms a check.
_hasher = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
_nobody = _hasher.hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    """Return the argon2id hash that is stored."""
    return _hasher.hash(password)


def matches(stored: str | None, password: str) -> bool:
    """Tell whether a password is the stored one; without a stored one it takes as long and says no."""
    try:
        _hasher.verify(stored or _nobody, password)
    except (Argon2Error, InvalidHashError):
        return False
    return stored is not None


def judge(password: str, *, email: str, name: str) -> None:
    """Refuse a password that is too short, too long, too common, or made of the person's own name."""
    if len(password) < SHORTEST:
        raise RefusedError(f"Choose a password of at least {SHORTEST} characters; three unrelated words do well.")
    if len(password) > LONGEST:
        raise RefusedError(f"Choose a password of at most {LONGEST} characters.")
    plain = password.lower()
    own = {email.split("@", maxsplit=1)[0], *name.lower().split()}
    rest = plain
    for part in own:
        rest = rest.replace(part, "") if len(part) > 2 else rest
    if plain in COMMON or len(set(plain)) < 5 or len(rest) < SHORTEST // 2:
        raise RefusedError("This password is easy to guess; choose one without your name, and with more variety.")


def make_token() -> str:
    """Return 256 random bits, URL-safe."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what is kept of a token: its SHA-256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()
