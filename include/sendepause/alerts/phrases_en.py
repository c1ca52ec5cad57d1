"""What is said at each stage, in English."""

from sendepause.alerts.phrases import Frame, Phrases
from sendepause.model import Stage

FRAME = Frame(
    date="About the date",
    asked="To do",
    then="What happens next",
    part="Part {} of {}",
    as_of="As of {}",
    in_zone="by the clock of {}",
    campaign="Campaign: {}",
    in_system="in {}",
    system="Campaign system: {}",
    kind="Kind of account: {}",
    reasons="Reasons: {}",
    verdict="Finding: {}",
    no_data="Data: {}",
    changed="Last changed {}",
    changed_by="by {}",
    changed_at="on {}",
    hold_until="Hold until {}",
    items="Affected: {}",
    detail="Details: {}",
    error="The system says: {}",
)

_MOVE = (
    "If the sending is to go on after the date, move it to the WhatsApp Business Platform; only there is"
    " automated sending allowed."
)
_HOLD = "If you need more time, ask the operators for a temporary hold; it ends before the date as well."

PHRASES: dict[Stage, Phrases] = {
    Stage.FOUND: Phrases(
        "Conspicuous sending: {one account|{n} findings}",
        "We found automated or bulk sending on {this account|these accounts}.",
        "From the date on, action is taken against such sending from WhatsApp and the WhatsApp Business"
        " app, up to"
        " a ban of the number.",
        f"Check whether the finding is right and which tool is sending. {_MOVE}",
        "Find out with the owner which tool is sending, and connect it as a campaign system.",
        "We remind you again before the date. A known campaign on a personal account is announced in time"
        " and then"
        " paused.",
    ),
    Stage.WARNED: Phrases(
        "Notice: {a campaign|{n} campaigns} will be paused",
        "{This campaign sends by itself from an account|These campaigns send by themselves from accounts}"
        " where that"
        " is not allowed.",
        "On the date {it|none of them} may {no longer run|run any more}.",
        f"Stop {{the campaign|the campaigns}} yourself, or change over in time. {_MOVE} {_HOLD}",
        "Be ready for the owners' questions, and decide on the holds that are asked for.",
        "If {it is|one of them is} still running in the pausing period, we pause it and let you know.",
    ),
    Stage.LAST_CALL: Phrases(
        "Last call: {a campaign is|{n} campaigns are} about to be paused",
        "{This campaign is|These campaigns are} still running, and the pause is imminent.",
        "The time that is left before the date allows no further delay.",
        f"Stop {{the campaign|the campaigns}} yourself now if you want to choose the moment. {_MOVE}",
        "Make sure that the campaign systems can be reached and that acting is switched on.",
        "At the next run that is due we pause, and check that nothing is being sent any more.",
    ),
    Stage.PAUSED: Phrases(
        "Paused: {a campaign|{n} campaigns}",
        "We paused {this campaign|these campaigns} and read the state back from the campaign system.",
        "As long as the pause holds, {this campaign does|these campaigns do} not break the rule.",
        f"Do not switch {{it|them}} on again. {_MOVE}",
        "Nothing needs doing at present.",
        "We keep checking the pause until the date and after it, and tell you once the account has fallen"
        " silent as"
        " well. Only what we paused ourselves is ever resumed.",
    ),
    Stage.NOT_PAUSED: Phrases(
        "Pause failed: {a campaign|{n} campaigns}",
        "{This campaign was|These campaigns were} to be paused; the pause is not confirmed.",
        "The date is at risk: {the campaign counts|the campaigns count} as running until the system"
        " confirms the"
        " pause.",
        "Pause {the campaign|the campaigns} yourself in the campaign system.",
        "Restore the connection to the campaign system, or pause there by hand. `sendepause check` tells"
        " what is"
        " missing.",
        "We try again at every run, and speak up more urgently as the date comes near.",
    ),
    Stage.UNDONE: Phrases(
        "Switched on again: {a campaign|{n} campaigns}",
        "We had paused {this campaign, and it is|these campaigns, and they are} running again.",
        "If {it is|they are} still running on the date, the rule is broken.",
        f"Switch {{it|them}} off again, or tell the operators why {{it has|they have}} to run. {_HOLD}",
        "Ask for the reason. Record a hold with `sendepause hold CAMPAIGN --until TIME --reason TEXT`.",
        "We pause again only while the rule demands it, no later than 24 hours before the date.",
    ),
    Stage.SILENCE_CONFIRMED: Phrases(
        "Silence confirmed: {one account|{n} accounts}",
        "{This account has|These accounts have} sent nothing automated since the pause.",
        "So the pause is proved twice: by the state in the campaign system and by the company's own data.",
        "Nothing needs doing.",
        "Nothing needs doing.",
        "We keep watching, and let you know if sending starts again.",
    ),
    Stage.UNKNOWN_AUTOMATION: Phrases(
        "Which tool is sending? {One account|{n} accounts}",
        "{This account sends|These accounts send} automatically or in bulk, and we know of no campaign"
        " behind it.",
        "What we do not know we cannot pause. On the date such sending would be a breach.",
        f"Tell the operators which tool it is, or switch it off yourself. {_MOVE}",
        "Find the tool together with the owner, and connect it as a campaign system.",
        "We ask again as the date comes near; in the end the board names who is taking care of it.",
    ),
    Stage.NO_DATA: Phrases(
        "No fresh data: {one account|{n} accounts}",
        "For {this account|these accounts} there are no data that a verdict could rest on.",
        "Without data an account does not count as clear; a breach on the date could not be ruled out.",
        "Hand in a fresh export, or tell the operators how the account is used.",
        "Connect a source, or get the existing one going again.",
        "As soon as there are data we audit the account and report the finding. Known campaigns are paused"
        " regardless.",
    ),
    Stage.CONTRADICTION: Phrases(
        "Kind of account in doubt: {one account|{n} accounts}",
        "The data of {this account|these accounts} do not fit the declared kind.",
        "Until this is settled the stricter kind counts, and warnings and pauses before the date follow it.",
        "Check which WhatsApp product the number really runs on, and tell the operators.",
        "Settle the kind with the owner, and correct the list of accounts.",
        "After the correction it is decided anew.",
    ),
    Stage.HOLD_ASKED: Phrases(
        "Hold requested: {a campaign|{n} campaigns}",
        "A temporary hold was requested for {this campaign|these campaigns}.",
        "Until it is decided on the hold is not in force; announced pauses stay due.",
        "Nothing needs doing; the operators decide.",
        "Decide on the request: in Airflow under `sendepause_approve`, or with `sendepause approve`.",
        "The owners are told of the decision.",
    ),
    Stage.HOLD_GRANTED: Phrases(
        "Hold granted: {a campaign|{n} campaigns}",
        "A temporary hold is in force for {this campaign|these campaigns}.",
        "The hold ends by itself before the rule comes into force.",
        f"Use the time for the move. {_MOVE}",
        "Nothing needs doing.",
        "We remind you before the hold ends. After that, notice and pause apply again.",
    ),
    Stage.HOLD_ENDS: Phrases(
        "Hold ends: {a campaign|{n} campaigns}",
        "The hold for {this campaign|these campaigns} is about to end.",
        "After that we pause, so that nothing sends by itself on the date.",
        f"Finish the move, or stop {{the campaign|the campaigns}} yourself. {_MOVE}",
        "Ask whether the move will be finished.",
        "When the hold ends we pause, and let you know.",
    ),
    Stage.MOVED: Phrases(
        "Moved: {one account|{n} accounts}",
        "{This account is|These accounts are} on the WhatsApp Business Platform now.",
        "Automated sending is allowed there by the Platform's own rules; the date no longer concerns"
        " {it|them}.",
        "Mind the Platform's rules, above all on templates and consent.",
        "Nothing needs doing.",
        "You hear from us only if data contradict the new kind.",
    ),
    Stage.RESUMED: Phrases(
        "Resumed: {a campaign|{n} campaigns}",
        "We lifted our own pause of {this campaign|these campaigns}.",
        "The rule no longer demands this pause.",
        "See whether {the campaign runs|each campaign runs} as you want it to.",
        "Nothing needs doing.",
        "If things change, we announce a new pause again.",
    ),
    Stage.SOURCE_ILL: Phrases(
        "Out of order: {a source or system|{n} sources or systems}",
        "No usable data arrive from {here|these places} at present.",
        "Accounts without fresh data lose their verdict and count as the riskier cases until the date; in a"
        " campaign system that is out of reach nothing can be paused.",
        "Hand in a fresh export if the data come from you.",
        "Mend it; `sendepause check` tells what is missing.",
        "We try again at every run; everything else goes on.",
    ),
    Stage.UNDELIVERABLE: Phrases(
        "Undeliverable: {a Slack channel|{n} Slack channels}",
        "We could not post to {this Slack channel|these Slack channels}; the messages did not arrive.",
        "Whoever was not told learns of a pause before the date only when it happens.",
        "Invite the app to the channel, or name another one to the operators.",
        "Invite the app to the channel, or configure another one; pass important messages on yourselves"
        " until then.",
        "Refused messages are tried again by themselves after some hours.",
    ),
    Stage.GUARD_STOPPED: Phrases(
        "Stopped: approval needed",
        "The plan holds more that nobody announced than may proceed unasked. The surprising parts are"
        " waiting.",
        "What was announced or approved goes on. The rest puts the date at risk as long as nobody decides.",
        "Nothing needs doing; the operators decide.",
        "Look at the plan with `sendepause plan` and release it with `sendepause approve`, or correct the"
        " configuration.",
        "We remind you, and shortly before the date the configured default applies.",
    ),
    Stage.HALT_STILL_ON: Phrases(
        "Alarm: acting is still switched off",
        "The halt switch is on, or the installation is still rehearsing. Nothing is being paused.",
        "If it stays like this, campaigns go on sending on the date although the rule forbids it.",
        "Turn to the operators; no pauses are being made at present.",
        "Switch acting on with `sendepause act on`, or lift the halt with `sendepause halt off`, or pause"
        " by hand.",
        "Once acting is switched on, the next run pauses what is due.",
    ),
    Stage.BREACH: Phrases(
        "Breach: {a campaign or an account|{n} cases}",
        "The rule is in force, and {here automated sending goes on|in these cases automated sending goes"
        " on}, or it"
        " cannot be ruled out.",
        "The number faces a ban and legal action.",
        f"Stop the sending at once. {_MOVE}",
        "Stop the sending at once, by hand in the campaign system if need be, and record the cause.",
        "We pause what can be reached, and keep the breach open in the ledger until it is mended.",
    ),
}
