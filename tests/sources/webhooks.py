"""Webhooks of the Business Platform as a busy company gets them: invented, from a seed, of any number."""

from __future__ import annotations

import random
from collections.abc import Iterator

ACCOUNT = "493023125117"
_LINE = (
    '{"object":"whatsapp_business_account","entry":[{"id":"200000000000017","changes":[{"value":'
    f'{{"messaging_product":"whatsapp","metadata":{{"display_phone_number":"{ACCOUNT}",'
    '"phone_number_id":"100000000000017"},%s},"field":"%s"}]}]}\n'
)
_CONTACT = '"contacts":[{"profile":{"name":"Ida Krug"},"wa_id":"%s"}],'
_STATUS = '"statuses":[{"id":"%s","status":"%s","timestamp":"%d","recipient_id":"%s"%s}]'
_PRICED = (
    ',"conversation":{"id":"%032x","expiration_timestamp":"%d","origin":{"type":"%s"}},'
    '"pricing":{"billable":true,"pricing_model":"CBP","category":"%s"}'
)
_FAILED = (
    ',"errors":[{"code":131047,"title":"Re-engagement message","message":"Re-engagement message",'
    '"error_data":{"details":"Message failed to send because more than 24 hours have passed."},'
    '"href":"https:\\/\\/developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"}]'
)
_TEXT = '"messages":[{"from":"%s","id":"%s","timestamp":"%d","text":{"body":"%s"},"type":"text"}]'
_ECHO = (
    '"message_echoes":[{"from":"%s","to":"%s","id":"%s","timestamp":"%d","text":{"body":"%s"},"type":"text"}]'
)
_WORDS = (
    "Bremse",
    "Reifen",
    "Termin",
    "morgen",
    "danke",
    "gern",
    "Rad",
    "Gr\\u00f6\\u00dfe",
    "\\ud83d\\udeb2",
    "passt",
)
_CATEGORIES = ("marketing", "marketing", "utility", "service", "authentication")


def webhook_lines(calls: int, seed: int = 7) -> Iterator[bytes]:
    """So many calls, one a line as Meta writes them, about 550 bytes each.

    Of ten messages seven are sent (with ``sent``, ``delivered`` and mostly ``read``, or failing), two come
    in, and one is an echo of the Business app. Statuses of a message come within the next minutes, mixed
    with other calls.
    """
    rng = random.Random(seed)
    waiting: list[str] = []
    moment = 1_710_000_000
    for number in range(calls):
        if len(waiting) > 200 or (waiting and rng.random() < 0.45):
            at = rng.randrange(len(waiting))
            waiting[at], waiting[-1] = waiting[-1], waiting[at]
            yield waiting.pop().encode()
            continue
        moment += rng.randrange(4)
        first, *later = _message(rng, number, moment)
        waiting += later
        yield first.encode()


def _message(rng: random.Random, number: int, moment: int) -> list[str]:
    customer = f"4917139{20000 + rng.randrange(10_000):05d}"
    wamid = f"wamid.HBgM{customer}FQIAERgS{number:020X}AA=="
    kind = rng.random()
    words = " ".join(rng.choices(_WORDS, k=rng.randrange(3, 25)))
    if kind < 0.2:
        return [_LINE % (_CONTACT % customer + _TEXT % (customer, wamid, moment, words), "messages")]
    if kind < 0.3:
        return [_LINE % (_ECHO % (ACCOUNT, customer, wamid, moment, words), "smb_message_echoes")]
    category = rng.choice(_CATEGORIES)
    priced = _PRICED % (rng.getrandbits(128), moment + 86_400, category, category)
    told = [("sent", moment, priced)]
    if rng.random() < 0.03:
        told.append(("failed", moment + 2, _FAILED))
    else:
        told.append(
            ("delivered", moment + 2, priced.replace(f'"expiration_timestamp":"{moment + 86_400}",', ""))
        )
        if rng.random() < 0.7:
            told.append(("read", moment + rng.randrange(5, 600), ""))
    return [_LINE % (_STATUS % (wamid, status, at, customer, more), "messages") for status, at, more in told]
