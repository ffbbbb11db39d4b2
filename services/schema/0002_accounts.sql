-- A person who can sign in. Ids are UUIDv7 in lower case.
create table users (
  id       text primary key,
  email    text not null unique, -- in lower case
  name     text not null,
  password text not null,        -- Argon2id in PHC format
  created  integer not null      -- milliseconds since the epoch
) strict;

-- A background job and its result: written before the job is queued, so that what was accepted is never lost.
create table exports (
  id       text primary key,
  user     text not null,
  note     text not null,
  state    text not null check (state in ('queued', 'running', 'done', 'failed')),
  result   text,                 -- Markdown, once done
  created  integer not null,     -- milliseconds since the epoch
  finished integer               -- milliseconds since the epoch
) strict;

create index exports_unfinished on exports (created) where state in ('queued', 'running');

-- What a scheduled job makes of the notes: one row a workspace.
create table digest (
  workspace text primary key,
  notes     integer not null,
  recent    integer not null,    -- notes of the seven days before `counted`
  newest    text not null,       -- id of the newest note
  title     text not null,       -- of the newest note
  through   integer not null,    -- rowid of the last note that was counted in any workspace
  counted   integer not null,    -- when the notes were counted: milliseconds since the epoch
  refreshed integer not null     -- when they were last looked at: milliseconds since the epoch
) strict;
