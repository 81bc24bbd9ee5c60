"""What the launcher refuses, in one line that says the cure."""


class LaunchError(Exception):
    """The launcher cannot go on; the text is one line for a person, cure included."""


class Interrupted(Exception):
    """A signal asked the launcher to stop while it was busy."""
