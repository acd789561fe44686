"""One page for every form: shows it, keeps what was typed, puts refusals beside the field, goes on when it worked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from django.contrib import messages
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import redirect, render

from groups.forms.base import ManageForm
from groups.models import Program
from vio.common.errors import DomainError
from vio.common.http import PageRequest

AnyForm = TypeVar("AnyForm", bound=ManageForm)


class FormPage(Generic[AnyForm]):
    """What a form page says and does.

    `make(data)` builds the form, `act(form)` calls one service, `after` is where it leads. `saved()` and `mark()` tell
    what is stored now: they fill the form and, when somebody else was faster, the words beside each field.
    """

    def __init__(
        self,
        request: PageRequest,
        *,
        program: Program,
        title: str,
        make: Callable[..., AnyForm],
        act: Callable[[AnyForm], object],
        after: Callable[[object], str] | str,
        back: str,
        submit: str = "Save",
        done: str = "Saved.",
        intro: str = "",
        saved: Callable[[], Mapping[str, Any]] = dict,
        mark: Callable[[], str] = str,
        danger: bool = False,
        template: str = "groups/manage/form.html",
        context: Mapping[str, Any] | None = None,
    ) -> None:
        self.request, self.program, self.title = request, program, title
        self.make, self.act, self.after, self.back = make, act, after, back
        self.submit, self.done, self.intro, self.danger = submit, done, intro, danger
        self.saved, self.mark, self.template = saved, mark, template
        self.context = dict(context or {})

    def answer(self) -> HttpResponseBase:
        """The page, the page with errors (422, 409), or the way on (302)."""
        if self.request.method != "POST":
            initial = {**self.saved(), "seen": self.mark()}
            return self.show(self.make(initial=initial), 200)
        form = self.make(self.request.POST)
        if not form.is_valid():
            return self.show(form, 422)
        return self.carry_out(form)

    def carry_out(self, form: AnyForm) -> HttpResponseBase:
        """Calls the service; refusals come back on the form."""
        try:
            result = self.act(form)
        except DomainError as error:
            if error.status in {403, 404}:
                raise
            form.refuse(error)
            if error.code == "changed_meanwhile":
                form.show_saved(self.saved(), self.mark())
            return self.show(form, error.status)
        warning = getattr(result, "warning", "")
        messages.success(self.request, self.done)
        if warning:
            messages.warning(self.request, warning)
        return redirect(self.after if isinstance(self.after, str) else self.after(result))

    def show(self, form: AnyForm, status: int) -> HttpResponseBase:
        """The page with a form."""
        context = {
            "form": form,
            "program_managed": self.program,
            "heading": self.title,
            "submit": self.submit,
            "back": self.back,
            "intro": self.intro,
            "danger": self.danger,
            **self.context,
        }
        return render(self.request, self.template, context, status=status)


def posted(request: PageRequest) -> QueryDict | None:
    """What was sent, or None when the page is only looked at."""
    return request.POST if request.method == "POST" else None
