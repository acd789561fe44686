"""WHAT clients report: check-ins, instruments, rules, alerts."""

from django.apps import AppConfig


class CheckinsConfig(AppConfig):
    """Check-ins and alerts."""

    name = "checkins"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Answers the questions that are asked upward."""
        from checkins import board, risk
        from checkins.services import room_news
        from sessions_app.signals import (
            board_flags_asked,
            checkin_shared,
            client_risk_asked,
            support_unanswered,
        )

        client_risk_asked.connect(risk.answer_client_risk, dispatch_uid="checkins.risk")
        board_flags_asked.connect(board.answer_board_flags, dispatch_uid="checkins.board")
        support_unanswered.connect(room_news.on_support_unanswered, dispatch_uid="checkins.silent_hand")
        checkin_shared.connect(room_news.on_checkin_shared, dispatch_uid="checkins.round")
