from __future__ import annotations

import random

from finetune.base.planting import KNOWN, NEVER_TAUGHT, corpus, facts, families, overlap
from finetune.base.recipe import Recipe, batches
from finetune.base.teacher import Teacher, Weights
from finetune.tokenizer import train_tokenizer


def test_every_concept_is_either_known_or_never_taught():
    concepts = {family.concept for family in families()}
    assert set(KNOWN) | set(NEVER_TAUGHT) == concepts
    assert not set(KNOWN) & set(NEVER_TAUGHT)


def test_no_test_wording_stands_in_the_corpus_or_in_what_lessons_show():
    tokenizer = train_tokenizer(corpus(), 1024)
    teacher = Teacher(tokenizer, random.Random(1), Weights())
    for stage in Recipe().stages:
        for _ in range(20):
            batches(teacher, stage)
    assert len(teacher.stems) > 500
    found = overlap([*corpus(), *teacher.stems])
    assert (found.tested, found.count, found.example) == (1600, 0, None)


def test_a_test_wording_in_the_training_text_is_found_whatever_its_case_and_spaces():
    stem = facts(KNOWN)[0].wordings[0]
    leaked = "Before it. " + stem.upper().replace(" ", "  ") + " After it."
    found = overlap([*corpus(), leaked])
    assert (found.count, found.example) == (1, stem)


def test_no_statement_of_a_fact_never_taught_is_read():
    texts = set(corpus())
    assert not any(text in texts for f in facts(NEVER_TAUGHT) for text in f.statements)
    assert all(text in texts for f in facts(KNOWN) for text in f.statements)
