"""Messages for people: marked in Chinese where they arise, translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping

Said = tuple[str, Mapping[str, object]]
"""A msgid with its parameters."""


def N_(message: str) -> str:
    """Mark a msgid for extraction and give it back untranslated."""
    return message


class Refused(Exception):
    """What was asked for cannot be done, and why, as a msgid with its parameters.

    A parameter may be a text in both languages, or what was refused in turn.
    """

    def __init__(self, message: str, **params: object) -> None:
        super().__init__(message)
        self.message: str = message
        self.params: dict[str, object] = params

    def __str__(self) -> str:
        return self.message % {
            name: value["zh"] if isinstance(value, Mapping) else value
            for name, value in self.params.items()
        }
