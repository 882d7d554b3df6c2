"""Prompts declare their variables, and hold to them."""

import pytest

import prompts
from retrieval.writing import NO_EVIDENCE


@pytest.mark.parametrize("name", ["write", "understand"])
def test_the_stable_part_has_no_variables(name: str) -> None:
    """The system part never changes, so a provider can cache it."""
    assert "{{" not in prompts.load(name).system


def test_the_prompt_names_the_token_of_no_evidence() -> None:
    """The token that the writer looks for stands alone on a line of the prompt."""
    assert NO_EVIDENCE in prompts.load("write").system.splitlines()


def test_values_are_not_rendered_again() -> None:
    """A value that looks like a variable stays as it is."""
    prompt = prompts.parse("p", "variables: a, b\n# system\nS\n# user\n{{a}} {{b}}\n")
    assert prompt.render(a="{{b}}", b="x") == ("S", "{{b}} x")


@pytest.mark.parametrize(("values", "message"), [({}, "missing a"), ({"a": "1", "b": "2"}, "unknown b")])
def test_rendering_needs_exactly_what_is_declared(values: dict[str, str], message: str) -> None:
    """A missing or unknown variable is an error that names it."""
    with pytest.raises(prompts.PromptError, match=message):
        prompts.parse("p", "variables: a\n# system\nS\n# user\n{{a}}\n").render(**values)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("variables: a, b\n# system\nS\n# user\n{{a}}\n", "missing b"),
        ("variables:\n# system\n{{c}}\n# user\nU\n", "unknown c"),
        ("# user\nU\n", "variables"),
    ],
)
def test_loading_checks_the_declared_set(text: str, message: str) -> None:
    """A file that does not use exactly what it declares does not load."""
    with pytest.raises(prompts.PromptError, match=message):
        prompts.parse("p", text)


@pytest.mark.parametrize("name", ["nothing", "../pyproject"])
def test_an_unknown_prompt_is_an_error(name: str) -> None:
    """Only files of this folder are prompts."""
    with pytest.raises(prompts.PromptError, match="no prompt"):
        prompts.load(name)
