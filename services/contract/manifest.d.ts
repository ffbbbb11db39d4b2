// Generated from infra/routes by `make routes`: change the declarations, not this file.

export interface Acceptance {
  /** text of 43 characters */
  readonly secret: string;
}

export interface Credentials {
  /** text of at most 1,000 characters */
  readonly email: string;
  /** text of at most 1,000 characters */
  readonly password: string;
}

export interface DeadPage {
  /** milliseconds since the epoch */
  readonly before: number | null;
}

export interface EditedNote {
  /** text of 1 to 200 characters, not only spaces */
  readonly title: string;
  /** text of at most 50,000 characters */
  readonly body: string;
  /** a list of at most 10 words of at most 40 characters, without commas */
  readonly tags: readonly (string)[];
  /** milliseconds since the epoch */
  readonly updated: number;
}

export interface ExportPath {
  /** an id */
  readonly export: string;
}

export interface JobPath {
  /** an id */
  readonly job: string;
}

export interface Markdown {
  /** text of at most 50,000 characters */
  readonly text: string;
}

export interface MembersPage {
  /** an id, as `next` gives it */
  readonly after: string | null;
  /** a whole number from 1 to 100 */
  readonly limit: number;
}

export interface NewAccount {
  /** an email address of at most 254 characters */
  readonly email: string;
  /** text of 1 to 80 characters, not only spaces */
  readonly name: string;
  /** text of 10 to 256 characters */
  readonly password: string;
}

export interface NewComment {
  /** text of 1 to 5,000 characters, not only spaces */
  readonly body: string;
}

export interface NewExport {
  /** an id */
  readonly note: string;
}

export interface NewInvitation {
  /** viewer, editor, admin or owner */
  readonly role: "viewer" | "editor" | "admin" | "owner";
  /** a whole number from 1 to 30 */
  readonly days: number;
}

export interface NewNote {
  /** text of 1 to 200 characters, not only spaces */
  readonly title: string;
  /** text of at most 50,000 characters */
  readonly body: string;
  /** a list of at most 10 words of at most 40 characters, without commas */
  readonly tags: readonly (string)[];
}

export interface NewOpenNote {
  /** text of 1 to 200 characters, not only spaces */
  readonly title: string;
  /** text of at most 50,000 characters */
  readonly body: string;
  /** a list of at most 10 words of at most 40 characters, without commas */
  readonly tags: readonly (string)[];
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
}

export interface NewPassword {
  /** text of at most 1,000 characters */
  readonly current: string;
  /** text of 10 to 256 characters */
  readonly password: string;
}

export interface NewRole {
  /** viewer, editor, admin or owner */
  readonly role: "viewer" | "editor" | "admin" | "owner";
}

export interface NewWorkspace {
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly id: string;
  /** text of 1 to 80 characters, not only spaces */
  readonly name: string;
  /** true or false */
  readonly open: boolean;
}

export interface NotePath {
  /** an id */
  readonly note: string;
}

export interface NotificationPage {
  /** a whole number */
  readonly before: number | null;
  /** a whole number from 1 to 100 */
  readonly limit: number;
}

export interface OpenPage {
  /** an id, as `next` gives it */
  readonly before: string | null;
  /** a whole number from 1 to 100 */
  readonly limit: number;
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
}

export interface OpenSearch {
  /** 1 to 8 words, together at most 200 characters */
  readonly q: string;
  /** a number, as `next` gives it */
  readonly after: number | null;
  /** a whole number from 1 to 100 */
  readonly limit: number;
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
}

export interface Page {
  /** an id, as `next` gives it */
  readonly before: string | null;
  /** a whole number from 1 to 100 */
  readonly limit: number;
}

export interface PagePath {
  /** the id of a note */
  readonly note: string;
}

export interface ReadThrough {
  /** a whole number */
  readonly through: number;
}

export interface Search {
  /** 1 to 8 words, together at most 200 characters */
  readonly q: string;
  /** a number, as `next` gives it */
  readonly after: number | null;
  /** a whole number from 1 to 100 */
  readonly limit: number;
}

export interface Seen {
  /** a whole number */
  readonly after: number | null;
}

export interface ServerExportPath {
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly server: string;
  /** an id */
  readonly export: string;
}

export interface WorkspaceImportPath {
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
  /** an id */
  readonly import: string;
}

export interface WorkspaceInvitationPath {
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
  /** an id */
  readonly invitation: string;
}

export interface WorkspaceNotePath {
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
  /** an id */
  readonly note: string;
}

export interface WorkspacePath {
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
}

export interface WorkspaceServerFilePath {
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly server: string;
  /** an id */
  readonly file: string;
}

export interface WorkspaceUserPath {
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
  /** an id */
  readonly user: string;
}

export interface WorkspacesPage {
  /** an id, as `next` gives it */
  readonly after: string | null;
  /** a whole number from 1 to 100 */
  readonly limit: number;
}

export interface Comment {
  /** an id */
  readonly id: string;
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
  /** an id */
  readonly note: string;
  /** an id */
  readonly author: string;
  /** text of 1 to 80 characters, not only spaces */
  readonly name: string;
  /** text of 1 to 5,000 characters, not only spaces */
  readonly body: string;
  /** milliseconds since the epoch */
  readonly created: number;
}

export interface DigestReader {
  readonly wanted: number;
}

export interface File {
  /** an id */
  readonly id: string;
  readonly server: string;
  readonly name: string;
  readonly size: number;
  readonly type: string;
  readonly preview: string | null;
  /** an id */
  readonly owner: string;
  readonly stored: number;
}

export interface FoundNote {
  /** an id */
  readonly id: string;
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
  /** text in pieces, of which each second one matches */
  readonly title: readonly (string)[];
  /** text in pieces, of which each second one matches */
  readonly excerpt: readonly (string)[];
  /** milliseconds since the epoch */
  readonly updated: number;
  readonly position: number;
}

export interface Import {
  /** an id */
  readonly id: string;
  /** an id */
  readonly job: string;
  readonly name: string;
  readonly size: number;
  readonly position: number;
  readonly notes: number;
  readonly skipped: number;
  readonly faults: unknown;
  readonly state: string;
  readonly created: number;
}

export interface Invitation {
  /** an id */
  readonly id: string;
  readonly role: "viewer" | "editor" | "admin" | "owner";
  /** text of 1 to 80 characters, not only spaces */
  readonly inviter: string;
  /** milliseconds since the epoch */
  readonly created: number;
  /** milliseconds since the epoch */
  readonly expires: number;
}

export interface MembershipRow {
  /** an id */
  readonly user: string;
  readonly name: string;
  readonly role: "viewer" | "editor" | "admin" | "owner";
  /** milliseconds since the epoch */
  readonly created: number;
}

export interface Note {
  /** an id */
  readonly id: string;
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
  /** text of 1 to 200 characters, not only spaces */
  readonly title: string;
  /** text of at most 50,000 characters */
  readonly body: string;
  /** a list of at most 10 words of at most 40 characters, without commas */
  readonly tags: readonly (string)[];
  /** milliseconds since the epoch */
  readonly created: number;
  /** milliseconds since the epoch */
  readonly updated: number;
}

export interface NoteSummary {
  /** an id */
  readonly id: string;
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
  /** text of 1 to 200 characters, not only spaces */
  readonly title: string;
  /** milliseconds since the epoch */
  readonly updated: number;
}

export interface Notification {
  /** a whole number */
  readonly id: number;
  readonly kind: string;
  readonly subject: string;
  readonly title: string;
  readonly actor: string;
  /** milliseconds since the epoch */
  readonly created: number;
  /** milliseconds since the epoch */
  readonly read: number | null;
}

export interface TagCount {
  readonly tag: string;
  readonly notes: number;
}

export interface Workspace {
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly id: string;
  /** text of 1 to 80 characters, not only spaces */
  readonly name: string;
  readonly open: boolean;
  readonly role: "viewer" | "editor" | "admin" | "owner" | null;
  /** milliseconds since the epoch */
  readonly created: number;
}

export interface WorkspaceDigest {
  /** 1 to 64 characters of a-z, 0-9 and - */
  readonly workspace: string;
  readonly notes: number;
  readonly recent: number;
  /** an id */
  readonly newest: string;
  /** text of 1 to 200 characters, not only spaces */
  readonly title: string;
  /** milliseconds since the epoch */
  readonly counted: number;
  /** milliseconds since the epoch */
  readonly refreshed: number;
}

/** By a route's name: what it takes, once validated, and what it answers. */
export interface Routes {
  readonly read_digest: { path: null; query: null; body: null; answer: { readonly workspaces: readonly WorkspaceDigest[]; readonly next: string | null } };
  readonly create_export: { path: null; query: null; body: NewExport; answer: unknown };
  readonly read_export: { path: ExportPath; query: null; body: null; answer: unknown };
  readonly accept_invitation: { path: null; query: null; body: Acceptance; answer: unknown };
  readonly list_dead_jobs: { path: null; query: DeadPage; body: null; answer: unknown };
  readonly read_job: { path: JobPath; query: null; body: null; answer: unknown };
  readonly cancel_job: { path: JobPath; query: null; body: null; answer: unknown };
  readonly replay_job: { path: JobPath; query: null; body: null; answer: unknown };
  readonly render_markdown: { path: null; query: null; body: Markdown; answer: unknown };
  readonly read_me: { path: null; query: null; body: null; answer: unknown };
  readonly end_digest: { path: null; query: null; body: null; answer: null };
  readonly read_digest_wish: { path: null; query: null; body: null; answer: DigestReader };
  readonly want_digest: { path: null; query: null; body: null; answer: null };
  readonly list_open_notes: { path: null; query: OpenPage; body: null; answer: { readonly notes: readonly NoteSummary[]; readonly next: string | null } };
  readonly create_open_note: { path: null; query: null; body: NewOpenNote; answer: Note };
  readonly read_open_note: { path: NotePath; query: null; body: null; answer: Note };
  readonly list_notifications: { path: null; query: NotificationPage; body: null; answer: { readonly notifications: readonly Notification[]; readonly next: string | null } };
  readonly mark_notifications_read: { path: null; query: null; body: ReadThrough; answer: unknown };
  readonly stream_notifications: { path: null; query: Seen; body: null; answer: unknown };
  readonly openapi: { path: null; query: null; body: null; answer: unknown };
  readonly change_password: { path: null; query: null; body: NewPassword; answer: unknown };
  readonly realtime: { path: null; query: null; body: null; answer: unknown };
  readonly note: { path: NotePath; query: null; body: null; answer: unknown };
  readonly search_open_notes: { path: null; query: OpenSearch; body: null; answer: { readonly notes: readonly FoundNote[]; readonly next: string | null } };
  readonly read_export_file: { path: ServerExportPath; query: null; body: null; answer: unknown };
  readonly sign_out: { path: null; query: null; body: null; answer: unknown };
  readonly refresh_session: { path: null; query: null; body: null; answer: unknown };
  readonly sign_out_everywhere: { path: null; query: null; body: null; answer: unknown };
  readonly sign_in: { path: null; query: null; body: Credentials; answer: unknown };
  readonly sign_up: { path: null; query: null; body: NewAccount; answer: unknown };
  readonly list_workspaces: { path: null; query: WorkspacesPage; body: null; answer: { readonly workspaces: readonly Workspace[]; readonly next: string | null } };
  readonly create_workspace: { path: null; query: null; body: NewWorkspace; answer: unknown };
  readonly list_imports: { path: WorkspacePath; query: null; body: null; answer: { readonly imports: readonly Import[]; readonly next: string | null } };
  readonly cancel_import: { path: WorkspaceImportPath; query: null; body: null; answer: unknown };
  readonly resume_import: { path: WorkspaceImportPath; query: null; body: null; answer: unknown };
  readonly list_invitations: { path: WorkspacePath; query: null; body: null; answer: { readonly invitations: readonly Invitation[]; readonly next: string | null } };
  readonly create_invitation: { path: WorkspacePath; query: null; body: NewInvitation; answer: unknown };
  readonly revoke_invitation: { path: WorkspaceInvitationPath; query: null; body: null; answer: null };
  readonly join_workspace: { path: WorkspacePath; query: null; body: null; answer: unknown };
  readonly leave_workspace: { path: WorkspacePath; query: null; body: null; answer: unknown };
  readonly list_members: { path: WorkspacePath; query: MembersPage; body: null; answer: { readonly members: readonly MembershipRow[]; readonly next: string | null } };
  readonly remove_member: { path: WorkspaceUserPath; query: null; body: null; answer: unknown };
  readonly change_member: { path: WorkspaceUserPath; query: null; body: NewRole; answer: unknown };
  readonly list_notes: { path: WorkspacePath; query: Page; body: null; answer: { readonly notes: readonly NoteSummary[]; readonly next: string | null } };
  readonly create_note: { path: WorkspacePath; query: null; body: NewNote; answer: Note };
  readonly delete_note: { path: WorkspaceNotePath; query: null; body: null; answer: null };
  readonly read_note: { path: WorkspaceNotePath; query: null; body: null; answer: Note };
  readonly update_note: { path: WorkspaceNotePath; query: null; body: EditedNote; answer: Note };
  readonly list_comments: { path: WorkspaceNotePath; query: Page; body: null; answer: { readonly comments: readonly Comment[]; readonly next: string | null } };
  readonly create_comment: { path: WorkspaceNotePath; query: null; body: NewComment; answer: Comment };
  readonly list_files: { path: WorkspaceNotePath; query: null; body: null; answer: { readonly files: readonly File[]; readonly next: string | null } };
  readonly search_notes: { path: WorkspacePath; query: Search; body: null; answer: { readonly notes: readonly FoundNote[]; readonly next: string | null } };
  readonly delete_file: { path: WorkspaceServerFilePath; query: null; body: null; answer: unknown };
  readonly read_file: { path: WorkspaceServerFilePath; query: null; body: null; answer: unknown };
  readonly create_import: { path: WorkspaceServerFilePath; query: null; body: null; answer: unknown };
  readonly read_preview: { path: WorkspaceServerFilePath; query: null; body: null; answer: unknown };
  readonly delete_upload: { path: WorkspaceServerFilePath; query: null; body: null; answer: unknown };
  readonly read_upload: { path: WorkspaceServerFilePath; query: null; body: null; answer: unknown };
  readonly append_upload: { path: WorkspaceServerFilePath; query: null; body: null; answer: unknown };
  readonly read_statistics: { path: WorkspacePath; query: null; body: null; answer: unknown };
  readonly list_tags: { path: WorkspacePath; query: null; body: null; answer: { readonly tags: readonly TagCount[]; readonly next: string | null } };
  readonly create_upload: { path: WorkspacePath; query: null; body: null; answer: unknown };
  readonly note_page: { path: PagePath; query: null; body: null; answer: unknown };
  readonly assets: { path: null; query: null; body: null; answer: unknown };
}
