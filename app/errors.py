"""The ways in which a service says no."""


class RefusedError(Exception):
    """The act is not possible now; the message tells the person what to do next."""


class NotHereError(RefusedError):
    """The act is not possible from where the person is; elsewhere it is."""


class NotFoundError(Exception):
    """There is no such thing, or it is not yours: nobody learns which."""
