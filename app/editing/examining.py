"""What is wrong with a definition, and what to look at again, each with its place."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.competitions import definition, examples
from app.competitions.definition import CompetitionDefinition
from app.errors import Unprocessable
from grader import yaml_source
from grader.errors import DefinitionError, Misplaced
from grader.references import Lookup

NAME = "definition"


@dataclass(frozen=True, slots=True)
class Examined:
    """A definition's text: what it says, None where it says nothing that holds; findings and remarks by their places."""

    text: str
    definition: CompetitionDefinition | None
    findings: Sequence[Misplaced] = ()
    remarks: Sequence[Misplaced] = ()

    @property
    def network_told(self) -> str:
        """One line about the networks that are taken."""
        if self.definition is None:
            return ""
        exact = self.definition.grading.exact
        if exact is not None:
            return f"{exact.parameters:,} parameters in {len(exact.slots)} arrays"
        return "any network" if self.definition.grading.grading.network.free else "a family of networks"

    def accepted(self) -> CompetitionDefinition:
        """The definition. Raises Unprocessable with every finding."""
        if self.definition is None:
            told = "; ".join(told_place(each) for each in self.findings)
            errors = [each._asdict() for each in self.findings]
            raise Unprocessable("definition", f"The definition cannot be saved: {told}.", errors=errors)
        return self.definition


def told_place(finding: Misplaced) -> str:
    """A finding as a sentence."""
    place = f"line {finding.line}, column {finding.column}: " if finding.line else ""
    return place + finding.message


def examine(text: str, lookup: Lookup, slug: str | None = None) -> Examined:
    """Reads a definition's text as browsers send it; `slug` is the one that it has to keep."""
    text = plain(text)
    try:
        source = yaml_source.parse(text, NAME)
        found = definition.from_source(source, lookup)
    except DefinitionError as error:
        return Examined(text, None, error.findings)
    if slug is not None and found.slug != slug:
        wrong = source.finding(f"slug: it stands in addresses and stays {slug}, got {found.slug}", ("slug",))
        return Examined(text, None, (wrong,))
    compared = [examples.compare(each, found.grading) for each in found.course.examples]
    remarks = [
        source.finding(f"the example {each.given}: {each.problem}", ("course", "examples", number))
        for number, each in enumerate(compared)
        if each.problem
    ]
    if not compared:
        remarks.append(source.finding("course.examples: none is stated, and the check list asks for one", ("course",)))
    return Examined(text, found, (), remarks)


def plain(text: str) -> str:
    """The text with the line ends of YAML files; browsers send those of mail."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
