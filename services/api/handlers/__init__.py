"""What is more than SQL: the handlers that the manifest names."""

from collections.abc import Awaitable, Callable, Mapping

from services.api.handlers.accounts import change_password, sign_in, sign_up
from services.api.handlers.call import Call
from services.api.handlers.exports import create_export, read_export, read_export_file
from services.api.handlers.files import delete_file, read_file, read_preview
from services.api.handlers.imports import cancel_import, create_import, resume_import
from services.api.handlers.jobs import cancel_job, list_dead_jobs, read_job, replay_job
from services.api.handlers.members import (
    accept_invitation,
    change_member,
    create_invitation,
    remove_member,
)
from services.api.handlers.notifications import mark_notifications_read, stream_notifications
from services.api.handlers.openapi import openapi
from services.api.handlers.session import refresh_session, sign_out, sign_out_everywhere
from services.api.handlers.statistics import read_statistics
from services.api.handlers.uploads import append_upload, create_upload, delete_upload, read_upload
from services.api.handlers.workspaces import create_workspace, join_workspace, leave_workspace
from services.api.reply import Reply
from services.api.tools import Tools

HANDLERS: Mapping[str, Callable[[Call, Tools], Awaitable[Reply]]] = {
    each.__name__: each
    for each in (
        sign_up,
        sign_in,
        change_password,
        refresh_session,
        sign_out,
        sign_out_everywhere,
        create_workspace,
        join_workspace,
        leave_workspace,
        create_invitation,
        accept_invitation,
        change_member,
        remove_member,
        read_statistics,
        create_export,
        read_export,
        read_export_file,
        create_upload,
        read_upload,
        append_upload,
        delete_upload,
        read_file,
        read_preview,
        delete_file,
        create_import,
        cancel_import,
        resume_import,
        read_job,
        cancel_job,
        list_dead_jobs,
        replay_job,
        mark_notifications_read,
        stream_notifications,
        openapi,
    )
}
