"""Tags and filters: what they say, what they escape, how a field keeps what was typed and names its error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4
from xml.etree import ElementTree

import pytest
from django import forms
from django.template import Context, Template
from django.template.loader import render_to_string
from django.test import override_settings

from vio import common
from vio.common import navigation, wording
from vio.common.actors import NOBODY, Actor
from vio.common.badges import BADGES, badge_for
from vio.common.permissions import Role
from vio.common.templatetags import vio_ui

NOW = datetime(2026, 4, 13, 22, 0, tzinfo=UTC)
NASTY = "<img src=x onerror=alert(1)>"
STATIC = Path(common.__file__).parent / "static/common"
TEMPLATES = Path(common.__file__).parent / "templates"


def render(source: str, **context: object) -> str:
    """A template's text with our tags loaded."""
    return Template("{% load vio_ui %}" + source).render(Context(context))


class Sample(forms.Form):
    """A field of each shape."""

    name = forms.CharField(label="Name", help_text="As people call you", max_length=5)
    about = forms.CharField(label="About", required=False, widget=forms.Textarea)
    chat = forms.BooleanField(label="Chat", required=False)
    days = forms.MultipleChoiceField(
        label="Days", choices=[("mo", "Monday"), ("tu", "Tuesday")], widget=forms.CheckboxSelectMultiple
    )
    mood = forms.IntegerField(label="Mood", min_value=0, max_value=10)
    used = forms.ChoiceField(label="Used", choices=[("yes", "Yes"), ("no", "No")], widget=forms.RadioSelect)
    key = forms.CharField(widget=forms.HiddenInput, required=False)


# --- icons and badges --------------------------------------------------------------------------------------


def symbols() -> set[str]:
    """The names in the sprite."""
    root = ElementTree.parse(STATIC / "icons.svg").getroot()  # noqa: S314  # our own file
    return {str(one.get("id")) for one in root}


def test_an_icon_is_decoration_unless_it_has_a_label() -> None:
    assert 'aria-hidden="true"' in render('{% icon "moon" %}')
    named = render('{% icon "moon" label %}', label=NASTY)
    assert 'role="img"' in named
    assert "<img" not in named


def test_every_icon_that_is_used_is_in_the_sprite() -> None:
    used = {badge.icon for states in BADGES.values() for badge in states.values()}
    used |= {place.icon for places in navigation.SHELLS.values() for place in places}
    for page in TEMPLATES.rglob("*.html"):
        used |= set(re.findall(r'(?:{% icon |icon_name=)"([\w-]+)"', page.read_text()))
    assert used <= symbols()


@pytest.mark.parametrize(
    ("kind", "state"), [(kind, state) for kind, states in BADGES.items() for state in states]
)
def test_every_state_has_an_icon_a_word_and_a_known_tone(kind: str, state: str) -> None:
    shown = badge_for(kind, state)
    sheet = (STATIC / "css/components.css").read_text()
    assert shown.word
    assert not shown.tone or f".tone-{shown.tone} " in sheet


def test_no_two_states_of_a_kind_look_alike() -> None:
    for kind, states in BADGES.items():
        assert len({badge.word for badge in states.values()}) == len(states), kind


def test_alert_levels_differ_in_icon_too() -> None:
    assert len({badge.icon for badge in BADGES["level"].values()}) == len(BADGES["level"])


def test_an_unknown_state_is_a_plain_word_and_an_unknown_kind_a_mistake() -> None:
    assert ">Half open<" in render('{% badge "presence" "half_open" %}')
    assert "<img" not in render('{% badge "presence" state %}', state=NASTY)
    with pytest.raises(KeyError):
        badge_for("nothing", "in")


def test_a_person_keeps_hue_and_escapes_the_name() -> None:
    first, second = render('{% person "Maria K." %}'), render('{% person "Maria K." "since March" %}')
    assert re.findall(r"hue-\d", first) == re.findall(r"hue-\d", second)
    assert ">MK<" in first
    assert "<img" not in render("{% person name %}", name=NASTY)


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Maria K.", "MK"), ("Łukasz Żółty", "ŁŻ"), ("Cher", "C"), ("", "?"), ("Ana de la Cruz", "AC")],
)
def test_initials(name: str, letters: str) -> None:
    assert wording.initials(name) == letters


# --- words for time ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "words", "decimal"),
    [
        (450, "7 h 30 min", "7.50"),
        (540, "9 h", "9.00"),
        (539, "8 h 59 min", "8.98"),
        (45, "45 min", "0.75"),
        (0, "0 min", "0.00"),
        (-90, "-1 h 30 min", "-1.50"),
        (712, "11 h 52 min", "11.87"),
    ],
)
def test_hours(minutes: int, words: str, decimal: str) -> None:
    assert render("{{ m|hours }}|{{ m|decimal_hours }}", m=minutes) == f"{words}|{decimal}"


def test_nothing_is_said_about_what_is_not_known() -> None:
    assert (
        render("{{ m|hours }}{{ m|decimal_hours }}{{ m|local_time:'UTC' }}{{ m|since:now }}", m=None, now=NOW)
        == ""
    )


def test_an_instant_is_shown_in_the_programs_zone() -> None:
    shown = render("{{ at|local_time:tz }}", at=NOW, tz="America/New_York")
    assert shown == '<time datetime="2026-04-13T22:00:00+00:00">6:00 PM</time>'
    assert ">Tue, Apr 14<" in render("{{ at|local_day:tz }}", at=NOW, tz="Asia/Tokyo")


@pytest.mark.parametrize(
    ("hour", "words"), [(0, "12:00 AM"), (11, "11:00 AM"), (12, "12:00 PM"), (23, "11:00 PM")]
)
def test_noon_and_midnight(hour: int, words: str) -> None:
    assert wording.clock(datetime(2026, 4, 13, hour, tzinfo=UTC), "UTC") == words


def test_a_clock_change_moves_the_wall_time() -> None:
    before, after = datetime(2026, 3, 5, 22, 30, tzinfo=UTC), datetime(2026, 3, 9, 21, 30, tzinfo=UTC)
    assert wording.clock(before, "America/New_York") == wording.clock(after, "America/New_York") == "5:30 PM"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "just now"),
        (-59, "just now"),
        (-60, "1 min ago"),
        (-3900, "1 h 5 min ago"),
        (-86400, "1 day ago"),
        (-200000, "2 days ago"),
        (30, "in a moment"),
        (720, "in 12 min"),
    ],
)
def test_since(seconds: int, words: str) -> None:
    assert f">{words}<" in render("{{ at|since:now }}", at=NOW + timedelta(seconds=seconds), now=NOW)


def test_lengths() -> None:
    assert wording.length_words(timedelta(seconds=45)) == "45 s"
    assert wording.day(date(2026, 4, 3)) == "Fri, Apr 3"


def test_a_countdown_carries_its_instant_for_the_script() -> None:
    shown = render('{% countdown at now "The room is open" %}', at=NOW + timedelta(minutes=25), now=NOW)
    assert 'data-until="2026-04-13T22:25:00+00:00"' in shown
    assert ">in 25 min<" in shown
    assert ">The room is open<" in render('{% countdown at now "The room is open" %}', at=NOW, now=NOW)


def test_a_number_to_call() -> None:
    assert render("{{ n|tel }}", n="(555) 010-0142") == "tel:5550100142"
    assert render("{{ n|tel }}", n="+1 800 662 4357") == "tel:+18006624357"


# --- forms -------------------------------------------------------------------------------------------------


def one(markup: str, pattern: str) -> str:
    """The single match of a pattern."""
    found = re.findall(pattern, markup, re.DOTALL)
    assert len(found) == 1, markup
    return str(found[0])


def test_a_field_has_its_label_and_its_help() -> None:
    markup = render("{% field form.name %}", form=Sample())
    assert one(markup, r'<label for="(\w+)"') == one(markup, r'<input[^>]* id="(\w+)"')
    assert one(markup, r'aria-describedby="([^"]*)"') == "id_name_help"
    assert 'id="id_name_help"' in markup


def test_a_refused_field_keeps_what_was_typed_and_names_its_error() -> None:
    markup = render("{% field form.name %}", form=Sample({"name": "far too long"}))
    assert 'value="far too long"' in markup
    assert 'aria-invalid="true"' in markup
    assert one(markup, r'aria-describedby="([^"]*)"') == "id_name_help id_name_error"
    assert "at most 5 characters" in one(markup, r'id="id_name_error">(.*?)</div>')


def test_what_was_typed_stays_text() -> None:
    markup = render(
        "{% field form.name %}{% field form.about %}", form=Sample({"name": NASTY, "about": NASTY})
    )
    assert "<img" not in markup


def test_optional_is_said_in_words() -> None:
    assert "(optional)" in render("{% field form.about %}", form=Sample())
    assert "(optional)" not in render("{% field form.name %}", form=Sample())


def test_several_inputs_are_one_group_with_a_legend() -> None:
    markup = render("{% field form.days %}", form=Sample({"days": ["mo", "no such day"]}))
    assert one(markup, r"<legend>([^<]*)</legend>") == "Days"
    assert 'value="mo" id="id_days_0"' in markup or "checked" in markup
    assert 'aria-describedby="id_days_error"' in markup


def test_a_hidden_field_is_only_its_input() -> None:
    assert (
        render("{% field form.key %}", form=Sample()).strip()
        == '<input type="hidden" name="key" id="id_key">'
    )


def test_a_single_box_stands_before_its_label() -> None:
    markup = render("{% field form.chat %}", form=Sample())
    assert markup.index("<input") < markup.index("<span>Chat")


def test_the_scale_has_eleven_answers_and_keeps_the_chosen_one() -> None:
    markup = render('{% scale form.mood "lowest" "best" %}', form=Sample({"mood": "0"}))
    assert re.findall(r'value="(\d+)"', markup) == [str(n) for n in range(11)]
    assert one(markup, r'value="(\d+)" checked') == "0"


def test_an_unanswered_scale_has_nothing_chosen_and_says_so() -> None:
    markup = render("{% scale form.mood %}", form=Sample({}))
    assert "checked" not in markup
    assert "This field is required" in markup
    assert 'aria-describedby="id_mood_error"' in markup


def test_choices_keep_the_answer() -> None:
    markup = render("{% choices form.used %}", form=Sample({"used": "no"}))
    assert one(markup, r'value="(\w+)" checked') == "no"


def test_a_form_says_how_many_answers_to_look_at() -> None:
    form = Sample({"name": "ok", "mood": 3, "used": "no"})
    markup = render_to_string("common/_form.html", {"form": form, "submit": "Save it"})
    assert "look at 1 answer below" in markup
    assert "Save it" in markup


# --- shells ------------------------------------------------------------------------------------------------


def shown_places(shell: str, actor: Actor, current: str = "") -> dict[str, bool]:
    """Keys of the places an actor sees, and whether each is the current one."""
    context = Context({"request": SimpleNamespace(actor=actor)})
    return {
        entry["place"].key: entry["current"] for entry in vio_ui.places(context, shell, current)["places"]
    }


@pytest.fixture
def _every_place() -> Iterator[None]:
    with override_settings(ROOT_URLCONF="tests.common.every_place"):
        yield


@pytest.mark.usefixtures("_every_place")
@pytest.mark.parametrize(
    ("role", "keys"),
    [
        (Role.FACILITATOR, {"tonight", "desk", "clients", "notes", "manage"}),
        (Role.CLINICIAN, {"tonight", "desk", "hours", "clients", "notes", "manage"}),
        (Role.RECORDS, {"tonight", "hours", "clients", "manage"}),
        (Role.CLIENT, set()),
    ],
)
def test_staff_see_the_places_their_role_opens(role: Role, keys: set[str]) -> None:
    actor = Actor(person_id=uuid4(), roles={uuid4(): frozenset({role})})
    assert set(shown_places("staff", actor)) == keys


@pytest.mark.usefixtures("_every_place")
def test_a_client_sees_four_places_and_where_they_are() -> None:
    actor = Actor(person_id=uuid4(), roles={uuid4(): frozenset({Role.CLIENT})})
    assert shown_places("client", actor, "week") == {
        "tonight": False,
        "checkin": False,
        "week": True,
        "help": False,
    }


@pytest.mark.usefixtures("_every_place")
def test_nobody_sees_only_help() -> None:
    assert set(shown_places("client", NOBODY)) == {"help"}


@pytest.mark.parametrize("name", ["400", "403", "404", "429", "500", "problem"])
def test_error_pages_need_nothing_and_give_the_numbers(name: str) -> None:
    markup = render_to_string(f"{name}.html", {"error_id": "7f3a"})
    assert "7f3a" in markup
    for number in ("tel:988", "tel:911", "tel:+18006624357"):
        assert number in markup
    assert "<h1>" in markup


def test_no_template_has_inline_style_or_script() -> None:
    for page in TEMPLATES.rglob("*.html"):
        source = page.read_text()
        assert not re.search(r"\sstyle=|<style|\son\w+=|hx-on|javascript:", source), page
        assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", source)), page
