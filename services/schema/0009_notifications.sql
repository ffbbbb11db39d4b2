-- What a person is told, in the order in which it was written.
create table notifications (
  id      integer primary key autoincrement,
  user    text not null,
  kind    text not null check (kind in ('edited', 'exported')),
  key     text not null,    -- of what is told once
  subject text not null,    -- the id of the note or export that it is about
  title   text not null,    -- of the note
  actor   text not null,    -- the name of who did it, empty where nobody else
  created integer not null, -- milliseconds since the epoch
  read    integer           -- milliseconds since the epoch
) strict;

create unique index notifications_once on notifications (user, key);
create index notifications_by_user on notifications (user, id);
create index notifications_unread on notifications (user) where read is null;

-- Who has written in a note, and so is told when others do.
create table note_writers (
  note  text not null,
  user  text not null,
  wrote integer not null,   -- milliseconds since the epoch
  primary key (note, user)
) strict, without rowid;
