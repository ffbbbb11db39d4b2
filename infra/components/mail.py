"""What the services are told of the server that takes their email."""

from collections.abc import Mapping

import pulumi

from infra.settings import MAIL_PASSWORD, MailSettings


def mail_environment(settings: MailSettings | None) -> Mapping[str, pulumi.Input[str]]:
    """Nothing where the stack sends no email."""
    if settings is None:
        return {}
    if settings.username is None:
        return settings.environment
    password = pulumi.Config().require_secret(MAIL_PASSWORD.partition(":")[2])
    return {**settings.environment, "MAIL_PASSWORD": password}
