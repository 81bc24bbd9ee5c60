"""Why a document is not taken, with the place in it."""


class PlaybookError(ValueError):
    """A fault at ``pointer`` (RFC 6901), in words; ``rule`` is a stable name for it."""

    def __init__(self, rule: str, pointer: str, message: str) -> None:
        """Keep the parts; the text is all three."""
        super().__init__(f"{pointer or 'document'}: {message}")
        self.rule = rule
        self.pointer = pointer
        self.message = message


class Invalid(PlaybookError):
    """The document breaks a rule of CACAO 2.0, or one of ours."""


class Unsupported(PlaybookError):
    """The document may well be right, but asks for what this version cannot run."""


def join(*parts: str | int) -> str:
    """Return the JSON pointer of the given path."""
    return "".join("/" + str(one).replace("~", "~0").replace("/", "~1") for one in parts)
