"""How much may be sent: buckets that fill at a rate. Pure."""

from collections.abc import Iterable


class Bucket:
    """Holds `burst` at most and fills at `rate` a second; may be overdrawn, and is waited for then."""

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate, self._burst = rate, burst
        self._held, self._at = burst, now

    def take(self, amount: float, now: float) -> float:
        """Takes it; gives the seconds until the bucket is no longer overdrawn."""
        self._held = min(self._burst, self._held + (now - self._at) * self._rate) - amount
        self._at = now
        return max(0.0, -self._held / self._rate)


def take(buckets: Iterable[Bucket], amount: float, now: float) -> float:
    """From all of them; gives the longest wait."""
    return max(bucket.take(amount, now) for bucket in buckets)
