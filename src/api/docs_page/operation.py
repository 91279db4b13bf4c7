"""One operation on the page: what it does, its parameters, body and answers with examples, and a form to try it."""

from html import escape
from typing import Any, Final

from api.docs_page.schema import fields_table, in_words, name_of, table
from api.docs_page.words import indented, prose, sample

_OF_THE_SCRIPT: Final = frozenset({"Idempotency-Key", "Dossier-Source", "Dossier-Correlation-Id"})
"""Headers that the form does not ask for: the script makes the first, and the others have defaults."""


def article(path: str, verb: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    """Returns an operation as HTML."""
    name, summary = escape(operation["operationId"]), operation["summary"]
    description = operation.get("description", "")
    more = "" if description.rstrip(".") == summary else f"<p>{prose(description)}</p>"
    return (
        f'<article id="{name}" class="operation"><h3>{prose(summary)}'
        f' <a class="anchor" href="#{name}" aria-label="Link to this operation">#</a></h3>'
        f'<p class="address"><b class="verb {verb}">{verb.upper()}</b> <code>{escape(path)}</code></p>{more}{_callers(operation)}'
        f"{_parameters(operation)}{_body(operation, schemas)}{_answers(operation)}{_form(path, verb, operation)}</article>"
    )


def _callers(operation: dict[str, Any]) -> str:
    roles = operation.get("x-roles")
    return (
        f'<p class="roles">For {escape(", ".join(roles))}.</p>'
        if roles
        else '<p class="roles">Public: no token needed.</p>'
    )


def _parameters(operation: dict[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row"><code>{escape(parameter["name"])}</code>{" <em>required</em>" if parameter.get("required") else ""}</th>'
        f"<td>{escape(parameter['in'])}</td><td>{in_words(parameter['schema'])}</td>"
        f"<td>{prose(parameter.get('description', ''))}</td></tr>"
        for parameter in operation.get("parameters", ())
    )
    return f"<h4>Parameters</h4>{table('Parameters', ('Name', 'In', 'Type', 'Meaning'), rows)}" if rows else ""


def _body(operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    parts = []
    for media_type, described in content.items():
        schema = _body_schema(described["schema"])
        fields = fields_table(schemas.get(name_of(schema), schema)) if media_type == "application/json" else ""
        parts.append(f"<h4>Body <code>{escape(media_type)}</code></h4>{fields}{sample(described['example'])}")
    return "".join(parts)


def _body_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema of a body, also where the body may be left out."""
    choice: dict[str, Any] = schema.get("anyOf", [schema])[0]
    return choice


def _answers(operation: dict[str, Any]) -> str:
    parts = []
    for status, answer in operation["responses"].items():
        if status in {"4XX", "503"}:
            continue  # the same for every operation: a problem
        content = answer.get("content", {})
        kinds = " or ".join(in_words(described.get("schema", {})) for described in content.values())
        text = answer["description"].replace("Successful Response", "Done.")
        line = f"<b>{escape(status)}</b> {prose(text)}"
        examples = "".join(sample(described["example"]) for described in content.values())
        parts.append(
            f"<details><summary>{line}</summary><p>{kinds}</p>{examples}</details>" if examples else f"<p>{line}</p>"
        )
    refusal = (
        '<p>Refusals are a <a href="#schema-Problem"><code>Problem</code></a>; <a href="#problems">the kinds</a>.</p>'
    )
    return f"<h4>Answers</h4>{''.join(parts)}{refusal}"


def _form(path: str, verb: str, operation: dict[str, Any]) -> str:
    """Returns the form to try the operation; it is hidden where there is no script."""
    name = escape(operation["operationId"])
    inputs = "".join(
        _input(name, parameter)
        for parameter in operation.get("parameters", ())
        if parameter["name"] not in _OF_THE_SCRIPT
    )
    content = operation.get("requestBody", {}).get("content", {})
    body = ""
    if content:
        media_type = next(iter(content)) if "text/csv" not in content else "text/csv"
        body = (
            f'<label for="{name}-body">Body, <code>{media_type}</code></label><textarea id="{name}-body" rows="8" spellcheck="false"'
            f' data-media="{media_type}">{escape(indented(content[media_type]["example"]))}</textarea>'
        )
    warning = "" if verb == "get" else '<p class="warning">This is no rehearsal: what is sent is recorded.</p>'
    return (
        f'<details class="try" hidden><summary>Try it</summary><form data-verb="{verb.upper()}" data-path="{escape(path)}"'
        f"{' data-keyed' if _takes_key(operation) else ''}>{inputs}{body}{warning}"
        '<p class="buttons"><button type="submit">Send</button><button type="button" class="stop" hidden>Stop</button></p>'
        '<div class="outcome" aria-live="polite"></div></form></details>'
    )


def _takes_key(operation: dict[str, Any]) -> bool:
    return any(parameter["name"] == "Idempotency-Key" for parameter in operation.get("parameters", ()))


def _input(operation: str, parameter: dict[str, Any]) -> str:
    """Returns the field of a parameter: a choice where its values are enumerated, else a line of text."""
    name, place = escape(parameter["name"]), parameter["in"]
    field = f"{operation}-{place}-{name}"
    choices = parameter["schema"].get("anyOf", [parameter["schema"]])
    values = [value for choice in choices for value in choice.get("enum", ())]
    if any(choice.get("type") == "boolean" for choice in choices):
        values = ["true", "false"]
    common = f'id="{field}" data-in="{place}" data-name="{name}"{" required" if parameter.get("required") else ""}'
    label = f'<label for="{field}"><code>{name}</code> <small>{place}</small></label>'
    if values:
        options = "".join(f"<option>{escape(str(value))}</option>" for value in values)
        return f"{label}<select {common}><option></option>{options}</select>"
    value = escape(str(parameter.get("example", ""))) if parameter.get("required") else ""
    return f'{label}<input {common} value="{value}" autocomplete="off" spellcheck="false">'
