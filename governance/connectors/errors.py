"""What every connector raises."""


class ConnectorFailed(Exception):
    """The system's grants could not be observed; the text is one line and holds no password.

    ``code`` is one of those of `governance.connectors.session.SessionFailed`.
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
