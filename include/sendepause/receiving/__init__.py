"""Meta's webhooks of the WhatsApp Business Platform, received: signed, pseudonymised, committed, and only
then acknowledged.

``app`` is the address that Meta calls, ``secrets`` knows whom it believes, ``groups`` puts together what
comes at the same time, ``taking`` makes events of it and commits them. The reading stage takes them from
the store (``sources.received``). No number, name or text of a call reaches the disk or a log.
"""
