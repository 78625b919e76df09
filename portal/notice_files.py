"""Files of published notices, as approved; caches ask each time, as a withdrawal counts at once."""

from urllib.parse import quote

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from portal.installation import database
from reminders.notices import files

bp = Blueprint("notice_files", __name__)


@bp.get("/notices/<int(max=999999999):notice_id>/files/<name>")
def show(notice_id: int, name: str) -> ResponseReturnValue:
    with database().read() as session:
        file, content = files.content(session, notice_id, name)
    is_text = file.media_type.startswith("text/")
    response = Response(
        content, content_type=f"{file.media_type}; charset=utf-8" if is_text else file.media_type
    )
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.name)}"
    response.headers["Cache-Control"] = "public, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    response.set_etag(file.digest)
    response.make_conditional(request)
    return response
