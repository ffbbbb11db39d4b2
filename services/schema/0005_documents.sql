-- A note's document (Yjs): all updates up to and including number `through`, in one state. The row in notes follows it.
create table note_documents (
  note    text primary key,
  state   blob not null,   -- a Yjs update, version 1
  through integer not null,
  shown   integer          -- notes.updated when the row last said what the document says: else it was edited since
) strict, without rowid;

-- The updates since then, numbered per note in the order in which they were written.
create table note_updates (
  note    text not null,
  number  integer not null,
  content blob not null,   -- a Yjs update, version 1
  written integer not null, -- milliseconds since the epoch
  primary key (note, number)
) strict, without rowid;
