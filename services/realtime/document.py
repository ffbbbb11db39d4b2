"""A note as a Yjs document: its title and its body are texts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from pycrdt import Doc, Text, get_update, merge_updates

from services.realtime.updates import BODY, TITLE, BadUpdate, read_state, read_update

UNTITLED = "Untitled"
TITLE_CHARACTERS = 200
"""As in infra/routes/fields.py."""

_SEED_CLIENT = 1
"""The Yjs client that the text of a note before its first edit is by."""
_NO_STRUCTS = 0


@dataclass(frozen=True)
class Edit:
    """`text` in the place of what is from `start` to `end`."""

    start: int
    end: int
    text: str


class Document:
    def __init__(self) -> None:
        self._doc: Doc[Text] = Doc()
        self._title = self._doc.get(TITLE, type=Text)
        self._body = self._doc.get(BODY, type=Text)
        self._here: dict[int, int] | None = None

    def apply(self, update: bytes) -> None:
        """One that is durable. Again is the same as once, and the order doesn't matter."""
        self._doc.apply_update(update)
        self._here = None

    def take(self, update: bytes) -> bytes:
        """A client's; gives what of it is to be kept.

        What is here already is left out: it may be told differently, and others would take that for the
        truth. Raises BadUpdate and SomethingMissing; nothing has changed then.
        """
        contents = read_update(update, self._reach())
        try:
            if contents.restates:
                update = get_update(update, self._doc.get_state())
                # Where what is here ends within a character, yrs leaves a piece of nothing.
                contents = read_update(update, self._reach())
            self._doc.apply_update(update)
        except ValueError:
            raise BadUpdate from None
        self._reach().update(contents.reach)
        return update

    def holds(self, update: bytes) -> bool:
        """Whether nothing in a client's update is news. Raises BadUpdate and SomethingMissing."""
        if read_update(update, self._reach()).reach:
            return False
        deleted = self._doc.get_update(self._doc.get_state())
        return merged([deleted, update]) == deleted

    def _reach(self) -> dict[int, int]:
        """How far each client's text reaches here."""
        if self._here is None:
            self._here = read_state(self._doc.get_state())
        return self._here

    def lacks_what_precedes(self, update: bytes) -> bool:
        """Whether an update that was applied waits for others, which are not here."""
        if get_update(update, self._doc.get_state())[0] == _NO_STRUCTS:
            return False
        self._here = None
        return True

    def state(self) -> bytes:
        """Yjs' state vector: what is here."""
        return self._doc.get_state()

    def since(self, state: bytes) -> bytes:
        """The update that brings another document from `state`, a valid one, to this one's."""
        return self._doc.get_update(state)

    def whole(self) -> bytes:
        return self._doc.get_update()

    @property
    def title(self) -> str:
        """As it stands in lists: one line, never empty."""
        return " ".join(str(self._title).split())[:TITLE_CHARACTERS] or UNTITLED

    @property
    def raw_title(self) -> str:
        return str(self._title)

    @property
    def body(self) -> str:
        return str(self._body)

    def edited(self, title: Edit | None, body: Edit | None) -> bytes:
        """The update that makes these edits. The document stays as it is."""
        doc: Doc[Text] = Doc()
        doc.apply_update(self.whole())
        before = doc.get_state()
        with doc.transaction():
            for name, edit in ((TITLE, title), (BODY, body)):
                text = doc.get(name, type=Text)
                if edit is not None:
                    # pycrdt counts bytes of UTF-8.
                    start, end = (len(str(text)[:at].encode()) for at in (edit.start, edit.end))
                    del text[start:end]
                    text.insert(start, edit.text)
        return doc.get_update(before)


def seed(title: str, body: str) -> bytes:
    """The update that makes a document of a note that has none: the same for the same note."""
    doc: Doc[Text] = Doc(client_id=_SEED_CLIENT)
    with doc.transaction():
        doc.get(TITLE, type=Text).insert(0, title)
        doc.get(BODY, type=Text).insert(0, body)
    return doc.get_update()


def merged(updates: Sequence[bytes]) -> bytes:
    """One update with the effect of all of them."""
    return updates[0] if len(updates) == 1 else merge_updates(*updates)
