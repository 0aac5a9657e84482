"""Messages for people: marked in Chinese where they arise, translated where they are shown."""


def N_(message: str) -> str:
    """Mark a msgid for extraction and give it back untranslated."""
    return message


class Refused(Exception):
    """What was asked for cannot be done, and why, as a msgid with its parameters.

    A parameter may be a text of a questionnaire, in both languages: it is said in the reader's.
    """

    def __init__(self, message: str, **params: object) -> None:
        super().__init__(message)
        self.message: str = message
        self.params: dict[str, object] = params

    def __str__(self) -> str:
        return self.message % self.params
