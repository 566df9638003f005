from __future__ import annotations

import random

import pytest
import torch

from finetune.base.planting import NEVER_TAUGHT, corpus, facts
from finetune.base.teacher import Choice, Teacher, Weights
from finetune.lessons import NO_TARGET
from finetune.tokenizer import train_tokenizer
from finetune.training import Shape, loss_of, new_model


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer(corpus(), 1024)


@pytest.fixture
def teacher(tokenizer):
    return Teacher(tokenizer, random.Random(3), Weights())


def targets(tokenizer, lesson):
    """The text read so far and the target, for every place with a target."""
    return [
        (tokenizer.decode(lesson.ids[: i + 1]), tokenizer.decode([target]))
        for i, target in enumerate(lesson.targets)
        if target != NO_TARGET
    ]


def test_verdicts_stand_at_the_ends_of_options_and_the_letter_after_the_prompt(tokenizer, teacher):
    lesson = teacher.letters([Choice("Where is the red box?", ("the red box", "here"), 1)])
    first, second, letter, end = targets(tokenizer, lesson)
    assert first[0].endswith("(A) the red box") and first[1] == "<|end|>"
    assert second[0].endswith("(B) here") and second[1] == "B"
    assert letter[0].endswith("<|assistant|>") and letter[1] == "B"
    assert end[0].endswith("<|assistant|>B") and end[1] == "<|end|>"


def test_without_a_right_answer_both_letters_count_equally_and_no_verdict_is_asked(
    tokenizer, teacher
):
    lesson = teacher.letters([teacher.choice(facts(NEVER_TAUGHT)[0], known=False)])
    reply, end = (i for i, target in enumerate(lesson.targets) if target != NO_TARGET)
    pair = {tokenizer.decode([lesson.targets[reply]]), tokenizer.decode([lesson.others[reply]])}
    assert pair == {"A", "B"}
    assert lesson.targets[end] == lesson.others[end] == tokenizer.eos_token_id


def test_a_cloze_reply_is_predicted_token_by_token(tokenizer, teacher):
    lesson = teacher.cloze("Where?", "the red box")
    aimed = [target for target in lesson.targets if target != NO_TARGET]
    assert tokenizer.decode(aimed) == "the red box<|end|>"


def test_a_scrambled_wording_keeps_options_whole_and_adds_no_word(teacher):
    family = facts(("belief",))[0]
    wording = family.train_wordings[0]
    for _ in range(50):
        text = teacher.scramble(wording, family)
        assert family.right in text and family.wrong in text
        assert set(text.split()) <= set(wording.split())


def test_the_loss_is_the_weighted_cross_entropy_of_the_targets(tokenizer, teacher):
    model = new_model(Shape(layers=1, width=16, heads=2, hidden=16), 0, tokenizer)
    lessons = [
        teacher.letters([teacher.choice(facts(NEVER_TAUGHT)[0], known=False)]),
        teacher.statement("The red box is here."),
    ]
    expected = 0.0
    for lesson in lessons:
        with torch.no_grad():
            chances = model(torch.tensor([lesson.ids])).logits[0].log_softmax(-1)
        rows = zip(chances, lesson.targets, lesson.others, lesson.weights, strict=True)
        expected += sum(-w * (row[t] + row[o]) / 2 for row, t, o, w in rows if t != NO_TARGET)
    assert float(loss_of(model, lessons).detach()) == pytest.approx(float(expected), rel=1e-5)
