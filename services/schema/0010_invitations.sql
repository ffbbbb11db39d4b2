-- Who has the secret of an invitation's link becomes a member: once, and until it expires. Ids are UUIDv7 in lower case.
create table invitations (
  id        text primary key,
  workspace text not null,
  role      text not null check (role in ('viewer', 'editor', 'admin', 'owner')),
  secret    text not null unique, -- the SHA-256 of it, in base64url
  inviter   text not null,        -- the id of a user, who needs this role or one above it when it is accepted, too
  created   integer not null,     -- milliseconds since the epoch
  expires   integer not null      -- milliseconds since the epoch
) strict;

create index invitations_by_workspace on invitations (workspace, id);
create index invitations_by_end on invitations (expires);
