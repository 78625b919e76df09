"""Errors a person may read: each carries one Chinese sentence that says what happened and what to do next."""


class ReminderError(Exception):
    """Base of every refusal a door shows to a person."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Invalid(ReminderError):
    """What was entered cannot be used; the sentence says how to correct it."""


class NotFound(ReminderError):
    """The thing asked for does not exist, or must look as if it did not."""


class Forbidden(ReminderError):
    """This person may not do this."""


class Conflict(ReminderError):
    """The world moved on between looking and doing; look again."""


class LimitReached(ReminderError):
    """Too many tries; the sentence says when to come back."""


class WrongDatabase(ReminderError):
    """A practice database was given to a real installation, or the other way round."""


class GatewayError(Exception):
    """An outside system refused or failed.

    `reason` is a short machine word or vendor code, never a secret or personal data.
    `permanent` means the same request will never succeed; `sent` is False only when it is certain
    that the outside system did not act on the request.
    """

    def __init__(self, reason: str, *, permanent: bool, sent: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent
        self.sent = sent
