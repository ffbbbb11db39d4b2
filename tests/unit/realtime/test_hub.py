"""Who is told of what, while channels come and go."""

from dataclasses import dataclass, field

from services.common.live.hub import Hub


@dataclass(eq=False)
class Listener:
    channel: str = "ada"
    told: list[str] = field(default_factory=list)

    def followed(self) -> None:
        self.told.append("followed")

    def hear(self, _channel: str, event: str) -> None:
        self.told.append(event)


@dataclass
class Feed:
    """Redis answers a wish when it likes."""

    wishes: list[str] = field(default_factory=list)

    def follow(self, channel: str) -> None:
        self.wishes.append(f"follow {channel}")

    def leave(self, channel: str) -> None:
        self.wishes.append(f"leave {channel}")


def test_who_comes_after_somebody_who_left_at_once_is_followed_again() -> None:
    hub, feed = Hub(), Feed()
    hub.feed = feed
    hasty, patient = Listener(), Listener()
    hub.add(hasty)
    hub.remove(hasty)
    hub.followed("ada")  # the answer to the first wish
    hub.add(patient)
    assert feed.wishes == ["follow ada", "leave ada", "follow ada"]
    assert (hasty.told, patient.told) == ([], [])
    hub.followed("ada")
    hub.deliver("ada", "event")
    assert patient.told == ["followed", "event"]
