-- A workspace is a tenant. Anybody reads an open one, and whoever is signed in may join it.
create table workspaces (
  id      text primary key,      -- 1 to 64 characters of a-z, 0-9 and -
  name    text not null,
  open    integer not null check (open in (0, 1)),
  created integer not null       -- milliseconds since the epoch
) strict;

create index workspaces_open on workspaces (id) where open = 1;

-- The workspaces of the notes that are there, and the one that everybody starts in.
insert into workspaces (id, name, open, created) select workspace, workspace, 1, min(created) from notes group by workspace;
insert into workspaces (id, name, open, created) values ('harbour', 'harbour', 1, 1730419200000) on conflict do nothing;

-- Who belongs to a workspace, and what they may do: each role may also do what the ones before it may.
create table memberships (
  workspace text not null,
  user      text not null,
  role      text not null check (role in ('viewer', 'editor', 'admin', 'owner')),
  created   integer not null,    -- milliseconds since the epoch
  primary key (workspace, user)
) strict, without rowid;

create index memberships_by_user on memberships (user, workspace);

-- What people say about a note. Ids are UUIDv7 in lower case.
create table comments (
  id        text primary key,
  workspace text not null,       -- that of the note
  note      text not null,
  author    text not null,       -- the id of a user
  body      text not null,
  created   integer not null     -- milliseconds since the epoch
) strict;

create index comments_by_note on comments (workspace, note, id);

alter table notes add column tags text not null default '[]' check (json_valid(tags)); -- a JSON list of text

-- Requests that came with an Idempotency-Key: a repeated one gets what the first one made.
create table idempotency (
  user        text not null,
  route       text not null,
  key         text not null,
  fingerprint text not null,     -- of what was asked
  new_id      text not null,     -- what the first one was given
  now         integer not null,  -- milliseconds since the epoch
  primary key (user, route, key)
) strict, without rowid;

create index idempotency_by_time on idempotency (now);
