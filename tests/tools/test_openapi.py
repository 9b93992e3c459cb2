"""Operations of OpenAPI documents as tools."""

import json
from typing import Any

import pytest
import yaml

from playground.errors import InvalidTools
from playground.tools.definitions import parse_tools, render_tools
from playground.tools.importers.openapi import OpenApi, Operation
from tests.effort import effort

SHOP = """\
openapi: 3.0.3
info: {title: Shop, version: "1"}
paths:
  /orders/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer}}
      - {name: trace, in: header, schema: {type: string}}
    get:
      operationId: get.order
      summary: One order
      description: All of it.
      parameters:
        - name: fields
          in: query
          description: Which
          schema: {type: array, items: {$ref: "#/components/schemas/Field"}}
        - {name: Authorization, in: header, schema: {type: string}}
        - {$ref: "#/components/parameters/Trace"}
    put:
      requestBody:
        required: true
        content:
          application/xml: {schema: {type: object}}
          application/json; charset=utf-8: {schema: {$ref: "#/components/schemas/Order"}}
  /orders:
    post:
      operationId: create
      requestBody: {$ref: "#/components/requestBodies/New"}
    patch:
      operationId: many
      requestBody: {content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Node"}}}}}
    delete:
      operationId: upload
      requestBody: {content: {text/csv: {}}}
components:
  parameters:
    Trace: {name: trace, in: header, required: true, schema: {type: string, minLength: 3}}
  requestBodies:
    New: {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
  schemas:
    Field: {type: string, enum: [a, b], nullable: true, x-vendor: 1}
    Order:
      type: object
      required: [id, made, amount]
      properties:
        id: {type: string}
        made: {type: string, format: date-time, readOnly: true}
        amount: {type: number, minimum: 0, exclusiveMinimum: true, example: 2, default: 1}
        when: {type: string, default: 2026-01-31, xml: {name: w}}
        xml: {type: string, description: A field called xml}
    Node:
      type: object
      properties:
        kids: {type: array, items: {$ref: "#/components/schemas/Node"}}
        field: {$ref: "#/components/schemas/Field", description: Beside}
"""


def tool_of(api: OpenApi, name: str) -> tuple[Any, tuple[str, ...]]:
    found = api.tool(name)
    assert found.problems == ()
    checked = parse_tools(render_tools(found.tools))
    assert checked.ok, checked.problems
    assert "#/components" not in render_tools(found.tools)
    return found.tools[0]["function"], found.notes


@pytest.fixture(params=["yaml", "json"])
def shop(request: pytest.FixtureRequest) -> OpenApi:
    if request.param == "yaml":
        return OpenApi(SHOP)
    return OpenApi(json.dumps(yaml.safe_load(SHOP), default=str))


def test_the_list(shop: OpenApi) -> None:
    assert shop.title == "Shop"
    assert shop.operations()[0] == Operation("get.order", "GET", "/orders/{id}", "One order")
    assert [operation.id for operation in shop.operations()] == [
        "get.order",
        "PUT /orders/{id}",
        "create",
        "upload",
        "many",
    ]


def test_parameters_of_the_path_and_the_operation(shop: OpenApi) -> None:
    function, notes = tool_of(shop, "get.order")
    assert (function["name"], function["description"]) == ("get_order", "One order\n\nAll of it.")
    assert "'get.order'" in notes[0]
    assert function["parameters"] == {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "trace": {"type": "string", "minLength": 3},
            "fields": {
                "type": "array",
                "items": {"type": ["string", "null"], "enum": ["a", "b", None]},
                "description": "Which",
            },
        },
        "required": ["id", "trace"],
    }
    assert tool_of(shop, "GET /orders/{id}") == tool_of(shop, "get /orders/{id}")


def test_a_body_beside_the_parameters(shop: OpenApi) -> None:
    function, notes = tool_of(shop, "create")
    assert function["parameters"]["properties"] == {
        "id": {"type": "string"},
        "amount": {"type": "number", "exclusiveMinimum": 0, "examples": [2], "default": 1},
        "when": {"type": "string", "default": "2026-01-31"},
        "xml": {"type": "string", "description": "A field called xml"},
    }
    assert "required" not in function["parameters"]  # the body may be left out
    assert notes == ("made is left out: it is read-only",)


def test_a_body_with_a_parameters_name_stands_alone(shop: OpenApi) -> None:
    function, notes = tool_of(shop, "PUT /orders/{id}")
    assert function["name"] == "put_orders_id"
    assert list(function["parameters"]["properties"]) == ["id", "trace", "body"]
    assert function["parameters"]["required"] == ["id", "body"]
    assert function["parameters"]["properties"]["body"]["required"] == ["id", "amount"]
    assert any("is passed as body" in note for note in notes)


def test_a_schema_that_contains_itself(shop: OpenApi) -> None:
    function, _ = tool_of(shop, "many")
    parameters = function["parameters"]
    assert parameters["properties"]["body"] == {"type": "array", "items": {"$ref": "#/$defs/Node"}}
    node = parameters["$defs"]["Node"]["properties"]
    assert node["kids"] == {"type": "array", "items": {"$ref": "#/$defs/Node"}}
    assert node["field"] == {"type": ["string", "null"], "enum": ["a", "b", None], "description": "Beside"}


def test_a_body_that_is_no_json(shop: OpenApi) -> None:
    function, notes = tool_of(shop, "upload")
    assert function["parameters"] == {"type": "object", "properties": {}}
    assert "text/csv" in notes[0]


def test_an_operation_that_is_not_there(shop: OpenApi) -> None:
    (problem,) = shop.tool("nope").problems
    assert "there is no operation 'nope'; there are get.order" in problem.message


def document(schema: Any, version: str = "3.1.0", **schemas: Any) -> OpenApi:
    body = {"content": {"application/json": {"schema": schema}}, "required": True}
    operation = {"operationId": "op", "requestBody": body}
    return OpenApi(
        json.dumps({"openapi": version, "paths": {"/x": {"post": operation}}, "components": {"schemas": schemas}})
    )


def test_3_1_is_json_schema_already() -> None:
    schema = {
        "type": "object",
        "properties": {
            "a": {"type": ["string", "null"], "examples": ["x"], "exclusiveMinimum": 3, "const": {"$ref": 1}}
        },
    }
    function, _ = tool_of(document(schema), "op")
    assert function["parameters"] == schema


def test_schemas_that_contain_each_other() -> None:
    api = document(
        {"$ref": "#/components/schemas/A"},
        A={"type": "object", "properties": {"b": {"$ref": "#/components/schemas/B"}}},
        B={"type": "object", "properties": {"a": {"$ref": "#/components/schemas/A"}}},
    )
    function, _ = tool_of(api, "op")
    assert function["parameters"]["properties"]["body"] == {"$ref": "#/$defs/A"}
    assert function["parameters"]["$defs"]["A"]["properties"]["b"]["properties"]["a"] == {"$ref": "#/$defs/A"}


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "https://example.org/a.json"}, "nothing is fetched"),
        ({"$ref": "other.yaml#/A"}, "nothing is fetched"),
        ({"$ref": "#/components/schemas/None"}, "points to nothing"),
    ],
)
def test_references_that_are_not_followed(schema: Any, said: str) -> None:
    (problem,) = document({"properties": {"a": schema}}).tool("op").problems
    assert said in problem.message


def test_a_document_that_unfolds_without_end() -> None:
    schemas: dict[str, Any] = {
        f"S{n}": {"type": "object", "properties": {k: {"$ref": f"#/components/schemas/S{n + 1}"} for k in "ab"}}
        for n in range(60)
    }
    with effort(100):
        (problem,) = (
            document({"$ref": "#/components/schemas/S0"}, S60={"type": "string"}, **schemas).tool("op").problems
        )
        assert "too large" in problem.message
        round_about = OpenApi(
            "openapi: 3.1.0\n"
            "paths: {/x: {post: {operationId: op, requestBody: {$ref: '#/components/requestBodies/A'}}}}\n"
            "components: {requestBodies: {A: {$ref: '#/components/requestBodies/A'}}}"
        )
        assert "is circular" in round_about.tool("op").problems[0].message
        loop = OpenApi(
            "openapi: 3.1.0\npaths: {/x: {post: {operationId: op, requestBody: {content: {application/json: "
            "{schema: &a {properties: {a: *a}}}}}}}}"
        )
        assert loop.tool("op").problems


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Not an OpenAPI 3 document"),
        ("{", "Invalid JSON: line 1, column 2"),
        ("a: [", "not valid YAML: .*line "),
        ("[]", "Not an OpenAPI 3 document"),
        ("swagger: '2.0'", r"Swagger 2\.0"),
        ("openapi: 2.0.0", "Not an OpenAPI 3 document"),
        ("x" * 4_000_001, "more than 4,000,000"),
        ("!!python/object:os.system x", "not valid YAML"),
    ],
)
def test_what_is_no_document(text: str, said: str) -> None:
    with pytest.raises(InvalidTools, match=said):
        OpenApi(text)


@pytest.mark.parametrize(
    "paths", [None, [], {"/x": None}, {"/x": {"get": None}}, {"/x": {"get": {"parameters": [None, 5, {"in": "path"}]}}}]
)
def test_odd_documents_do_no_harm(paths: Any) -> None:
    api = OpenApi(json.dumps({"openapi": "3.1.0", "paths": paths}))
    for operation in api.operations():
        tool_of(api, operation.id)
