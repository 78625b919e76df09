"""What anybody may read: one module per part of the site, put together by `routes`."""

from flask import Blueprint

bp = Blueprint("public", __name__)
