-- Background work: a row is written in the transaction that causes it, so it is both the outbox and the record of the
-- job. The queue on Redis only says which row to look at.
create table jobs (
  id       text primary key,     -- UUIDv7, also of what the job is about where that is one row: an export, an import
  kind     text not null,
  key      text unique,          -- of what must not be queued twice: a schedule's slot
  owner    text,                 -- the user who is told how it goes
  payload  text not null,        -- JSON
  priority text not null check (priority in ('high', 'low')),
  state    text not null check (state in ('queued', 'running', 'done', 'refused', 'cancelled', 'dead')),
  tries    integer not null,     -- since it last got further
  due      integer not null,     -- queued: not to be run before, running: the try is over by then
  progress text,                 -- JSON
  error    text,                 -- refused: for the owner, else what the last try failed with, for operators
  created  integer not null,     -- milliseconds since the epoch
  finished integer               -- milliseconds since the epoch
) strict;

create index jobs_unfinished on jobs (due, id) where state in ('queued', 'running');
create index jobs_dead on jobs (finished) where state = 'dead';
create index jobs_finished on jobs (finished) where state in ('done', 'refused', 'cancelled');

-- What makes a job's effect happen once: written in the effect's transaction, refused unless the job is running.
-- The key is the step of the job, as a job of many steps has an effect in each.
create table effects (
  job   text not null,
  step  text not null,
  state text not null,
  primary key (job, step),
  constraint effects_of_running_jobs_only check (state = 'running')
) strict, without rowid;

-- The application's operators.
create table admins (
  user text primary key
) strict;

-- Exports that were accepted before there were jobs.
insert into jobs (id, kind, owner, payload, priority, state, tries, due, created)
select id, 'export', user, '{}', 'high', 'queued', 0, created, created
from exports where state in ('queued', 'running');

drop index exports_unfinished;
