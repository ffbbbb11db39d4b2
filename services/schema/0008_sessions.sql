-- Who is signed in: one row a browser. A refresh token is genuine by a key of the servers, so nothing secret stands here.
create table sessions (
  id         text primary key,   -- UUIDv7
  user       text not null,
  generation integer not null,   -- of the refresh token in force: an older one was used already
  rotated    integer not null,   -- when it was given: milliseconds since the epoch
  created    integer not null,   -- milliseconds since the epoch
  expires    integer not null    -- milliseconds since the epoch
) strict;

create index sessions_by_user on sessions (user);
create index sessions_by_expiry on sessions (expires);
