"""Baseline of the callback: wechatpy's README in a Flask view, with the query a team writes first (ORM)."""

import os
from datetime import date

from flask import Flask, abort, request
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from wechatpy import create_reply, parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.exceptions import InvalidAppIdException, InvalidSignatureException

from reminders.tables.bindings import Binding, Follower
from reminders.tables.catalogue import CatalogueEntry
from reminders.tables.holders import Holder
from reminders.tables.ledger import License


def create_app() -> Flask:
    app = Flask(__name__)
    sessions = sessionmaker(create_engine(os.environ["DATABASE_URL"]))

    @app.route("/wechat/callback", methods=["POST"])
    def receive() -> str:
        crypto = WeChatCrypto(
            os.environ["WECHAT_TOKEN"], os.environ["WECHAT_AES_KEY"], os.environ["WECHAT_APP_ID"]
        )
        signature = request.args.get("msg_signature", "")
        timestamp, nonce = request.args.get("timestamp", ""), request.args.get("nonce", "")
        try:
            xml = crypto.decrypt_message(request.data, signature, timestamp, nonce)
        except (InvalidSignatureException, InvalidAppIdException):
            abort(403)
        message = parse_message(xml)
        with sessions() as session:
            text = my_licenses(session, message.source)
        reply = create_reply(text, message)
        return str(crypto.encrypt_message(reply.render(), nonce, timestamp))

    return app


def my_licenses(session, openid: str) -> str:  # type: ignore[no-untyped-def]
    """The licenses this person bound, and the days left."""
    rows = (
        session.query(License, CatalogueEntry, Holder)
        .join(Binding, Binding.license_id == License.id)
        .join(Follower, Follower.id == Binding.follower_id)
        .join(CatalogueEntry, CatalogueEntry.id == License.catalogue_entry_id)
        .join(Holder, Holder.id == License.holder_id)
        .filter(Follower.openid == openid, Binding.unbound_at.is_(None))
        .all()
    )
    today = date.today()  # noqa: DTZ011  (as such code does)
    lines = [
        f"{entry.license_name} {holder.name} {row.expires_on} 还剩 {(row.expires_on - today).days} 天"
        for row, entry, holder in rows
    ]
    return "\n".join(lines) or "还没有绑定证照"
