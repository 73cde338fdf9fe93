"""Conditions over the fields of a trade, as a pack writes them: guards, exceptions, thresholds by case."""

from detector.features import FEATURES
from detector.rules.declare import OWN_THRESHOLD, Comparison, Condition
from detector.rules.facts import FACTS
from detector.rules.form import Form
from detector.schema import TABLES, Column

NUMERIC = ("money", "number", "count", "flag")
TEXTUAL = ("id", "text", "code")
ORDERED = ("<", "<=", ">", ">=")
WORDS = {"==": "==", "!=": "!=", "not": "!=", "known": "known", **{sign: sign for sign in ORDERED}}
COLUMNS: dict[str, Column] = {column.name: column for column in TABLES["trades"].columns}


def parse_conditions(form: Form) -> tuple[Condition, ...]:
    """The conditions of a table `field = test`; mistakes are noted in the form."""
    return tuple(
        Condition(field, _tests(form, field, value))
        for field, value in form.table.items()
        if _is_field(form, field)
    )


def _is_field(form: Form, field: str) -> bool:
    known = field in COLUMNS or field in FACTS or field in FEATURES
    if not known:
        form.note(field, f"no field {field!r}: neither a column of trades, nor a fact, nor a feature")
    return known


def _tests(form: Form, field: str, value: object) -> tuple[Comparison, ...]:
    if not isinstance(value, dict):
        return (_test(form, field, "==", value),)
    unknown = [word for word in value if word not in WORDS]
    if unknown or not value:
        form.note(
            field,
            f"{field}: {', '.join(unknown) or 'nothing'} is no comparison; known are {', '.join(WORDS)}",
        )
    return tuple(_test(form, field, WORDS[word], held) for word, held in value.items() if word in WORDS)


def _test(form: Form, field: str, compare: str, held: object) -> Comparison:
    values = tuple(_value(form, field, compare, one) for one in (held if isinstance(held, list) else [held]))
    if compare in ORDERED and len(values) != 1:
        form.note(field, f"{field}: {compare} takes one number")
    return Comparison(compare, values)


def _value(form: Form, field: str, compare: str, value: object) -> str | float:
    """One value of a test: a text for text columns, a number (a truth value as 1 or 0) for all other fields."""
    column = COLUMNS.get(field)
    if compare == "known":
        if not isinstance(value, bool):
            form.note(field, f"{field}: known is true or false")
        return float(value is True)
    textual = column is not None and column.type in TEXTUAL
    if column is not None and column.type == "instant":
        form.note(field, f"{field} is an instant; test whether it is known, or compare periods as facts")
    elif textual and not isinstance(value, str):
        form.note(field, f"{field} is {value!r}; expected a text")
    elif column is not None and column.choices and value not in column.choices:
        form.note(field, f"{field} is {value!r}; expected one of {', '.join(column.choices)}")
    if isinstance(value, str):
        if not textual and value != OWN_THRESHOLD:
            form.note(field, f"{field} is {value!r}; expected a number, true, false or {OWN_THRESHOLD!r}")
        return value
    return float(value) if isinstance(value, int | float) else 0.0
