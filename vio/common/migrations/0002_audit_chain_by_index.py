"""The audit chain finds its last entry by an index, so that an entry costs the same however long the chain is."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("common", "0001_initial"),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="auditentry",
            name="chain",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="auditentry",
            trigger=pgtrigger.compiler.Trigger(
                name="chain",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE last record;",
                    func="\n                    PERFORM pg_advisory_xact_lock(hashtextextended('vio.audit:' || coalesce(NEW.program_id::text, ''), 0));\n                    -- Two plain questions: \"IS NOT DISTINCT FROM\" uses no index and would read the whole table.\n                    IF NEW.program_id IS NULL THEN\n                      SELECT number, hash INTO last FROM common_auditentry\n                        WHERE program_id IS NULL ORDER BY number DESC LIMIT 1;\n                    ELSE\n                      SELECT number, hash INTO last FROM common_auditentry\n                        WHERE program_id = NEW.program_id ORDER BY number DESC LIMIT 1;\n                    END IF;\n                    NEW.number := coalesce(last.number, 0) + 1;\n                    NEW.previous_hash := coalesce(last.hash, '');\n                    NEW.at := clock_timestamp();\n                    NEW.hash := encode(sha256(convert_to(jsonb_build_array(\n                      NEW.previous_hash, NEW.program_id, NEW.number, extract(epoch from NEW.at)::text, NEW.actor_id,\n                      NEW.source, NEW.request_id, NEW.action, NEW.subject_type, NEW.subject_id, NEW.client_id,\n                      NEW.result, NEW.reason, NEW.details)::text, 'UTF8')), 'hex');\n                    RETURN NEW;\n                ",
                    hash="86964bfd0f9b314b74e851f6b553cef302ff0098",
                    operation="INSERT",
                    pgid="pgtrigger_chain_e455e",
                    table="common_auditentry",
                    when="BEFORE",
                ),
            ),
        ),
    ]
