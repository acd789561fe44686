"""Audit entries are drafts until their act commits; the commit chains them, after every other lock the act needed.

PostgreSQL runs deferred triggers as the first part of a commit, in rounds: what a trigger of one round defers runs in the next.
The drafts' trigger leaves a mark in the first round, beside the foreign keys that are checked then and lock rows; the
mark's own turn is the round after, and only then the heads of the chains are locked, in the order of the programs.

The function acts with the owner's rights: it moves all drafts of the transaction whatever its scope is by then, and the
application itself can neither write to the trail nor take a draft away. The mark is named by its transaction, so there is
one; that the table is not logged costs nothing, for no row in it outlives its transaction.
"""

from django.db import migrations, models

_CHAIN = """
ALTER TABLE common_auditdraft SET UNLOGGED;
ALTER TABLE common_auditdraft SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500);
CREATE FUNCTION vio_chain_drafts() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF NEW.since IS NULL THEN
    INSERT INTO public.common_auditdraft
      (id, since, source, request_id, action, subject_type, subject_id, result, reason, details)
      VALUES (-(pg_current_xact_id()::text::bigint), NEW.id, '', '', '', '', '', '', '', '{}')
      ON CONFLICT (id) DO NOTHING;
    RETURN NULL;
  END IF;
  DELETE FROM public.common_auditdraft WHERE id = NEW.id;
  WITH own AS (DELETE FROM public.common_auditdraft WHERE id >= NEW.since RETURNING *)
  INSERT INTO public.common_auditentry
      (program_id, actor_id, source, request_id, action, subject_type, subject_id, client_id, result, reason, details)
    SELECT program_id, actor_id, source, request_id, action, subject_type, subject_id, client_id, result, reason, details
    FROM own ORDER BY program_id NULLS FIRST, id;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER chain_drafts AFTER INSERT ON common_auditdraft
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION vio_chain_drafts();
"""

_BACK = """
DROP TRIGGER chain_drafts ON common_auditdraft;
DROP FUNCTION vio_chain_drafts();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0003_delivery_channels"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditDraft",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("since", models.BigIntegerField(null=True)),
                ("program_id", models.UUIDField(null=True)),
                ("actor_id", models.UUIDField(null=True)),
                ("source", models.CharField(blank=True, default="", max_length=64)),
                ("request_id", models.CharField(blank=True, default="", max_length=36)),
                ("action", models.CharField(max_length=64)),
                ("subject_type", models.CharField(blank=True, default="", max_length=64)),
                ("subject_id", models.CharField(blank=True, default="", max_length=64)),
                ("client_id", models.UUIDField(null=True)),
                ("result", models.CharField(default="ok", max_length=16)),
                ("reason", models.CharField(blank=True, default="", max_length=64)),
                ("details", models.JSONField(default=dict)),
            ],
        ),
        migrations.RunSQL(_CHAIN, _BACK),
    ]
