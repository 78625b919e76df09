"""Baseline of the portal: a Flask view that returns a string it holds, with nothing around it."""

import os
from pathlib import Path

from flask import Flask


def create_app() -> Flask:
    app = Flask(__name__)
    text = Path(os.environ["BENCH_PAGE"]).read_text(encoding="utf-8")

    @app.get("/notices/<int:notice_id>")
    def page(notice_id: int) -> str:
        return text

    return app
