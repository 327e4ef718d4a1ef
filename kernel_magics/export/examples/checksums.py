"""Checksums by which account and card numbers are told from other numbers."""

from __future__ import annotations


def remainder(text: str) -> int:
    """What is left of letters and digits as a number, divided by 97 (ISO 7064)."""
    return int("".join(str(int(sign, 36)) for sign in text)) % 97


def is_iban(text: str) -> bool:
    """Whether an account number (IBAN) without spaces has the right check digits."""
    return remainder(text[4:] + text[:4]) == 1


def luhn(digits: str) -> int:
    """What is left of the sum of a card number; 0 for a valid one."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10
