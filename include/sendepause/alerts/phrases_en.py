"""What is said at each stage, in English."""

from sendepause.alerts.phrases import Frame, Phrases
from sendepause.model import Stage

FRAME = Frame(
    continued_title="Continued from today: {}",
    reminder_title="Reminder: {}",
    last_title="Last reminder: {}",
    pause_title="Last reminder: {} {a campaign is|{n} campaigns are} paused",
    unanswered_title="No answer: {}",
    continued="This has come since today's message.",
    reminder="Sendepause has told this before; it still holds.",
    last="This is the last reminder.",
    before_pause="This is the last reminder before the pause.",
    unanswered="No answer yet from: {}.",
    unanswered_by="The owner has not answered yet.",
    today="today",
    tomorrow="tomorrow",
    date="Deadline",
    date_past="Rule",
    no_date="What it means",
    asked="To do",
    then="What happens next",
    for_backup="You read this because you stand in: ask the owner, or take care of it yourself.",
    for_operators="Reach the owner in another way, and settle who takes care of it. If somebody else is in"
    " charge, put that into `owners.yaml`. What they were asked: “{}”",
    or_wait="{You may also wait for the pause|Where a pause is named, you may also wait for it}; nothing is"
    " deleted by it.",
    hold="If you need more time, ask the operators for a hold; it ends before the deadline as well.",
    press_done="• Done: “We have changed over”. Sendepause checks that in the data.",
    press_stopped="• Program switched off or account moved: “We have changed over”. Sendepause checks that"
    " in the data.",
    press_moved="• {Account|An account} moved: “We have changed over”. Sendepause checks that in the data.",
    press_hold="• More time needed: “Request a hold”. A hold ends before the deadline as well.",
    press_read="• Otherwise: “Read”. Then Sendepause knows that the message has arrived.",
    no_answer="If nobody answers, Sendepause asks whoever stands in for you, or the operators.",
    link="Decide in Airflow",
    part="Part {} of {}",
    part_head="{}: the list goes on. What it is about is in part 1.",
    as_of="As of {}",
    rule="Rule: “{}”",
    about="Sendepause is a program of your company; the operators answer your questions",
    in_zone="by the clock of {}",
    campaign="Campaign: {}",
    in_system="in the campaign system {}",
    system="Campaign system: {}",
    owner="Owner: {}",
    reasons="Reason: {}",
    finding="Finding: {}",
    no_data="Data: {}",
    changed="Last changed: {}",
    changed_by="by {}",
    hold_until="Hold: until {}",
    asked_by="Requested by: {}",
    pause_from="Pause: from {}, if the campaign is still running then",
    pause_latest="Pause: from {} at the latest, if the campaign is still running then",
    pause_again="Next pause: {}, if the campaign is still running then",
    pause_now="Next pause: at the next run, within 10 minutes",
    no_pause="Pause: Sendepause does not pause this kind of account; please stop the campaign yourself",
    pauses="Pauses that are owed: {}",
    messages="Messages that did not arrive: {}",
    detail="Stated: {}",
    error="The system says: {}",
    key="Key: {}",
    checklist="Please do this in the app: Business tools → greeting message off, away message off; cancel"
    " scheduled broadcasts, leave broadcast lists unused; Settings → Linked devices → log out every device"
    " that no person sits in front of. Then please confirm it to the operators",
    under_way="Still under way: {} runs that had begun and may go on sending",
    senders="Sends through: {}",
    also="Also named: {}",
    destination="Move: {}",
)

_BAN = "otherwise WhatsApp may ban the number"
_DONE = "<|Then let the operators know.>"
_WRONG = "If the finding is wrong, please tell the operators that too."

PHRASES: dict[Stage, Phrases] = {
    Stage.FOUND: Phrases(
        "Conspicuous sending: {one account|{n} accounts}",
        "The sending of {one account|{n} accounts} stands out",
        "Something stood out in how {this account sends|these accounts send}. What was measured is given"
        " with the account.",
        "[From the deadline on|Since then], WhatsApp [takes|has taken] action against automated and bulk"
        " sending, up to a ban of the number.",
        "Check whether a tool is sending from {the account|these accounts}, and tell the operators which."
        f" {_WRONG}",
        "Find out with the owner whether a tool is sending. If so, add it to `campaign_systems.yaml`.",
        "Sendepause measures again every day[, and writes once more before the deadline if the figures"
        " point to automated or bulk sending|]. It can only pause campaigns that it knows.",
    ),
    Stage.WARNED: Phrases(
        "Notice: {a campaign|{n} campaigns} will soon have to stop sending",
        "{A campaign|{n} campaigns} will soon have to stop sending",
        "{This campaign sends|These campaigns send} automatically from {an account|accounts} where that is"
        " not allowed.",
        f"From the deadline on, {{the campaign|the campaigns}} must no longer run; {_BAN}.",
        f"Stop {{the campaign|the campaigns}} yourself, by the deadline at the latest. {_DONE}",
        "Be ready for the owners' questions, and decide on requests for a hold.",
        "Sendepause reminds you as long as {the campaign|one of the campaigns} is running, and tells you of"
        " each pause.",
    ),
    Stage.LAST_CALL: Phrases(
        "Last call: stop the sending yourself ({one case|{n} cases})",
        "In {one case|{n} cases} the sending still has to stop",
        "{Here|In these cases} messages are still sent automatically or in bulk, as far as is known."
        " Sendepause does not pause this itself; why, is given with the account.",
        f"[From the deadline on, nothing may be sent automatically or in bulk here|Nothing may be sent"
        f" automatically or in bulk here any more]; {_BAN}.",
        f"Switch the tool or the campaign off yourself [by the deadline|at once]. {_DONE} {_WRONG}",
        "Keep asking the owner until the sending has stopped. If they name a tool, add it to"
        " `campaign_systems.yaml`.",
        "[If messages are still sent after that, Sendepause reports a breach.|Sendepause treats the case"
        " as a possible breach until nothing is sent any more.]",
    ),
    Stage.PAUSED: Phrases(
        "Paused: {a campaign|{n} campaigns}",
        "{A campaign is|{n} campaigns are} paused",
        "Sendepause paused {this campaign|these campaigns}, and read back from the campaign system that"
        " the pause holds. Nothing was deleted; messages that had already been handed over may still go"
        " out.",
        "[As long as the pause holds, the deadline is met for {this campaign|these campaigns}.|Since then,"
        " {the campaign has|the campaigns have} not been allowed to send from"
        " {this account|these accounts}.]",
        "Leave {the campaign|the campaigns} paused. If you think that the pause is a mistake, turn to the"
        " operators.",
        "Nothing needs doing at present.",
        "Every 10 minutes Sendepause checks that the pause still holds, and lets you know if {the"
        " campaign|a campaign} is running again. It switches nothing on again by itself.",
    ),
    Stage.NOT_PAUSED: Phrases(
        "Pause not confirmed: {a campaign|{n} campaigns}",
        "{A pause is|{n} pauses are} not confirmed",
        "{This campaign has|These campaigns have} to be paused. That the pause holds is not confirmed; why,"
        " is given with the account.",
        "[The deadline is at risk: without a confirmation {the campaign counts|each of the campaigns"
        " counts} as running.|Without a confirmation {the campaign counts|each of the campaigns counts} as"
        " running, which would be a breach.]",
        "Please pause {the campaign|the campaigns} yourself in the campaign system. If you cannot, let the"
        " operators know at once.",
        "Restore the connection to the campaign system, or pause there by hand. `sendepause check` tells"
        " what is missing.",
        "Sendepause tries again every 10 minutes, and lets you know as soon as the pause holds.",
    ),
    Stage.UNDONE: Phrases(
        "Switched on again: {a campaign|{n} campaigns}",
        "{A paused campaign is|{n} paused campaigns are} running again",
        "Sendepause had paused {this campaign|these campaigns}. Now {it is|they are} running again.",
        "[If {it is|they are} still running on the deadline, that is|That is] a breach of the rule, and"
        " WhatsApp may ban the number.",
        f"Pause {{the campaign|the campaigns}} again, or tell the operators why {{it has|they have}} to"
        f" run. {_DONE}",
        "Ask for the reason. Until the deadline a hold can be requested: `sendepause hold CAMPAIGN --until"
        " TIME --reason TEXT`.",
        "Sendepause [does not pause {it|them} again at once, but only when no more than 24 hours are left"
        " before the deadline|pauses {it|them} again at the next run, within 10 minutes].",
    ),
    Stage.SILENCE_CONFIRMED: Phrases(
        "Silence confirmed: {one account|{n} accounts}",
        "The silence of {one account|{n} accounts} is confirmed",
        "Since the pause {this account has sent nothing|none of these accounts has sent anything}"
        " automatically.",
        "So the pause is proved twice: by the campaign system and by the measurement.",
        "Nothing needs doing.",
        "Nothing needs doing.",
        "Sendepause goes on measuring, and lets you know if sending starts again.",
    ),
    Stage.UNKNOWN_AUTOMATION: Phrases(
        "Account unknown: {a campaign|{n} campaigns}",
        "The account of {a campaign|{n} campaigns} is unknown",
        "{This campaign is|These campaigns are} running, and it is not known from which account: the"
        " number is not in the list of accounts.",
        "Sendepause only pauses campaigns whose account it knows for certain. If {this one|one of them}"
        " sends from a personal account on the deadline, that is a breach.",
        "Tell the operators which account {the campaign sends|the campaigns send} from.",
        "Assign {the campaign|the campaigns}: by the mark `account:+49…` in the campaign system or under"
        " `accounts` in `campaign_systems.yaml`, and add the account to `accounts.yaml`. What sends nothing"
        " over WhatsApp gets `null` there.",
        "Once the account is known, Sendepause decides at the next run, as for any other campaign.",
    ),
    Stage.NO_DATA: Phrases(
        "No current data: {one account|{n} accounts}",
        "Current data of {one account|{n} accounts} are missing",
        "There are no current or no clear data for {this account|these accounts}. How messages are sent"
        " cannot be measured for certain.",
        "Without data an account does not count as clear; a breach [on the deadline could"
        " not|cannot] be ruled out.",
        "Give the operators a current chat export of {the account|each account}, or tell them how {the"
        " account|each account} is used.",
        "Connect a source, or get the existing one going again. `sendepause check` lists the gaps.",
        "As soon as there are data, Sendepause measures again and lets you know if anything stands out. It"
        " pauses known campaigns even without data.",
    ),
    Stage.CONTRADICTION: Phrases(
        "Account in doubt: {one account|{n} accounts}",
        "{One account is|{n} accounts are} in doubt",
        "What is declared for {this account|these accounts} does not fit what the data and the campaign"
        " systems show.",
        "Until this is settled, the stricter kind counts: it decides what is announced and paused.",
        "Check which app or platform {the number|each number} really runs on and which campaigns send from"
        " it, and tell the operators.",
        "Settle it with the owner, and correct the kind of account in `accounts.yaml`, or the campaign's"
        " mark.",
        "After the correction Sendepause decides anew at the next run.",
    ),
    Stage.HOLD_ASKED: Phrases(
        "Hold requested: {a campaign|{n} campaigns}",
        "{A hold is|{n} holds are} requested",
        "A hold has been requested for {this campaign|these campaigns}.",
        "Until it is granted, it is not in force: announced pauses stay due.",
        "Nothing needs doing; the operators decide.",
        "Grant the request in Airflow under `sendepause_approve` or with `sendepause approve KEY`, or let it"
        " lapse. Whoever made it cannot grant it themselves.",
        "If it is granted, the owner is told. Otherwise everything stays as it is.",
    ),
    Stage.HOLD_GRANTED: Phrases(
        "Hold granted: {a campaign|{n} campaigns}",
        "{A hold is|{n} holds are} granted",
        "{This campaign|These campaigns} may go on running for now.",
        "The hold ends by itself before the rule comes into force.",
        "Use the time for the move, or stop {the campaign|the campaigns} before the hold ends.",
        "Nothing needs doing.",
        "Sendepause reminds you before the hold ends. After that it is again: first the notice, then the"
        " pause.",
    ),
    Stage.HOLD_ENDS: Phrases(
        "Hold ends soon: {a campaign|{n} campaigns}",
        "{A hold is|{n} holds are} about to end",
        "The hold for {this campaign|these campaigns} is about to end.",
        f"From the deadline on, {{the campaign|the campaigns}} must no longer run; {_BAN}.",
        f"Finish the move, or stop {{the campaign|the campaigns}} yourself. {_DONE}",
        "Ask whether the move will be finished in time. A new hold is asked for in Airflow under"
        " `sendepause_hold`, or with `sendepause hold`.",
        "If anything is still running then, Sendepause announces the pause once more. It pauses on the next"
        " day at the earliest, and at the latest 24 hours before the deadline.",
    ),
    Stage.MOVED: Phrases(
        "Moved: {a campaign|{n} campaigns} can run again",
        "{A campaign that moved|{n} campaigns that moved} can run again",
        "{The account of this campaign is|The accounts of these campaigns are} on the WhatsApp Business"
        " Platform now.",
        "Automated sending is allowed there under the Platform's rules; the deadline no longer concerns"
        " {the account|these accounts}.",
        "Mind the Platform's rules, above all on templates and consent. Whether {the campaign is|the"
        " campaigns are} to run again, the operators decide.",
        "Approve the resume in Airflow under `sendepause_approve`, or with `sendepause approve KEY`. The"
        " question names the version and what has piled up.",
        "Without an approval the pause stays. Sendepause only ever switches on what it paused itself.",
    ),
    Stage.RESUMED: Phrases(
        "Released: {a campaign|{n} campaigns}",
        "{A campaign is|{n} campaigns are} released",
        "Sendepause lifted its own pause of {this campaign|these campaigns}.",
        "The rule no longer demands this pause.",
        "See whether {the campaign|each campaign} runs as you want it to.",
        "Nothing needs doing.",
        "If a pause becomes necessary again, Sendepause announces it.",
    ),
    Stage.SOURCE_ILL: Phrases(
        "Out of order: {a connection or file|{n} connections or files}",
        "{A connection or file is|{n} connections or files are} out of order",
        "{Here|In these places} Sendepause gets nothing usable at present.",
        "In a campaign system that is out of reach nothing can be paused. Accounts without current data"
        " have no finding and do not count as clear.",
        "Give the operators a current chat export if the data come from you.",
        "Mend it. `sendepause check` tells what is missing.",
        "Sendepause tries again at every run; everything else goes on.",
    ),
    Stage.UNDELIVERABLE: Phrases(
        "Undeliverable: {a Slack channel|{n} Slack channels}",
        "{A Slack channel is|{n} Slack channels are} out of reach",
        "Sendepause cannot post to {this Slack channel|these Slack channels}.",
        "Whoever gets no notice learns of a pause only afterwards.",
        "Invite Sendepause to the channel, or name another one to the operators.",
        "Invite Sendepause to the channel with `/invite`, or put another one into `owners.yaml`. Until"
        " then, pass important messages on yourself.",
        "Sendepause tries again by itself every 6 hours.",
    ),
    Stage.GUARD_STOPPED: Phrases(
        "Approval needed: {a pause is|{n} pauses are} waiting",
        "{A pause is|{n} pauses are} waiting for approval",
        "Nobody announced {this pause|these pauses}, or the account or its kind is not certain. So {it"
        " is|they are} waiting for your approval.",
        "What was announced or approved is paused. [What waits goes on running and puts the deadline at"
        " risk.|What waits goes on running although the rule is in force.]",
        "Nothing needs doing; the operators decide.",
        "Look at the plan with `sendepause plan`. Approve with `sendepause approve KEY` or in Airflow under"
        " `sendepause_approve`, or correct the configuration.",
        "If nobody answers, the default under `guard` in `policy.yaml` applies [shortly before the"
        " deadline|after some hours].",
    ),
    Stage.HALT_STILL_ON: Phrases(
        "Alarm: acting is still switched off",
        "Acting is still switched off",
        "Sendepause is pausing nothing at present: the halt is on, or the rehearsal is still running.",
        "[If it stays like this, campaigns go on sending on the deadline|Campaigns go on sending],"
        " although the rule forbids it.",
        "Turn to the operators.",
        "End the rehearsal with `sendepause act on` or the halt with `sendepause halt off`, or pause by"
        " hand.",
        "After that, Sendepause pauses at the next run what is due.",
    ),
    Stage.BREACH: Phrases(
        "Possible breach: {one case|{n} cases}",
        "{One breach is|{n} breaches are} possible",
        "{Here|In these cases} a campaign was still running when the rule was in force, or the figures of"
        " the last weeks point to automated or bulk sending.",
        "WhatsApp may ban the number and take legal action.",
        f"Switch the tool or the campaign off at once. {_DONE} {_WRONG}",
        "See to it that nothing sends any more, by hand in the campaign system if need be, and note the"
        " cause.",
        "Sendepause pauses every campaign that it knows and can reach, and goes on measuring.",
    ),
}

UNPROVEN = Phrases(
    "Pause not proved yet: {one campaign|{n} campaigns}",
    "{One pause is|{n} pauses are} not proved yet",
    "{This campaign is|These campaigns are} paused. The data at hand do not show yet whether anything"
    " automated has gone out since.",
    "The campaign system confirms {the pause|the pauses}. The second proof is missing: that {the account|each"
    " account} has been silent since. Without it a breach [on the deadline could not|cannot] be ruled out.",
    "Give the operators a chat export of the time after the pause. What exactly helps is told at {the"
    " campaign|each campaign}.",
    "Connect a source that reaches beyond the pause, or get the existing one going again. `sendepause check`"
    " lists the gaps.",
    "As soon as there are data, Sendepause checks whether {the account|each account} has been silent since"
    " the pause, and tells you what they show.",
)
"""Instead of what is said of missing data, where they are missed as the proof of pauses alone."""
