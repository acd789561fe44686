"""Pages about changing evenings: what would happen is shown first, and done only as it was shown."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from groups.views.form_page import FormPage
from groups.views.manage import change
from sessions_app.access import session_for
from sessions_app.models import Session
from sessions_app.timetable.changing import Preview, change_sessions, preview_change
from sessions_app.timetable.forms import ChangeForm, change_initial
from vio.common.errors import DomainError
from vio.common.http import PageRequest, needs
from vio.common.permissions import Permission

GROUPS = Permission.MANAGE_GROUPS


class ChangePage(FormPage[ChangeForm]):
    """A form with two buttons: show what would happen; then, beside what is shown, do exactly that."""

    session: Session

    def carry_out(self, form: ChangeForm) -> HttpResponseBase:
        """Shows the steps, or makes the change when it is sent with the mark of what was shown."""
        try:
            if "preview" in self.request.POST or form.mark is None:
                return self.shown(form, self.preview(form))
            done = change_sessions(
                actor=self.request.actor, session=self.session, reach=form.chosen, wanted=form.wanted,
                now=timezone.now(), mark=form.mark, anyway=form.cleaned_data["anyway"],
            )  # fmt: skip
        except DomainError as error:
            return self.refused(form, error)
        messages.success(self.request, _done(done))
        return redirect(str(self.after))

    def preview(self, form: ChangeForm) -> Preview:
        """What the change would do now."""
        return preview_change(
            actor=self.request.actor, session=self.session, reach=form.chosen, wanted=form.wanted,
            now=timezone.now(),
        )  # fmt: skip

    def shown(self, form: ChangeForm, found: Preview, status: int = 200) -> HttpResponseBase:
        """The form with the steps beside it; the mark goes along with the second button."""
        form.data = form.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        form.data["seen"] = found.mark  # type: ignore[index]  # the copy is writable
        self.context |= {"preview": found}
        return self.show(form, status)

    def refused(self, form: ChangeForm, error: DomainError) -> HttpResponseBase:
        """What the service refused, on the form; after a change meanwhile, with the steps as they are now."""
        if error.status in {403, 404}:
            raise error
        form.refuse(error)
        again_shown = error.code == "changed_meanwhile" or "anyway" in error.fields
        if again_shown and Session.objects.filter(pk=self.session.pk).exists():
            try:
                return self.shown(form, self.preview(form), error.status)
            except DomainError as again:
                form.refuse(again)
        return self.show(form, error.status)


def _done(found: Preview) -> str:
    count = len(found.happening)
    if not count:
        return "Nothing had to change."
    return "One session changed." if count == 1 else f"{count} sessions changed."


@needs(GROUPS)
@change
def session_change(request: PageRequest, session_id: UUID) -> HttpResponseBase:
    """This evening, this and the following, or all: name, time, length, breaks, kind of service."""
    session = session_for(request.actor, session_id, GROUPS)
    back = reverse("manage_group_sessions", args=[session.group_id])
    page = ChangePage(
        request, program=session.program, title=f"Change {session.title}", make=ChangeForm,
        act=lambda form: None, after=back, back=back, saved=lambda: change_initial(session),
        template="sessions_app/manage/change.html", context={"session": session},
    )  # fmt: skip
    page.session = session
    return page.answer()
