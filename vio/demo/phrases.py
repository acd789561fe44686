"""What the people of the demo write: check-in notes, the team's words on alerts and calls, notes of the evenings. No names."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

CHECKIN_NOTES: Mapping[str, tuple[str, ...]] = {
    "low": (
        "Rough night. I kept waking up and thinking about it.",
        "Argued with my sister, still shaking a bit.",
        "Walked past the old place after work. Did not go in, but it was close.",
        "Tired of everything today.",
        "Nothing went right at work. I just want to be home.",
        "Pay day. That used to be the day.",
    ),
    "even": (
        "An ordinary day. Coffee with my sponsor.",
        "Slept all right. A bit restless before group.",
        "The breathing exercise helped on the bus.",
        "Busy at work, so not much time to think.",
        "Thought about calling somebody, then the urge passed.",
        "Kids are with me this week. Loud, but good.",
    ),
    "good": (
        "Thirty days tomorrow.",
        "Cooked for friends, nobody drank.",
        "Went running before breakfast.",
        "My boss noticed. That felt good.",
        "First weekend in a long time that I remember completely.",
        "Told my mother about the group. She was glad.",
    ),
}

ALERT_CONTACTS = (
    "Called back within minutes. Client is at home with a relative, no plan and no means, will come tonight.",
    "Spoke by phone for ten minutes. Went through the safety plan together; agreed to talk again tomorrow.",
    "Reached on the second try. Upset after a quarrel, calmer by the end of the call. Knows to dial 988.",
    "Talked before group. Client asked for a shorter evening and stayed all the same.",
)
ALERT_ENDINGS = (
    "Seen in group and spoken with afterwards. No present danger. Plan updated.",
    "Individual session held. Triggers of the week named, two coping steps agreed.",
    "Follow-up call next day: slept, mood better. Back to the usual schedule.",
    "Discussed in the team meeting. Dose stays as it is, a weekly call is added.",
    "A hard day after a bad night, no use. Client feels supported.",
    "Talked through the urge and what had come before it. Sponsor was called as well.",
)
CALL_NOTES = {
    "reached": (
        "Sorry to have missed it; overtime at work. Will be there tomorrow.",
        "Was ill with a fever. Feels better, no use.",
        "Could not find child care. We looked for a way for next week.",
        "The phone had no data left. Will use the library next time.",
    ),
    "message_left": ("Asked to call back. Nothing about where we call from.",),
    "no_answer": ("Rang for a minute.", "Went to voice mail at once, no message left."),
    "wrong_number": ("A stranger answered; number to be corrected.",),
}
CLOSING = "Letter sent to the address on file, no answer in two weeks. Discussed with the supervisor."
EXCUSES = (
    "Medical appointment, told us the day before.",
    "Court date, papers seen.",
    "Shift could not be changed; agreed in advance.",
    "Sick child at home.",
)
CORRECTIONS = (
    "Was on the phone line for this time while the picture was being repaired; both facilitators heard the client.",
    "Connection broke on our side; the client stayed reachable in chat.",
)
DISPUTE = "I was there from the beginning, my phone only lost the network for a moment."
DISPUTE_ANSWER = (
    "You are right, and thank you for telling us. Your line was gone for a short time only; we added it."
)

TOPICS: Mapping[str, tuple[str, ...]] = {
    "group_therapy": (
        "High-risk situations of the coming days",
        "Asking for help before it is urgent",
        "Trust, and what has damaged it",
        "Shame and what keeps it alive",
    ),
    "multifamily": (
        "How relatives notice change",
        "Boundaries that hold at home",
        "Talking about use without blame",
    ),
    "skills": (
        "Refusing an offer in one sentence",
        "Sleep as a part of recovery",
        "Riding out an urge",
        "Money, pay day and planning",
    ),
    "psychoeducation": (
        "What substances do to sleep and mood",
        "The course of craving over twenty minutes",
        "Planning the weekend",
        "Early warning signs",
    ),
}
INTERVENTIONS = (
    "Check-in round, then work in pairs and a shared chart of triggers. Role play with feedback from the group.",
    "Short input, guided exercise of ten minutes, discussion in the whole group.",
    "Motivational questions, decision balance on the board, each person named one step for tonight.",
    "Cognitive model explained with an example from the group, then each person filled in their own sheet.",
)
PROCESSES = (
    "The group was lively and careful with each other; quieter voices were brought in by peers.",
    "A slow start, then open talk after the break. Some tension about punctuality was named and settled.",
    "Warm evening with a lot of humour. One hard story was held well by the group.",
    "Attentive, a little tired. The break was needed.",
)
GROUP_PLANS = (
    "Take up the open questions next time. Remind everybody of the daily check-in.",
    "Bring the sheet back on Monday. Look at the weekend plan together.",
    "Continue with the second half of the topic.",
)
PARTICIPATION = (
    "Took part actively and gave feedback to others.",
    "Listened for the first half, spoke at length after the break.",
    "Spoke when asked, attentive throughout.",
    "Shared an example of their own early and stayed engaged.",
    "Quiet tonight, followed by eye contact and short answers.",
)
RESPONSES = (
    "Could name two early signs and one person to call.",
    "Found the exercise hard at first, then useful; wants to repeat it at home.",
    "Recognised the pattern in last week's events without being prompted.",
    "Doubtful about the method, willing to try it until the next group.",
    "Showed relief at hearing that others know the same thoughts.",
)
RISKS = (
    "No thoughts of self-harm stated. Urge low to moderate.",
    "Denies use since the last group. No present risk seen.",
    "Urges stronger this week; safety plan reviewed, support at home.",
)
GOALS = (
    "Goal 1: attend four evenings a week.",
    "Goal 2: reach the weekend without use.",
    "Goal 3: rebuild a daily rhythm.",
)
CLIENT_PLANS = (
    "Practise the exercise once a day; bring one example.",
    "Call a support person before Friday evening.",
    "Individual session this week.",
    "Keep the schedule; daily check-in.",
)


def group_note(service_type: str, random: Random) -> dict[str, str]:
    """The texts of one group note."""
    topics = TOPICS.get(service_type, TOPICS["group_therapy"])
    return {
        "topic": random.choice(topics),
        "intervention": random.choice(INTERVENTIONS),
        "process": random.choice(PROCESSES),
        "plan": random.choice(GROUP_PLANS),
    }


def client_note(random: Random) -> dict[str, str]:
    """The texts of one client's note."""
    return {
        "participation": random.choice(PARTICIPATION),
        "response": random.choice(RESPONSES),
        "risk": random.choice(RISKS),
        "goal": random.choice(GOALS),
        "plan": random.choice(CLIENT_PLANS),
    }
