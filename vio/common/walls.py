"""Grants, row-level security and append-only tables, put in place after every migration.

The walls follow from the models: a model with a `program` (or `program_id`) column gets a policy; a model with
`append_only = True` loses UPDATE, DELETE and TRUNCATE for the application's role, one with `written_by_database = True`
INSERT as well. Running it twice changes nothing.
"""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig, apps
from django.db import connections, models

APPLICATION_ROLE = "vio_app"

_ROLE_AND_FUNCTIONS = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'vio_app') THEN
    CREATE ROLE vio_app NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
DO $$ BEGIN
  IF NOT pg_has_role(current_user, 'vio_app', 'SET') OR NOT EXISTS (
      SELECT FROM pg_auth_members m WHERE m.roleid = 'vio_app'::regrole AND m.member = current_user::regrole) THEN
    EXECUTE format('GRANT vio_app TO %I', current_user);
  END IF;
EXCEPTION WHEN OTHERS THEN
  EXECUTE format('GRANT vio_app TO %I', current_user);
END $$;
CREATE OR REPLACE FUNCTION vio_scope() RETURNS text LANGUAGE sql STABLE AS
  $$ SELECT coalesce(current_setting('vio.programs', true), '') $$;
CREATE OR REPLACE FUNCTION vio_programs() RETURNS uuid[] LANGUAGE sql STABLE AS
  $$ SELECT CASE WHEN vio_scope() IN ('', '*') THEN '{}'::uuid[] ELSE string_to_array(vio_scope(), ',')::uuid[] END $$;
-- What somebody is, asked before any program is in view: of this one person, with the owner's eyes. So no request has to
-- open the view to every program in order to find out which are its own.
CREATE OR REPLACE FUNCTION vio_standing(somebody uuid) RETURNS TABLE (program groups_program, role text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT p, s.role::text FROM public.groups_staffrole s JOIN public.groups_program p ON p.id = s.program_id
  WHERE s.person_id = somebody AND s.withdrawn_at IS NULL
  UNION ALL
  SELECT p, 'client' FROM public.groups_client c JOIN public.groups_program p ON p.id = c.program_id
  WHERE c.person_id = somebody
  $$;
REVOKE EXECUTE ON FUNCTION vio_standing(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION vio_standing(uuid) TO vio_app;
GRANT USAGE ON SCHEMA public TO vio_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO vio_app;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO vio_app;
REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM vio_app;
"""


def program_column(model: type[models.Model]) -> str | None:
    """The column that holds the row's program, or None for a model without client data."""
    if declared := getattr(model, "row_security_column", None):
        return str(declared)
    for field in model._meta.concrete_fields:
        if field.attname == "program_id":
            return str(field.column)
    return None


def own_models() -> list[type[models.Model]]:
    """The product's own models (not the libraries')."""
    ours = {"common", "groups", "sessions_app", "checkins"}
    return [m for m in apps.get_models() if m._meta.app_label in ours and m._meta.managed]


def _policy_sql(model: type[models.Model], column: str) -> str:
    table = model._meta.db_table
    inside = f"(SELECT vio_scope()) = '*' OR {column} = ANY ((SELECT vio_programs())::uuid[])"
    if getattr(model, "row_security_open_to_null", False):
        inside = f"{column} IS NULL OR {inside}"
    return (
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY;'
        f'DROP POLICY IF EXISTS program_scope ON "{table}";'
        f'CREATE POLICY program_scope ON "{table}" USING ({inside}) WITH CHECK ({inside});'
    )


def build_walls(sender: AppConfig, using: str = "default", **kwargs: Any) -> None:
    """Receives post_migrate of the last app and puts every wall in place."""
    statements = [_ROLE_AND_FUNCTIONS]
    for model in own_models():
        if (column := program_column(model)) is not None:
            statements.append(_policy_sql(model, column))
        if getattr(model, "append_only", False):
            statements.append(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{model._meta.db_table}" FROM vio_app;')
        if getattr(model, "written_by_database", False):
            statements.append(f'REVOKE INSERT ON "{model._meta.db_table}" FROM vio_app;')
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(7466301)")
        cursor.execute("\n".join(statements))
