"""Captions between real windows whose browser pretends to write speech down by itself; and in one that cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.devices import browser
from tests.browser.group import Group, menu
from tests.browser.visitors import Visitor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(300),
]
__all__ = ["browser"]

# What Chrome offers on a computer since version 139, without the part of its maker that knows a language.
WRITES = """
window.SpeechRecognition = class {
  static async available({ processLocally }) { return processLocally ? window.language ?? "available" : "unavailable"; }
  static async install() { window.language = "available"; return true; }
  get processLocally() { return this.stays === true; }
  set processLocally(stays) { this.stays = stays; }
  start(track) {
    if (!this.stays || track.kind !== "audio" || track.readyState !== "live") throw new Error("not like this");
    this.results = [];
    window.listening = this;
  }
  abort() { if (window.listening === this) window.listening = null; }
};
window.says = (transcript, isFinal) => {
  const { results } = window.listening;
  if (!results.length || results.at(-1).isFinal) results.push(null);
  results[results.length - 1] = Object.assign([{ transcript }], { isFinal });
  window.listening.onresult({ resultIndex: results.length - 1, results });
};
"""
FORGES = """
const Line = window.WebSocket;
window.WebSocket = class extends Line { constructor(...given) { super(...given); window.line = this; } };
window.forges = (text) => {
  const frame = { id: crypto.randomUUID(), type: "caption.say", line: 99, text, final: true };
  window.line.send(JSON.stringify(frame));
};
"""
"""A window whose program does not obey."""
CLOCK = "const since = performance.now.bind(performance); window.later = 0; performance.now = () => since() + window.later;"
ENDS = "() => { const ended = window.listening; window.listening = null; ended.onend(); }"
FETCHES = "window.language = 'downloadable';"
LINES = "[...document.querySelectorAll('[data-slot=caption-lines] > li')].map((line) => line.textContent)"


async def listens(visitor: Visitor, *, on: bool = True) -> None:
    await visitor.page.wait_for_function(f"() => Boolean(window.listening) === {str(on).lower()}")


async def reads(visitor: Visitor, *lines: str) -> None:
    await visitor.page.wait_for_function(f"(wanted) => JSON.stringify({LINES}) === wanted", arg=_json(lines))


def _json(lines: tuple[str, ...]) -> str:
    return "[" + ",".join(f'"{line}"' for line in lines) + "]"


async def captions(visitor: Visitor) -> None:
    await visitor.presses("Settings")
    await visitor.presses("Captions", within="#media")
    await visitor.presses("Close", within="#media")


async def test_who_reads_along_reads_what_others_say(group: Group, shots: Path) -> None:
    console, (phone, other) = await group.gathers(group.world.ana, group.world.ben, remembers=WRITES + FORGES)
    assert (
        await other.page.evaluate("window.listening ?? null") is None
    )  # nobody reads, nothing is written down
    await captions(phone)
    for visitor in (console, other):
        await visitor.sees("Somebody reads along")
        await listens(visitor)
    await listens(phone, on=False)

    # a line grows, and then stays
    await other.page.evaluate("says('I made', false)")
    await reads(phone, "Ben O. I made")
    await other.page.evaluate("says('I made it to day nine', true)")
    await reads(phone, "Ben O. I made it to day nine")
    await console.page.evaluate("says('Thank you for telling us', true)")
    await reads(phone, "Ben O. I made it to day nine", "Facilitator S. Thank you for telling us")
    assert await console.page.evaluate(LINES) == []
    await phone.shows_everything("room with captions")
    await phone.finds_no_barrier("room with captions")
    await phone.page.evaluate("scrollTo(0, 320)")
    await phone.shot("captions-phone", shots)
    await other.shot("captions-speaker", shots, full=True, theme="dark")
    await console.finds_no_barrier("console with captions")
    await console.shot("captions-console", shots, full=True)

    # muted: not heard, not written down, not read; heard again, read again
    await menu(console, "Ben Okafor")
    await console.presses("Mute", within='[data-slot=roster] li:has-text("Ben Okafor")')
    await other.sees("Your facilitator muted you")
    await listens(other, on=False)
    await other.page.evaluate("forges('You cannot silence me')")
    await other.presses("Muted")
    await listens(other)
    await other.page.evaluate("says('Me again', true)")
    await reads(
        phone, "Ben O. I made it to day nine", "Facilitator S. Thank you for telling us", "Ben O. Me again"
    )

    # whoever does not want to be read is not
    await other.presses("Do not show my words")
    await listens(other, on=False)
    await phone.sees("Not from Ben O.")
    await listens(console)

    # a window that is loaded anew goes on as it was
    phone.may_lose_network = other.may_lose_network = True
    await other.page.reload()
    await other.sees("Mic on")
    await listens(other, on=False)
    await phone.page.reload()
    await phone.sees("Not from Ben O.")
    await console.page.evaluate("says('Welcome back', true)")
    await reads(phone, "Facilitator S. Welcome back")

    # nobody reads any more, nothing is written down any more
    await captions(phone)
    await listens(console, on=False)

    # an observer reads too, and has no words of their own
    observer = await group.opens(group.world.supervisor, "desktop", remembers=WRITES)
    await observer.sees("Sound and picture")
    await captions(observer)
    await listens(console)
    await console.page.evaluate("says('Good evening', true)")
    await reads(observer, "Facilitator S. Good evening")
    assert not await observer.page.locator("[data-act=captions-own]").is_visible()


async def test_silence_ends_nothing_and_a_recogniser_that_does_not_work_is_left_in_peace(
    group: Group,
) -> None:
    console, (phone,) = await group.gathers(group.world.ana, remembers=WRITES + CLOCK)
    await captions(phone)
    for _ in range(7):  # each after a minute in which nobody said a word
        await listens(console)
        await console.page.evaluate("window.later += 60_000")
        await console.page.evaluate(ENDS)
    await listens(console)
    await console.page.evaluate("says('Good evening', true)")
    await reads(phone, "Facilitator S. Good evening")
    for _ in range(6):
        await listens(console)
        await console.page.evaluate(ENDS)
    await phone.sees("Not from anybody here")
    await console.sees_no("Somebody reads along", within="[data-slot=captioned]")


async def test_a_language_is_fetched_when_the_speaker_says_so(group: Group) -> None:
    console, (phone,) = await group.gathers(group.world.ana, remembers=WRITES + FETCHES)
    await captions(phone)
    await phone.sees("Not from anybody here")
    await console.presses("Settings")
    await console.presses("Fetch captions for what I say")
    await console.presses("Close", within="#media")
    await listens(console)
    await phone.sees_no("Not from anybody here")


async def test_a_browser_that_would_send_the_sound_away_is_not_asked(group: Group) -> None:
    _, (phone, other) = await group.gathers(group.world.ana, group.world.ben)
    await captions(phone)
    await phone.sees("Not from anybody here: their browser cannot write speech down by itself")
    assert not await other.page.get_by_text("Somebody reads along").is_visible()
