-- What the routes of catalog.py are about: one column for each type of the manifest.
create table things (
  id        text primary key,
  workspace text not null,
  small     integer,
  big       integer,
  ratio     real,
  flag      integer,
  bytes     blob,
  doc       text,
  words     text,
  label     text unique
) strict;
