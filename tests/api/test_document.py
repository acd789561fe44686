"""The descriptions are valid, made from the operations themselves, and shown on a page of our own."""

from __future__ import annotations

import html
import json
import re
import subprocess
import sys

import pytest
from django.test import Client as Browser
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic_asyncapi.v3 import AsyncAPI

from tests.api.cases import CASES
from tests.api.scene import BASE
from vio.api import document, gates
from vio.common.permissions import Permission
from vio.reference import kind_of, topics_of

pytestmark = pytest.mark.django_db


def test_the_document_is_valid_openapi_3_1() -> None:
    served = Browser().get(f"{BASE}/openapi.json").json()
    assert served["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(served).iter_errors()) == []
    assert served == document()


def test_the_document_holds_every_operation_with_its_permission_and_its_problems() -> None:
    operations = {o["operationId"]: o for methods in document()["paths"].values() for o in methods.values()}
    assert set(operations) == set(gates())
    known = {p.value for p in Permission}
    for name, operation in operations.items():
        assert operation["x-permission"] in known, name
        assert operation["description"], name
        assert {"401", "403", "404", "409", "422"} <= set(operation["responses"]), name


def test_every_body_that_comes_in_refuses_what_it_does_not_know() -> None:
    described = document()
    for methods in described["paths"].values():
        for operation in methods.values():
            if "requestBody" in operation:
                schema = operation["requestBody"]["content"]["application/json"]["schema"]
                # A body that may be left out is described as one of two: itself, or nothing.
                named = [one for one in schema.get("anyOf", [schema]) if one != {"type": "null"}]
                assert len(named) == 1, operation["operationId"]
                name = named[0]["$ref"].rsplit("/", 1)[1]
                assert described["components"]["schemas"][name]["additionalProperties"] is False, name


def test_nothing_that_only_the_server_sets_can_be_sent() -> None:
    described = document()["components"]["schemas"]
    owned = {
        "id",
        "author",
        "author_id",
        "signed_at",
        "signer_name",
        "program_id",
        "created_at",
        "at",
        "level",
    }
    for name, schema in described.items():
        if name.endswith(("In", "Change", "Draft", "Drafts", "End")):
            assert not owned & set(schema.get("properties", ())), name


def test_the_sockets_description_is_served_and_valid() -> None:
    served = Browser().get(f"{BASE}/asyncapi.json").json()
    assert served["asyncapi"].startswith("3.")
    assert AsyncAPI.model_validate(served).info.title == "vio room"


def test_the_reference_page_shows_every_operation_without_scripts_or_styles_of_its_own() -> None:
    response = Browser().get(f"{BASE}/docs")
    page = response.content.decode()
    assert response.status_code == 200
    for case in CASES:
        assert f'id="{case.name}"' in page
    assert 'id="shape-LineOut"' in page
    assert "see_attendance" in html.unescape(page)
    assert not re.search(r"<script(?![^>]*\bsrc=\"/static/)", page)
    assert not re.search(
        r"<style|\sstyle=|\son[a-z]+=|https?://(?!localhost)[a-z]+\.[a-z]+/\S+\.(?:js|css)", page
    )
    assert "script-src 'self'" in response.headers["Content-Security-Policy"]


def test_a_schema_is_told_in_words() -> None:
    assert kind_of({"type": "integer", "minimum": 0, "maximum": 10}) == "whole number 0 to 10"
    assert kind_of({"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}) == "id or nothing"
    assert kind_of({"type": "array", "items": {"$ref": "#/components/schemas/LineOut"}}) == "list of LineOut"
    assert kind_of({"enum": ["", "taken"]}) == "empty | taken"
    assert kind_of({"type": "string", "maxLength": 60}) == "text, at most 60"


def test_topics_keep_every_operation_once() -> None:
    keys = [o.key for topic in topics_of(document()) for o in topic.operations]
    assert sorted(keys) == sorted(gates())


def test_the_command_lists_the_operations() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "vio", "routes", "--json"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    rows = {(row["route"], *row["methods"]): row["permission"] for row in json.loads(done.stdout)}
    assert rows["/api/v1/alerts/<uuid:alert_id>/resolve", "POST"] == "act_on_alerts"
    assert rows["/api/v1/programs/<uuid:program_id>", "PATCH"] == "manage_program"
