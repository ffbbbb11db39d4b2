"""Why a release could not be put into force."""


class ActivationFailed(Exception):
    """One message for the operator: what failed, and what is in force now."""


class Mishap(Exception):
    """A step's failure: what is wrong, and the end of what its program said."""
