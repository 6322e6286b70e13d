"""No control character and no password is shown, wherever the text came from."""

from __future__ import annotations

import pytest

from rpmsim.display import masked, plain
from rpmsim.errors import Diagnostic


@pytest.mark.parametrize(
    "letter", ["\x00", "\x07", "\x1b", "\r", "\x7f", "\x9b", "\u202e", "\u2066", "\u200f", "\ud800", "\ufeff"]
)
def test_what_steers_is_written_out(letter: str) -> None:
    assert plain(f"a{letter}b") == f"a\\u{ord(letter):04x}b"


def test_text_stays() -> None:
    text = "Müller & Søn — 株式会社 😀 שלום\tline\n"
    assert plain(text) == text
    assert masked(text) == text


@pytest.mark.parametrize("password", ["secret", "s/e@c:r?e#t", "s[x]", "%2Fx", "p w".replace(" ", "+")])
def test_passwords_in_addresses(password: str) -> None:
    reported = masked(f"url postgresql://bob:{password}@db.example.com:5432/crm?sslmode=require fails")
    assert reported == "url postgresql://bob:***@db.example.com:5432/crm?sslmode=require fails"


@pytest.mark.parametrize("words", ["password=secret", "PASSWORD = 's e c\\'ret'", "?sslpassword=secret&x=1"])
def test_passwords_in_words(words: str) -> None:
    assert "ecret" not in masked(words)
    assert "***" in masked(words)


def test_variables_are_no_secrets() -> None:
    assert masked("postgresql://bob:${PW}@host/db") == "postgresql://bob:${PW}@host/db"
    assert (
        masked("see https://example.com/a@b and user@example.com") == "see https://example.com/a@b and user@example.com"
    )


def test_errors_repeat_no_password() -> None:
    address = "mysql://bob:secret@host/db"
    diagnostic = Diagnostic(address, 1, 1, "sources.a.url", f"`{address}` is unknown", f"write {address}")
    assert "secret" not in str(diagnostic) + repr(diagnostic)
