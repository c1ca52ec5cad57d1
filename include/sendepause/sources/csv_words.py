"""The words of CSV tables: names of columns, directions and kinds of messages, in German and English.

Names and values are compared folded: without case, spaces and punctuation.
"""

from __future__ import annotations


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


ROLES: dict[str, frozenset[str]] = {
    "sent_at": _words(
        "zeitpunkt zeitstempel timestamp datetime datumuhrzeit datumzeit datumundzeit",
        "datumunduhrzeit sentat sent gesendetam gesendet sendezeitpunkt erstelltam createdat",
        "dateandtime messagetimestamp datetimeutc sentatutc timestamputc zeitutc zeitpunktutc",
        "zeitstempelutc versendetam versandzeit messagetime messagedate datumuhrzeitutc",
        "erstellt created createdtime sendtime timesent receivedat empfangenam datesent",
        "senddate",
    ),
    "date": _words(
        "datum date tag day sendedatum sentdate versanddatum dateutc datumutc",
    ),
    "time": _words(
        "uhrzeit zeit time sendezeit senttime timeutc uhrzeitutc",
    ),
    "from": _words(
        "von from absender absendernummer absenderin sender sendernumber sendername author",
        "autor verfasser vonnummer fromnumber source quelle absendernr absendername",
    ),
    "to": _words(
        "an to empfänger empfaenger empfängernummer empfaengernummer empfängerin recipient",
        "recipientnumber receiver tonumber destination ziel annummer empfängernr empfängername",
        "recipientname",
    ),
    "contact": _words(
        "kontakt contact telefon telefonnummer phone phonenumber nummer number kunde customer",
        "rufnummer chat mobilnummer handynummer chatname kontaktname contactname waid telefonnr",
        "nr kundennummer counterpart gegenstelle gesprächspartner",
    ),
    "group": _words(
        "gruppe group gruppenname groupname gruppenchat groupchat groupid gruppenid",
    ),
    "direction": _words(
        "richtung direction",
    ),
    "own": _words(
        "fromme vonmir isoutgoing outgoing ausgehend",
    ),
    "text": _words(
        "nachricht text message body inhalt nachrichtentext content messagetext messagebody",
        "textkörper textdernachricht messagecontent",
    ),
    "type": _words(
        "typ type nachrichtentyp messagetype nachrichtenart art medientyp mediatype",
    ),
    "media": _words(
        "media medien hasmedia medium anhang anhänge attachment attachments mediaurl",
        "dateianhang",
    ),
    "id": _words(
        "id messageid nachrichtid nachrichtenid nachrichtsid wamid msgid",
    ),
    "campaign": _words(
        "kampagne campaign campaignid kampagnenid campaignname kampagnenname broadcast",
    ),
    "account": _words(
        "konto account accountnumber kontonummer eigenenummer ownnumber businessnumber",
        "businessphone",
    ),
    "template": _words(
        "vorlage template vorlagenname templatename templateid istemplate hsm",
    ),
    "category": _words(
        "kategorie category conversationcategory pricingcategory messagecategory",
    ),
    "error": _words(
        "fehlercode errorcode fehlernummer",
    ),
}
"""Role -> names of its column. ``contact`` is the other side in both directions, ``group`` the group's name,
``own`` whether the account itself sent it, ``account`` the account's own number."""

OUT = _words(
    "ausgehend outgoing out outbound gesendet sent ausgang aus a o mt versendet",
    "outgoingmessage",
)
IN = _words(
    "eingehend incoming in inbound empfangen received eingang ein e i mo incomingmessage",
)
YES = _words(
    "true 1 ja yes wahr x",
)
NO = _words(
    "false 0 nein no falsch null none",
) | {""}
NO_MEDIA = {""} | _words(
    "text chat location standort livelocation poll umfrage link url template vorlage",
    "interactive button buttons list liste plain plaintext conversation textnachricht",
    "textmessage message nachricht unknown unbekannt order",
)
"""Types of messages without a file; every other type tells media."""
SYSTEM = _words(
    "system systemnachricht notification e2enotification gp2 systemmessage",
)
NO_MESSAGE = _words(
    "reaction reaktion protocol revoked",
)
