"""The notes page's form: one prefix per note, so that a whole evening is typed and sent once."""

from __future__ import annotations

from uuid import UUID

from django import forms

from sessions_app.models import ClientNote, GroupNote
from sessions_app.notes import content
from sessions_app.notes.services import Draft, EveningDraft

LONGEST = 8000  # characters of one field


class NoteForm(forms.Form):
    """The texts of one note and the version it was opened at."""

    note_version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def draft(self) -> Draft:
        """What was typed, parsed."""
        texts = {name: text for name, text in self.cleaned_data.items() if name != "note_version"}
        return Draft(version=self.cleaned_data["note_version"], texts=texts)


def _text(label: str, rows: int, help_text: str = "") -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "spellcheck": "true"})
    return forms.CharField(
        label=label, required=False, max_length=LONGEST, widget=widget, help_text=help_text, strip=False
    )


class GroupNoteForm(NoteForm):
    """The group note: no names."""

    topic = _text("Topic", 1)
    intervention = _text("What was done", 4, "Method and activity, without names.")
    process = _text("How the group worked", 3, "The group as a whole, without names.")
    plan = _text("Plan for the group", 2)


class ClientNoteForm(NoteForm):
    """One client's note."""

    participation = _text("Participation", 2)
    response = _text("Response", 2, "How this client answered what was done.")
    risk = _text("Risk", 1)
    goal = _text("Goal worked on", 1)
    plan = _text("Next step", 2)


class AddendumForm(forms.Form):
    """A dated addition to a signed note."""

    text = _text("Addendum", 3, "Your name and the time are added. The signed note stays as it is.")


def initial_of(note: GroupNote | ClientNote) -> dict[str, object]:
    """What a form shows of a stored note."""
    return {"note_version": note.version, **content.texts_of(note)}


def group_form(note: GroupNote, data: object = None) -> GroupNoteForm:
    """The group note's form, bound to what was sent if anything was."""
    return GroupNoteForm(data, initial=initial_of(note), prefix="group")  # type: ignore[arg-type]  # QueryDict or None


def client_form(note: ClientNote, data: object = None) -> ClientNoteForm:
    """A client note's form, bound to what was sent if anything was."""
    return ClientNoteForm(data, initial=initial_of(note), prefix=str(note.client_id))  # type: ignore[arg-type]  # as above


def evening_draft(group: GroupNoteForm | None, clients: dict[UUID, ClientNoteForm]) -> EveningDraft:
    """Everything typed; call only when all forms are valid."""
    return EveningDraft(
        group=group.draft() if group is not None else None,
        clients={client_id: form.draft() for client_id, form in clients.items()},
    )
