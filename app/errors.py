"""The two ways in which a service says no."""


class RefusedError(Exception):
    """The act is not possible now; the message tells the person what to do next."""


class NotFoundError(Exception):
    """There is no such thing, or it is not yours: nobody learns which."""
