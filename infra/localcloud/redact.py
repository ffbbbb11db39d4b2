"""No secret reaches a log: what looks like a credential is cut out of every line."""

import logging
import re

from infra.localcloud.accounts import CLOUDFLARE, TURSO, UPSTASH

CREDENTIALS = re.compile(
    "|".join(
        (
            re.escape(CLOUDFLARE.token),
            re.escape(TURSO.token),
            re.escape(UPSTASH.api_key),
            r"(?<=bearer )\S+",
            r"(?<=basic )\S+",
            r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+",
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----",
        )
    ),
    re.IGNORECASE | re.DOTALL,
)


def redact(text: str) -> str:
    """`Authorization: Bearer abc` -> `Authorization: Bearer [redacted]`; so for JWTs and private keys."""
    return CREDENTIALS.sub("[redacted]", text)


class RedactingFormatter(logging.Formatter):
    """Formats a record, its traceback included, then redacts it."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))
