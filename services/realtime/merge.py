"""An edit that was made on an older text, carried over to a newer one. Pure."""

from services.realtime.document import Edit


def edit_between(before: str, after: str) -> Edit:
    """The one edit, as short as can be, that makes `after` of `before`."""
    most = min(len(before), len(after))
    start = next((at for at in range(most) if before[at] != after[at]), most)
    most -= start
    tail = next((at for at in range(most) if before[-1 - at] != after[-1 - at]), most)
    return Edit(start, len(before) - tail, after[start : len(after) - tail])


def carried(base: str, theirs: str, ours: str) -> Edit | None:
    """The edit from `base` to `theirs`, as one of `ours`: what is new in either stays."""
    if base == theirs:
        return None
    edit, own = edit_between(base, theirs), edit_between(base, ours)
    moved = len(ours) - len(base)
    if base == ours or edit.end <= own.start:
        return edit
    if edit.start >= own.end:
        return Edit(edit.start + moved, edit.end + moved, edit.text)
    # Both have changed the same place: theirs stands before ours.
    return Edit(own.start, own.start, edit.text)
