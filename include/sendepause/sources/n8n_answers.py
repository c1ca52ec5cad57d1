"""What the interfaces of WhatsApp answer to a call that sends: the message that they took.

Answers of the Evolution API and of WAHA's engine NOWEB (Baileys' ``WebMessageInfo``), WAHA's WEBJS and GOWS,
wwebjs-api (``{"success": true, "message": {…}}``), Meta's Cloud API (``{"messaging_product": "whatsapp",
"contacts": […], "messages": [{"id": "wamid.…"}]}``) and Twilio (``sid``, ``from``, ``to``, ``body``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import Any

from sendepause.campaigns.base import account_of
from sendepause.model import Evidence, Via
from sendepause.sources import waha, whatsapp_web_js
from sendepause.sources.baileys import is_web_message, message_of
from sendepause.sources.base import ReadContext
from sendepause.sources.envelopes import as_json
from sendepause.sources.evolution import through
from sendepause.sources.gathered import Message, own_author
from sendepause.sources.instants import instant
from sendepause.sources.json_records import Record, inner, items, text_of
from sendepause.sources.numbers import address
from sendepause.sources.recorded import Seen
from sendepause.sources.web_models import MEDIA

_KINDS = MEDIA | {"contacts"}


def sent_by(answer: Record, via: Via, call: Mapping[str, Any], context: ReadContext) -> Message | None:
    """The message that an answer tells of; None where it tells of none: an error, a list, another call.

    ``call``: the node's parameters, in which a text may stand that the answer lacks.
    """
    answer = _unwrapped(answer)
    if via in (Via.CLOUD_API, Via.UNKNOWN) and answer.get("messaging_product") == "whatsapp":
        return _of_cloud_api(answer, call, context)
    if via is Via.TWILIO:
        return _of_twilio(answer, context)
    message = _of_gateway(answer, context)
    return message if message is not None and message.direction == "out" else None


def _unwrapped(answer: Record) -> Record:
    """The answer without what the options "full response" and "put response in field" put around it."""
    inside = answer.get("body") if "statusCode" in answer else None
    inside = as_json(answer.get("data")) if answer.keys() == {"data"} else inside
    return inside if isinstance(inside, dict) else answer


def evidence(message: Message, via: Via) -> Evidence | None:
    """What a message proves of its account's kind. Some gateways look like Meta's interface: only its own
    address proves the Platform."""
    if via.evidence is not None:
        return via.evidence
    proved = through(message.message_id)
    return None if via is Via.UNKNOWN and proved is Evidence.PLATFORM else proved


def _of_gateway(answer: Record, context: ReadContext) -> Message | None:
    if is_web_message(answer):
        return message_of(answer, None, context)
    for model in (answer, answer.get("message")):
        if isinstance(model, dict) and whatsapp_web_js.is_model(model):
            return whatsapp_web_js.message_of(model, context)
    return waha.message_in(answer, context, Seen("")) if waha.is_stored(answer) else None


def _of_cloud_api(answer: Record, call: Mapping[str, Any], context: ReadContext) -> Message | None:
    """Meta answers without time and text: the caller adds the time."""
    taken = next((text_of(message.get("id")) for message in items(answer.get("messages"))), None)
    if not taken:
        return None
    contact = next(items(answer.get("contacts")), {})
    message = Message(
        sent_at=None,
        author=own_author(context, None),
        text=None,
        direction="out",
        counterpart=address(contact.get("wa_id") or contact.get("input")),
        message_id=taken,
    )
    return replace(message, **(_as_node(call) if "operation" in call else _as_body(call)))


def _as_node(call: Mapping[str, Any]) -> dict[str, Any]:
    """What n8n's WhatsApp node was told to send, where no expression hides it."""
    if call.get("operation") == "sendTemplate":
        return {"template": True}
    if call.get("operation") != "send":
        return {}
    kind = call.get("messageType", "text")
    if kind in _KINDS:
        caption = inner(call.get("additionalFields"), "mediaCaption")
        return {"template": False, "media": True, "text": "" if caption is None else _literal(caption)}
    return {"template": False, "text": _literal(call.get("textBody")) if kind == "text" else None}


def _as_body(call: Mapping[str, Any]) -> dict[str, Any]:
    """What a body of JSON told Meta to send, where no expression stands in it."""
    body = as_json(_literal(call.get("jsonBody") or call.get("bodyParametersJson") or call.get("body")))
    kind = inner(body, "type")
    if kind in _KINDS:
        return {"template": False, "media": True, "text": text_of(inner(body, kind, "caption")) or ""}
    if kind == "template":
        return {"template": True}
    return {"template": False, "text": text_of(inner(body, "text", "body"))} if kind == "text" else {}


def _literal(value: Any) -> str | None:
    """A parameter's text; None where an expression makes it."""
    text = text_of(value)
    return None if text is None or "{{" in text else text.removeprefix("=")


def _of_twilio(answer: Record, context: ReadContext) -> Message | None:
    ends = [text_of(answer.get(name)) or "" for name in ("from", "to")]
    if not text_of(answer.get("sid")) or not all(end.startswith("whatsapp:") for end in ends):
        return None
    account = account_of(ends[0])
    files = text_of(answer.get("num_media"))
    return Message(
        sent_at=_moment(answer.get("date_sent")) or _moment(answer.get("date_created")),
        author=own_author(context, account),
        text=text_of(answer.get("body")),
        media=files not in (None, "0"),
        direction="out",
        counterpart=address(ends[1].removeprefix("whatsapp:")),
        account=account,
        message_id=answer["sid"],
        error=str(answer["error_code"]) if isinstance(answer.get("error_code"), int) else None,
    )


def _moment(value: Any) -> int | None:
    """A date as mails write it ("Thu, 24 Aug 2023 05:01:45 +0000"), or as ``instant`` reads it."""
    try:
        return round(parsedate_to_datetime(value).timestamp() * 1000) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return instant(value)
