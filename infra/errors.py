"""The two kinds of failure: a user's mistake has a place and a remedy; anything else is our defect."""


class UserError(Exception):
    """A mistake that the user can mend.

    `where` names the setting, file or address, `what` the problem, `remedy` the next step.
    Shown as one message without a traceback.
    """

    def __init__(self, where: str, what: str, remedy: str) -> None:
        super().__init__(f"{where}: {what}. {remedy}")
        self.where = where
        self.what = what
        self.remedy = remedy
