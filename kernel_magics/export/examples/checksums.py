"""Checksums that distinguish account and card numbers from other numbers."""

from __future__ import annotations


def remainder(text: str) -> int:
    """The remainder of letters and digits as a number, divided by 97 (ISO 7064)."""
    return int("".join(str(int(sign, 36)) for sign in text)) % 97


def is_iban(text: str) -> bool:
    """True when an account number (IBAN) without spaces has valid check digits."""
    return remainder(text[4:] + text[:4]) == 1


def luhn(digits: str) -> int:
    """The remainder of a card number's checksum; 0 for a valid one."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10
