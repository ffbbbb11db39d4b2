-- Files that are attached to notes, or come as imports. Ids are UUIDv7 in lower case.
create table files (
  id        text primary key,
  workspace text not null,
  note      text,                -- null: of an import
  owner     text not null,       -- the user who sent it
  server    text not null,       -- whose disk holds it
  name      text not null,
  size      integer not null,    -- bytes, announced before the first one came
  state     text not null check (state in ('uploading', 'stored')),
  type      text,                -- media type by its content, once stored
  sha256    text,                -- in hexadecimal, once stored
  preview   text check (preview in ('queued', 'done', 'refused')), -- of an image
  created   integer not null,    -- milliseconds since the epoch
  stored    integer              -- milliseconds since the epoch
) strict;

create index files_by_note on files (workspace, note, id);
create index files_used on files (workspace, size);
create index files_uploading on files (created) where state = 'uploading';

-- The server on which a job must be done, as it holds the files, null where any will do.
alter table jobs add column server text;

-- An export is a PDF on the disk of the server that made it. Its column `result` held Markdown before.
alter table exports add column server text;
