"""The HTTP interface under `/api/v1`: controllers decode, call one action, answer."""
