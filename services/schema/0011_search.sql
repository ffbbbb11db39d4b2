-- Full-text search of notes. The triggers keep the index as the notes are, whoever writes them; it holds no text of
-- its own but reads it through the view. The names begin with _: a backup leaves out what follows from other tables.
-- In double quotes: libsql-server's dump doesn't escape single ones in a virtual table's definition (2026-11-26).

-- A number for each note that stays the same: a rowid of notes may change.
create table _note_numbers (
  number integer primary key,
  note   text not null unique
) strict;

-- The tenant is one word of the index, so a search reads no postings but those of its tenant's notes.
create view _note_texts as
select number, hex(workspace) as tenant, title, body from _note_numbers join notes on id = note;

create virtual table _note_search using fts5(
  tenant, title, body, content="_note_texts", content_rowid="number", tokenize="unicode61 remove_diacritics 2"
);

insert into _note_numbers (note) select id from notes order by id;
insert into _note_search (_note_search) values ('rebuild');

create trigger _note_search_insert after insert on notes begin
  insert into _note_numbers (note) values (new.id);
  insert into _note_search (rowid, tenant, title, body)
  select number, hex(new.workspace), new.title, new.body from _note_numbers where note = new.id;
end;

create trigger _note_search_update after update of workspace, title, body on notes
when new.workspace <> old.workspace or new.title <> old.title or new.body <> old.body begin
  insert into _note_search (_note_search, rowid, tenant, title, body)
  select 'delete', number, hex(old.workspace), old.title, old.body from _note_numbers where note = new.id;
  insert into _note_search (rowid, tenant, title, body)
  select number, hex(new.workspace), new.title, new.body from _note_numbers where note = new.id;
end;

create trigger _note_search_delete after delete on notes begin
  insert into _note_search (_note_search, rowid, tenant, title, body)
  select 'delete', number, hex(old.workspace), old.title, old.body from _note_numbers where note = old.id;
  delete from _note_numbers where note = old.id;
end;
