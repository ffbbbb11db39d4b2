-- A note whose id changes keeps its number. Before the change, as the triggers after it look for the new id.
create trigger _note_search_id before update of id on notes when new.id <> old.id begin
  update _note_numbers set note = new.id where note = old.id;
end;
