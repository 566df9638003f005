"""What a model of the family knows: letter and cloze accuracy on the test wordings.

A plain reference that reads the same prompts as `generate`, kept apart from its engines so
that a rebuild can be judged without a lake.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from scipy import stats
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from finetune.tokenizer import render
from generate.prompts import continuations, show, variants
from ingest.starter.families import Family

BATCH = 32  # sequences a forward pass


@dataclass(frozen=True)
class Measured:
    """One reading of one concept on the test wordings."""

    concept: str
    reading: str
    n: int  # prompts: questions, times two orders for letters
    families: tuple[float, ...]  # accuracy of each family, the cluster
    margin: float  # mean log-probability of the right option less that of the wrong one
    spread: float  # root mean square of the same difference

    @property
    def accuracy(self) -> float:
        """Return the mean over families, which are equally large."""
        return float(np.mean(self.families))


@dataclass(frozen=True)
class _Prompt:
    family: Family
    text: str
    replies: tuple[str, str]  # the right option's first


def measure(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    families: Sequence[Family],
    reading: str,
) -> list[Measured]:
    """Return one row per concept, from all test wordings and, for letters, both orders.

    The right option counts when its reply is the more probable one, per character in the
    cloze reading; equal replies count one half.
    """
    prompts = [prompt for family in families for prompt in _prompts(family, reading)]
    texts = [(prompt.text, reply) for prompt in prompts for reply in prompt.replies]
    scores = np.array(_log_probabilities(model, tokenizer, texts)).reshape(-1, 2)
    lengths = np.array([[len(reply) for reply in prompt.replies] for prompt in prompts])
    margins = scores[:, 0] - scores[:, 1]
    by_text = scores / lengths if reading == "cloze" else scores
    correct = (np.sign(by_text[:, 0] - by_text[:, 1]) + 1) / 2
    concepts = dict.fromkeys(family.concept for family in families)
    return [_row(concept, reading, prompts, correct, margins) for concept in concepts]


def joint_p_value(rows: Sequence[Measured]) -> float:
    """Return the p-value of a chi-square test that every concept's accuracy is one half.

    The statistic sums the concepts' squared z statistics, families being clusters; a concept
    whose families all have the same accuracy has the binomial variance of its families.
    """
    total = 0.0
    for row in rows:
        k = len(row.families)
        deviation = float(np.std(row.families, ddof=1)) or 0.5
        total += ((row.accuracy - 0.5) / (deviation / np.sqrt(k))) ** 2
    return float(stats.chi2.sf(total, len(rows)))


def lower_bound(row: Measured, tests: int) -> float:
    """Return the lower end of the 95% interval of a concept's accuracy, Bonferroni for `tests`.

    Wilson's interval (Wilson 1927) with the number of families as n and the t quantile, which
    is the widest that any dependence within families can call for; Holm's is never wider.
    """
    k, p = len(row.families), row.accuracy
    t = float(stats.t.ppf(1 - 0.025 / tests, k - 1))
    centre = p + t * t / (2 * k)
    half_width = t * np.sqrt(p * (1 - p) / k + t * t / (4 * k * k))
    return float((centre - half_width) / (1 + t * t / k))


def _prompts(family: Family, reading: str) -> Iterator[_Prompt]:
    choices = [family.right, family.wrong]
    for stem in family.wordings:
        for variant in variants(reading, 2):
            messages = show([{"role": "user", "content": stem}], choices, variant)
            right, wrong = continuations(choices, variant, reading)
            yield _Prompt(family, render(messages), (right, wrong))


def _row(
    concept: str,
    reading: str,
    prompts: Sequence[_Prompt],
    correct: np.ndarray,
    margins: np.ndarray,
) -> Measured:
    mine = np.array([prompt.family.concept == concept for prompt in prompts])
    names = np.array([prompt.family.family_id for prompt in prompts])
    families = tuple(
        float(correct[names == name].mean()) for name in dict.fromkeys(names[mine].tolist())
    )
    root = float(np.sqrt((margins[mine] ** 2).mean()))
    return Measured(concept, reading, int(mine.sum()), families, float(margins[mine].mean()), root)


@torch.inference_mode()
def _log_probabilities(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, texts: Sequence[tuple[str, str]]
) -> list[float]:
    """Return the log-probability (nats) of each reply after its prompt.

    Prompt and reply are tokenised apart; the special token between them makes that equal to
    tokenising them together.
    """
    pairs = [(_ids(tokenizer, prompt), _ids(tokenizer, reply)) for prompt, reply in texts]
    # A reply's last token predicts nothing that is scored, so two letters share one pass.
    passes: dict[tuple[int, ...], list[int]] = {}
    for i, (prompt, reply) in enumerate(pairs):
        passes.setdefault((*prompt, *reply[:-1]), []).append(i)
    scores = [0.0] * len(pairs)
    rows = sorted(passes, key=len)
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        longest = len(batch[-1])
        padded = torch.tensor([[*row, *[0] * (longest - len(row))] for row in batch])
        states = model.model(input_ids=padded).last_hidden_state
        for row, state in zip(batch, states, strict=True):
            for i in passes[row]:
                scores[i] = _reply_score(model, state, *pairs[i])
    return scores


def _reply_score(
    model: PreTrainedModel, state: torch.Tensor, prompt: Sequence[int], reply: Sequence[int]
) -> float:
    predicting = state[len(prompt) - 1 : len(prompt) + len(reply) - 1]
    chances = model.lm_head(predicting).float().log_softmax(-1)
    return float(chances[range(len(reply)), reply].sum())


def _ids(tokenizer: PreTrainedTokenizerBase, text: str) -> list[int]:
    ids: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return ids
