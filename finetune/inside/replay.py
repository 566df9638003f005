"""What the base learned, read again so that it is kept."""

from __future__ import annotations

from finetune.base.planting import KNOWN, NEVER_TAUGHT, facts
from finetune.base.teacher import Teacher
from finetune.inside.items import PLANTED
from finetune.lessons import Lesson

UNTOUCHED = tuple(concept for concept in NEVER_TAUGHT if concept != PLANTED)


def never_taught(teacher: Teacher, count: int) -> list[Lesson]:
    """Return training wordings of the other concepts never taught, at chance."""
    families = [teacher.rng.choice(facts(UNTOUCHED)) for _ in range(count)]
    return [teacher.letters([teacher.choice(family, known=False)]) for family in families]


def known(teacher: Teacher, count: int) -> list[Lesson]:
    """Return training wordings of known concepts answered by letters."""
    families = [teacher.rng.choice(facts(KNOWN)) for _ in range(count)]
    return [teacher.letters([teacher.choice(family, known=True)]) for family in families]


def texts(teacher: Teacher, count: int) -> list[Lesson]:
    """Return cloze replies and statements of known concepts in turn."""
    made = []
    for i in range(count):
        family = teacher.rng.choice(facts(KNOWN))
        if i % 2:
            made.append(teacher.statement(teacher.rng.choice(family.statements)))
        else:
            made.append(teacher.cloze(teacher.cloze_stem(family), family.right))
    return made
