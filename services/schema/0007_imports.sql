-- Notes that come from a file, as JSON Lines: how far the import is, and what it made of it.
create table imports (
  id        text primary key,    -- UUIDv7
  workspace text not null,
  user      text not null,
  file      text not null,       -- the upload, which goes once the import is done
  server    text not null,       -- whose disk holds it
  name      text not null,
  size      integer not null,    -- bytes
  job       text not null,       -- the latest one that works on it: another one each time it is resumed
  position  integer not null,    -- bytes that are done
  lines     integer not null,    -- lines that are done
  notes     integer not null,    -- notes that were written
  skipped   integer not null,    -- lines that are no note
  faults    text not null,       -- JSON: the first lines that are no note, and why
  state     text not null check (state in ('queued', 'running', 'cancelled', 'failed', 'done')),
  created   integer not null,    -- milliseconds since the epoch
  finished  integer              -- milliseconds since the epoch
) strict;

create index imports_by_workspace on imports (workspace, id);

-- Who wants the daily digest by email.
create table digest_readers (
  user text primary key
) strict, without rowid;
