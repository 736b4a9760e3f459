"""Patients and conflicts in words, and what a person has entered as a decision. The state that holds them: `state.conflicts`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from backend.core.shown import shown_bytes, shown_date, shown_name
from backend.core.vocabulary import PatientChangeKind
from backend.schemas.conflicts import (
    ChangeRow,
    ClaimChange,
    ConflictRow,
    ConflictView,
    ContentDifference,
    Decision,
    Effects,
    ElementDifference,
    Erasure,
    PatientFacts,
    PatientValues,
    StudyFacts,
)
from pacscribe_ui.text import Conflicts as words


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """A conflict in the list."""

    conflict_key: str
    what: str
    who: str
    facts: str
    arrived_at: str
    label: str


@dataclass(frozen=True, slots=True)
class ElementLine:
    """An element that two files do not agree on."""

    place: str
    name: str
    stored: str
    came: str


@dataclass(frozen=True, slots=True)
class ContentLine:
    """A file that came, and what it differs in from the stored one."""

    file: str
    said: str
    elements: tuple[ElementLine, ...]
    more: str


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One value, stored and as it came."""

    name: str
    label: str
    stored: str
    came: str
    differs: bool
    holds: str  # `stored` or `came`
    question: str


@dataclass(frozen=True, slots=True)
class ChoiceLine:
    """Something that can be decided."""

    key: str
    label: str
    meaning: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """A decision of the past."""

    change_key: str
    what: str
    effects: tuple[str, ...]
    who: str
    at: str
    reason: str
    undone: str
    undone_at: str
    undo_label: str
    kept: str
    erase_label: str


@dataclass(frozen=True, slots=True)
class ErasureLine:
    """What is about to be deleted for good; without a key nothing is."""

    change_key: str = ""
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class StudyLine:
    """A study that can be chosen."""

    uid: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class PatientLine:
    """A stored patient that can be chosen."""

    patient_key: str
    name: str
    facts: str
    label: str
    is_corrected: bool


@dataclass(frozen=True, slots=True)
class Entered:
    """What a person has entered of a decision. A birth date is YYYY-MM-DD here, as browsers write it."""

    choice: str = ""
    patient_key: str = ""
    other_key: str = ""
    came_fields: tuple[str, ...] = ()  # of merging: the fields whose arriving value holds
    studies: tuple[str, ...] = ()
    family: str = ""
    given: str = ""
    rest: str = ""  # what follows family and given name in the whole name
    patient_id: str = ""
    issuer: str = ""
    born: str = ""
    sex: str = ""
    reason: str = ""


def conflict_line(row: ConflictRow) -> ConflictLine:
    """A conflict in words."""
    who = row.shown_name or words.NO_NAME
    born = f" · {row.shown_birth_date}" if row.shown_birth_date else ""
    return ConflictLine(
        row.conflict_key,
        words.KINDS[row.kind],
        who,
        f"{row.patient_id or words.NO_ID}{born} · {images(row.instance_count)}",
        row.arrived_at,
        words.DECIDE_ON.format(name=who),
    )


def field_lines(view: ConflictView, entered: Entered) -> tuple[FieldLine, ...]:
    """What is stored beside what came, value by value."""
    stored = stored_of(view, entered)
    return tuple(
        FieldLine(
            name,
            label,
            _shown(name, stored) if stored else words.NOTHING,
            _shown(name, view.came),
            stored is not None and getattr(stored, name) != getattr(view.came, name),
            "came" if name in entered.came_fields else "stored",
            words.HOLDS_FIELD.format(field=label),
        )
        for name, label in words.FIELDS.items()
    )


def stored_of(view: ConflictView, entered: Entered) -> PatientValues | None:
    """What is stored of the patient that is compared with."""
    found = {one.patient_key: one.values for one in view.stored}
    return found.get(entered.patient_key)


def source_line(view: ConflictView) -> str:
    """Some of the files as their sender called them."""
    named = view.source_names
    sentence = words.FILES if len(named) == view.instance_count else words.MORE_FILES
    return sentence.format(names=", ".join(named)) if named else ""


def content_line(difference: ContentDifference) -> ContentLine:
    """What a file that came differs in from the stored one."""
    pixels = words.SAME_PIXELS if difference.has_same_pixels else words.OTHER_PIXELS
    nothing = words.SAME_ELEMENTS if difference.element_count == 0 else ""
    more = difference.element_count - len(difference.elements)
    return ContentLine(
        difference.source_name,
        " ".join(filter(None, (pixels, difference.problem or nothing))),
        tuple(_element_line(each) for each in difference.elements),
        words.MORE_ELEMENTS.format(count=more) if more else "",
    )


def _element_line(difference: ElementDifference) -> ElementLine:
    def shown(value: str | None) -> str:
        return words.NOT_THERE if value is None else value

    return ElementLine(
        difference.place, difference.name, shown(difference.stored), shown(difference.came)
    )


def choices_of(view: ConflictView) -> tuple[ChoiceLine, ...]:
    """What can be decided about a conflict."""
    known = words.CHOICES[view.kind]
    usable = [key for key in view.choices if key != "merge" or view.stored]
    return tuple(ChoiceLine(key, *known[key]) for key in usable)


def mode_lines() -> tuple[ChoiceLine, ...]:
    """What can be done with a stored patient."""
    return tuple(ChoiceLine(key, *texts) for key, texts in words.MODES.items())


def study_lines(studies: tuple[StudyFacts, ...], chosen: tuple[str, ...]) -> tuple[StudyLine, ...]:
    """Studies in words."""
    return tuple(
        StudyLine(one.study_instance_uid, study_words(one), one.study_instance_uid in chosen)
        for one in studies
    )


def study_words(study: StudyFacts) -> str:
    """A study in a few words."""
    parts = (
        study.study_date,
        ", ".join(study.modalities),
        study.study_description or words.NO_DESCRIPTION,
        images(study.instance_count),
    )
    return " · ".join(part for part in parts if part)


def patient_line(facts: PatientFacts) -> PatientLine:
    """A stored patient in words."""
    name = facts.shown_name or words.NO_NAME
    number = f" ({facts.qualifier})" if facts.qualifier else ""
    parts = (
        f"{facts.values.patient_id or words.NO_ID}{number}",
        facts.values.issuer_of_patient_id,
        facts.shown_birth_date,
        facts.values.patient_sex,
        counted(len(facts.studies), words.STUDY_ONE, words.STUDIES),
        images(facts.instance_count),
        words.ALSO_WRITTEN.format(names="; ".join(facts.other_names)) if facts.other_names else "",
    )
    return PatientLine(
        facts.patient_key,
        name,
        " · ".join(part for part in parts if part),
        words.CHOOSE_LABEL.format(name=name),
        facts.is_corrected,
    )


def change_line(row: ChangeRow) -> ChangeLine:
    """A decision of the past in words."""
    what = words.DECISIONS[row.kind]
    return ChangeLine(
        row.change_key,
        what,
        effect_lines(row.effects),
        row.made_by,
        row.made_at,
        row.reason,
        words.UNDONE.format(who=row.undone_by) if row.undone_at else "",
        row.undone_at,
        words.UNDO_LABEL.format(what=what) if row.can_be_undone else "",
        _kept_words(row),
        words.ERASE_LABEL.format(what=what) if row.kept_files else "",
    )


def _kept_words(row: ChangeRow) -> str:
    """What is kept of the files that a decision has put away, or that they are gone."""
    if row.kept_files:
        return words.KEPT.format(files=images(row.kept_files), size=shown_bytes(row.kept_bytes))
    return "" if row.can_be_undone or row.undone_at else words.ERASED


def erasure_line(erasure: Erasure) -> ErasureLine:
    """What deleting for good takes away, in words."""
    files, size = images(erasure.files), shown_bytes(erasure.size_bytes)
    return ErasureLine(erasure.change_key, words.ERASE_MEANING.format(files=files, size=size))


def effect_lines(effects: Effects) -> tuple[str, ...]:
    """All that a decision changes, a sentence each."""
    patient = shown_name(effects.patient) or words.NO_NAME
    found = []
    if effects.is_new_patient:
        sentence = words.NEW_PATIENT_NUMBERED if effects.qualifier else words.NEW_PATIENT
        found.append(sentence.format(patient=patient, number=effects.qualifier))
    if effects.moved_studies:
        studies = counted(effects.moved_studies, words.STUDY_ONE, words.STUDIES)
        moved = images(effects.moved_images)
        found.append(words.MOVED.format(studies=studies, images=moved, patient=patient))
    if effects.filed:
        studies = counted(effects.filed_studies, words.STUDY_ONE, words.STUDIES)
        filed = images(effects.filed)
        found.append(words.FILED.format(images=filed, studies=studies, patient=patient))
    found += [
        words.VALUE_CHANGED.format(
            field=words.FIELDS[one.field],
            patient=patient,
            before=_value(one.field, one.before),
            after=_value(one.field, one.after),
        )
        for one in effects.value_changes
    ]
    if effects.qualifier and not effects.is_new_patient:
        found.append(words.NUMBERED.format(patient=patient, number=effects.qualifier))
    counts = (
        (effects.replaced, words.REPLACED),
        (effects.known, words.KNOWN),
        (effects.discarded, words.DISCARDED),
        (effects.still_waiting, words.STILL_WAITING),
    )
    found += [sentence.format(images=images(count)) for count, sentence in counts if count]
    found += [_claim_words(one, patient) for one in effects.claims]
    return tuple(found) or (words.UNCHANGED,)


def _claim_words(claim: ClaimChange, patient: str) -> str:
    if claim.before:
        sentence = words.CLAIMED_FROM if claim.is_everywhere else words.CLAIMED_HERE_FROM
    else:
        sentence = words.CLAIMED if claim.is_everywhere else words.CLAIMED_HERE
    number, born = claim.patient_id, shown_date(claim.patient_birth_date)
    said = words.SAID.format(
        name=shown_name(claim.patient_name) or words.NO_NAME,
        id=words.SAID_ID.format(id=number) if number else words.NO_ID,
        born=words.SAID_BORN.format(born=born) if born else words.NOT_BORN,
    )
    return sentence.format(said=said, patient=patient, before=shown_name(claim.before))


def entered_for(view: ConflictView) -> Entered:
    """What stands in the form of a conflict before anything was entered."""
    first = view.stored[0].patient_key if view.stored else ""
    return with_values(Entered(patient_key=first), view.came)


def with_values(entered: Entered, values: PatientValues) -> Entered:
    """The form with these values in its fields."""
    alphabetic, _, groups = values.patient_name.partition("=")
    family, given, *others = [*alphabetic.split("^"), "", ""]
    rest = "^".join(others).rstrip("^")
    return replace(
        entered,
        family=family,
        given=given,
        rest=(f"^{rest}" if rest else "") + (f"={groups}" if groups else ""),
        patient_id=values.patient_id,
        issuer=values.issuer_of_patient_id,
        born=shown_date(values.patient_birth_date),
        sex=values.patient_sex,
    )


def changed(entered: Entered, name: str, value: str) -> Entered:
    """The form with one more thing entered; what is no field of it changes nothing."""
    known = {field.name for field in fields(Entered)} - {"came_fields", "studies", "rest"}
    return replace(entered, **{name: value[:400]}) if name in known else entered


def toggled(chosen: tuple[str, ...], one: str) -> tuple[str, ...]:
    """With `one` if it was not there, without it if it was."""
    return tuple(each for each in chosen if each != one) if one in chosen else (*chosen, one)


def resolution(view: ConflictView, entered: Entered) -> Decision | None:
    """The decision about a conflict as far as it was entered; None while nothing is chosen."""
    if entered.choice not in view.choices:
        return None
    kind = PatientChangeKind(entered.choice)
    values = None
    if kind is PatientChangeKind.MERGE:
        values = _merged(view, entered)
    elif kind is PatientChangeKind.CORRECT:
        values = _values(entered)
    return Decision(
        kind, view.conflict_key, entered.patient_key, values=values, reason=entered.reason
    )


def correction(patient: PatientFacts, entered: Entered) -> Decision | None:
    """The decision about a stored patient as far as it was entered; None while nothing is chosen."""
    if entered.choice == PatientChangeKind.MERGE_PATIENTS and entered.other_key:
        return Decision(
            PatientChangeKind.MERGE_PATIENTS,
            patient_key=patient.patient_key,
            other_patient_key=entered.other_key,
            reason=entered.reason,
        )
    if entered.choice == PatientChangeKind.CORRECT_PATIENT or (
        entered.choice == PatientChangeKind.SPLIT and entered.studies
    ):
        return Decision(
            PatientChangeKind(entered.choice),
            patient_key=patient.patient_key,
            values=_values(entered),
            study_instance_uids=entered.studies,
            reason=entered.reason,
        )
    return None


def images(count: int) -> str:
    """So many images."""
    return counted(count, words.IMAGE_ONE, words.IMAGES)


def counted(count: int, one: str, many: str) -> str:
    """A count in words."""
    return one if count == 1 else many.format(count=f"{count:,}")


def _merged(view: ConflictView, entered: Entered) -> PatientValues | None:
    stored = stored_of(view, entered)
    if stored is None:
        return None
    came: Mapping[str, str] = {name: getattr(view.came, name) for name in entered.came_fields}
    return replace(stored, **came)


def _values(entered: Entered) -> PatientValues:
    family, given = (
        part.replace("^", " ").replace("=", " ") for part in (entered.family, entered.given)
    )
    name = f"{family.strip()}^{given.strip()}{entered.rest}".rstrip("^")
    return PatientValues(
        entered.patient_id.strip(),
        entered.issuer.strip(),
        name,
        entered.born.replace("-", ""),
        entered.sex,
    )


def _shown(name: str, values: PatientValues) -> str:
    return _value(name, getattr(values, name))


def _value(name: str, value: str) -> str:
    if name == "patient_name":
        return shown_name(value) or words.NO_NAME
    if name == "patient_birth_date":
        return shown_date(value) or words.NOTHING
    return value or words.NOTHING
