"""Whatever says who may be in a room notes its key when it changes; a batch of commands looks there (see room/rights.py)."""

from django.db import migrations

# Each table, and the column by which `access._keys` names its rows.
NOTED = {
    "sessions_app_session": "id",
    "sessions_app_sessionstaff": "session_id",
    "groups_program": "id",
    "groups_person": "id",
    "groups_client": "person_id",
    "groups_membership": "client_id",
    "groups_enrolment": "client_id",
    "groups_agreement": "program_id",
    "groups_agreementacceptance": "client_id",
    "groups_groupstaff": "group_id",
    "groups_staffrole": "person_id",
    "mfa_authenticator": "user_id",
    "django_session": "session_key",
}

TABLE = """
CREATE TABLE vio_access_change (
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  key text NOT NULL,
  seen_at timestamptz
);
CREATE INDEX vio_access_change_xid ON vio_access_change (xid);
CREATE INDEX vio_access_change_seen ON vio_access_change (seen_at);
CREATE FUNCTION vio_note_access() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    EXECUTE format('INSERT INTO public.vio_access_change (key) SELECT DISTINCT %I::text FROM after', TG_ARGV[0]);
  ELSIF TG_OP = 'DELETE' THEN
    EXECUTE format('INSERT INTO public.vio_access_change (key) SELECT DISTINCT %I::text FROM before', TG_ARGV[0]);
  ELSE
    EXECUTE format('INSERT INTO public.vio_access_change (key) SELECT %1$I::text FROM after UNION SELECT %1$I::text FROM before',
      TG_ARGV[0]);
  END IF;
  RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION vio_note_access() FROM PUBLIC;
"""


def _triggers(table: str, column: str) -> str:
    noted = f"FOR EACH STATEMENT EXECUTE FUNCTION vio_note_access('{column}');"
    return (
        f"CREATE TRIGGER vio_access_made AFTER INSERT ON {table} REFERENCING NEW TABLE AS after {noted}"
        f"CREATE TRIGGER vio_access_gone AFTER DELETE ON {table} REFERENCING OLD TABLE AS before {noted}"
        f"CREATE TRIGGER vio_access_changed AFTER UPDATE ON {table}"
        f" REFERENCING OLD TABLE AS before NEW TABLE AS after {noted}"
    )


def _no_triggers(table: str) -> str:
    names = ("vio_access_made", "vio_access_gone", "vio_access_changed")
    return "".join(f"DROP TRIGGER {name} ON {table};" for name in names)


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0013_attendance_by_week"),
        ("groups", "0013_absences"),
        ("sessions", "0001_initial"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [
        migrations.RunSQL(TABLE, "DROP FUNCTION vio_note_access; DROP TABLE vio_access_change;"),
        *(
            migrations.RunSQL(_triggers(table, column), _no_triggers(table))
            for table, column in NOTED.items()
        ),
    ]
