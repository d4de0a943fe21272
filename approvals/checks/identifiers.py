"""Whatever identifies a person, in any text of the post. Source: requirements.md sections 2 and 4."""

from collections.abc import Iterator

from approvals.checks import contacts, counts, documents, individuals, names, nhs_numbers, secrets
from approvals.checks.context import Context
from approvals.checks.reading import Rule, apply, units
from approvals.content import Content
from approvals.findings import Finding

RULES: tuple[Rule, ...] = (
    nhs_numbers.nhs_numbers,
    nhs_numbers.hospital_numbers,
    individuals.births,
    contacts.postcodes,
    contacts.street_addresses,
    contacts.phones,
    contacts.emails,
    contacts.handles,
    documents.official,
    documents.bank,
    documents.vehicles,
    documents.registrations,
    individuals.beds,
    individuals.circumstances,
    individuals.deceased,
    counts.small_numbers,
    secrets.secrets,
    secrets.soliciting,
)


def personal(content: Content, context: Context) -> Iterator[Finding]:
    """In a picture's words every one of them is IMG-TEXT-PID, as the picture itself must change (D-17)."""
    rules = (*RULES, names.unaccounted(content, context))
    for unit in units(content):
        for rule in rules:
            for finding in apply(rule, unit, context):
                if unit.in_picture:
                    params = {"rule": finding.code}
                    yield Finding("IMG-TEXT-PID", finding.severity, finding.language, finding.where, params)
                else:
                    yield finding
