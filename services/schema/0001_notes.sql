-- A note belongs to one workspace (tenant). Ids are UUIDv7 in lower case, so their order is the order of creation.
create table notes (
  id        text primary key,
  workspace text not null,
  title     text not null,
  body      text not null,
  created   integer not null, -- milliseconds since the epoch
  updated   integer not null  -- milliseconds since the epoch
) strict;

create index notes_by_workspace on notes (workspace, id);
