"""Where an account should move by the sending that it really does, with the steps, in German and English.

A machine, or sending in bulk, has its place on the Business Platform alone; a person who writes by hand has
one in the Business app. What the steps rest on: a number that is used in an app has to be deleted there
before it is registered on the Platform, and has to be able to receive a text message or a call
(https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/phone-numbers);
a provider may be able to take one over from the Business app as it is
(…/embedded-signup/onboarding-business-app-users); the Business app offers to take the chats of the same phone
over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import NamedTuple

from sendepause import words
from sendepause.alerts.items import AlertFacts
from sendepause.alerts.phrases import put
from sendepause.model import Kind, Language, NoData, Stage, Verdict
from sendepause.words import Both

TOLD_OF = frozenset(  # stages at which an owner reads where the account should move
    {
        Stage.FOUND,
        Stage.WARNED,
        Stage.LAST_CALL,
        Stage.PAUSED,
        Stage.UNDONE,
        Stage.HOLD_GRANTED,
        Stage.HOLD_ENDS,
        Stage.BREACH,
    }
)
IN_STEPS = frozenset({Stage.FOUND, Stage.WARNED, Stage.HOLD_GRANTED})  # where there is time to take them

_MACHINE = frozenset({Verdict.AUTOMATED, Verdict.BULK})
_BY_HAND = frozenset({Verdict.WATCH, Verdict.CLEAR})
_FEW = frozenset({NoData.SILENT, NoData.TOO_FEW})


class Destination(StrEnum):
    """Where an account belongs."""

    PLATFORM = "platform"
    APP = "app"
    STAY = "stay"  # in the Business app, where it is


class _Texts(NamedTuple):
    heading: Both
    name: Both  # beside an account, where a message names several destinations
    lead: Both
    steps: tuple[Both, ...]
    short: Both  # all of it in a sentence or two


_TAKE_OVER = Both(
    "Fragen Sie den Anbieter auch, ob er {die Nummer|die Nummern} aus der Business-App übernehmen kann, ohne"
    " sie dort zu löschen; dann entfällt Schritt 3.",
    "Also ask the provider whether it can take the {number|numbers} over from the Business app without"
    " deleting {it|them} there; then leave step 3 out.",
)
"""Added to the second step where a number is on the Business app."""

_STAYS = Both(
    "Wird nur von Hand geschrieben, {kann das Konto|können die Konten} in der WhatsApp-Business-App bleiben:"
    " ohne Programme, und ohne Massenversand mit Broadcast-Listen, Begrüßungs- oder Abwesenheitsnachrichten.",
    "Where people write by hand only, {the account|the accounts} can stay in the WhatsApp Business app:"
    " without tools, and without bulk sending by broadcast lists, greeting or away messages.",
)
_TEXTS = {
    Destination.PLATFORM: _Texts(
        Both("Umzug auf die WhatsApp-Business-Plattform", "Move to the WhatsApp Business Platform"),
        Both("auf die WhatsApp-Business-Plattform", "to the WhatsApp Business Platform"),
        Both(
            "Automatisch oder in Massen senden {darf dieses Konto|dürfen diese Konten} nur dort. Soll weiter"
            " so gesendet werden, {zieht die Nummer|ziehen die Nummern} so um:",
            "Only there {may this account|may these accounts} send automatically or in bulk. If that is to"
            " go on, move {the number|the numbers} like this:",
        ),
        (
            Both(
                "Legen Sie bei Meta ein Unternehmenskonto an (business.facebook.com), und lassen Sie das"
                " Unternehmen verifizieren. Das kann Tage dauern; fangen Sie damit an.",
                "Open a business account with Meta (business.facebook.com), and have the company verified."
                " That may take days; begin with it.",
            ),
            Both(
                "Wählen Sie den kostenpflichtigen Zugang: über einen Anbieter (Business Solution Provider)"
                " oder direkt bei Meta.",
                "Choose the paid access: through a provider (Business Solution Provider) or directly with"
                " Meta.",
            ),
            Both(
                "Sichern Sie die Chats, und löschen Sie {das Konto|jedes Konto} in der App (Einstellungen →"
                " Konto → Konto löschen). Vorher nimmt die Plattform die Nummer nicht an; Chats und Gruppen"
                " ziehen nicht mit um.",
                "Back the chats up, and delete {the account|each account} in the app (Settings → Account →"
                " Delete account). Before that the Platform does not take the number; chats and groups do"
                " not move along.",
            ),
            Both(
                "Melden Sie {die Nummer|jede Nummer} auf der Plattform an; der Code kommt per SMS oder"
                " Anruf.",
                "Register {the number|each number} on the Platform; the code comes by text message or call.",
            ),
            Both(
                "Lassen Sie Ihre Nachrichten als Vorlagen genehmigen, und senden Sie nur an Menschen, die"
                " eingewilligt haben.",
                "Have your messages approved as templates, and send only to people who have consented.",
            ),
            Both(
                "Stellen Sie den Versand auf die Plattform um, und sagen Sie dem Betriebsteam Bescheid, damit"
                " es den Eintrag des Kontos ändert<; drücken Sie dann „Wir haben umgestellt“|>. Als umgezogen"
                " gilt {das Konto|ein Konto}, sobald Daten der Plattform es belegen.",
                "Point the sending at the Platform, and tell the operators, so that they change the"
                " account's entry<; then press “We have changed over”|>. {The account|An account} counts as"
                " moved as soon as data of the Platform prove it.",
            ),
        ),
        Both(
            "Automatisch oder in Massen senden {darf dieses Konto|dürfen diese Konten} nur dort. Der erste"
            " Schritt ist ein Unternehmenskonto bei Meta (business.facebook.com); das Betriebsteam hilft"
            " dabei.",
            "Only there {may this account|may these accounts} send automatically or in bulk. The first step"
            " is a business account with Meta (business.facebook.com); the operators help you with it.",
        ),
    ),
    Destination.APP: _Texts(
        Both("Umzug in die WhatsApp-Business-App", "Move to the WhatsApp Business app"),
        Both("in die WhatsApp-Business-App", "to the WhatsApp Business app"),
        Both(
            "Nach den Messwerten wird hier von Hand geschrieben. Dafür {gehört die Nummer|gehören die"
            " Nummern} eines Unternehmens in die kostenlose WhatsApp-Business-App:",
            "By the figures people write by hand here. For that a company's {number belongs|numbers belong}"
            " in the free WhatsApp Business app:",
        ),
        (
            Both(
                "Sichern Sie die Chats (Einstellungen → Chats → Chat-Backup), und installieren Sie die App"
                " auf demselben Telefon.",
                "Back the chats up (Settings → Chats → Chat backup), and install the app on the same phone.",
            ),
            Both(
                "Melden Sie sich mit derselben Nummer an, und lassen Sie die Chats übernehmen. In der"
                " bisherigen App ist die Nummer danach abgemeldet.",
                "Sign in with the same number, and let the app take the chats over. In the old app the number"
                " is signed out after that.",
            ),
            Both(
                "Schreiben Sie weiter von Hand. Auch dort ist Massenversand nicht erlaubt, weder mit"
                " Broadcast-Listen noch mit Begrüßungs- und Abwesenheitsnachrichten.",
                "Go on writing by hand. Bulk sending is not allowed there either, be it by broadcast lists or"
                " by greeting and away messages.",
            ),
            Both(
                "Sagen Sie dem Betriebsteam Bescheid, damit es die Kontoart ändert<; drücken Sie dann „Wir"
                " haben umgestellt“|>.",
                "Tell the operators, so that they change the kind of account<; then press “We have changed"
                " over”|>.",
            ),
        ),
        Both(
            "Wird von Hand geschrieben, {gehört die Nummer|gehören die Nummern} eines Unternehmens dorthin."
            " Der erste Schritt ist, die App zu installieren und sich mit derselben Nummer anzumelden.",
            "Where people write by hand, a company's {number belongs|numbers belong} there. The first step is"
            " to install the app and to sign in with the same number.",
        ),
    ),
    Destination.STAY: _Texts(
        Both("Kein Umzug nötig", "No move needed"),
        Both("nicht nötig", "not needed"),
        _STAYS,
        (),
        _STAYS,
    ),
}
_COUNT = Both("({ein Konto|{n} Konten})", "({one account|{n} accounts})")


def destination(facts: AlertFacts, stage: Stage) -> Destination | None:
    """Where one account should move; None where it is there, or where how it sends is not known."""
    kind, verdict = facts.get("kind"), facts.get("verdict")
    if kind == Kind.BUSINESS_PLATFORM:
        return None
    app = Destination.STAY if kind == Kind.BUSINESS_APP else Destination.APP
    if verdict in _MACHINE:
        return Destination.PLATFORM
    if facts.get("by_hand") and app is Destination.STAY:
        return app  # the app's own greetings and lists, which a person switches off
    if facts.get("campaign_name"):
        return Destination.PLATFORM
    if verdict in _BY_HAND or facts.get("no_data") in _FEW:
        return app
    return (
        None if stage is Stage.FOUND else Destination.PLATFORM
    )  # all others are about sending that is known


def name(where: Destination, language: Language) -> str:
    """A destination as it stands beside an account."""
    return _TEXTS[where].name.in_(language)


def paragraphs(
    facts: Sequence[AlertFacts], stage: Stage, language: Language, *, steps: bool, buttons: bool
) -> Iterator[str]:
    """One paragraph a destination; each names how many accounts it is for where there are several."""
    there = {where: [one for one in facts if destination(one, stage) is where] for where in Destination}
    wanted = {where: some for where, some in there.items() if some}
    for where, some in wanted.items():
        said, number = _TEXTS[where], _accounts(some)

        def phrase(text: Both, number: int = number) -> str:
            return put(text.in_(language), number, words.number(number, language), buttons=buttons)

        count = " " + phrase(_COUNT) if len(wanted) > 1 else ""
        heading = f"*{said.heading.in_(language)}{count}:*"
        if not (steps and said.steps):
            yield f"{heading} {phrase(said.short)}"
            continue
        listed = [f"{number}. {phrase(step)}" for number, step in enumerate(said.steps, start=1)]
        if where is Destination.PLATFORM and any(one.get("kind") == Kind.BUSINESS_APP for one in some):
            listed[1] += " " + phrase(_TAKE_OVER)
        yield "\n".join([f"{heading} {phrase(said.lead)}", *listed])


def _accounts(facts: Sequence[AlertFacts]) -> int:
    """How many accounts these are; what has no number counts by itself."""
    return len({one.get("account_number") or f"#{position}" for position, one in enumerate(facts)})
