"""Edits of hidden states: by which formula, where, when and with which vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from generate.forward.places import Places
from generate.forward.sites import SITES
from warehouse.errors import InputError, nearest

PHASES = ("prefill", "decode", "both")


def _add(h: torch.Tensor, v: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
    return h + s * v


def _add_norm_matched(h: torch.Tensor, v: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
    return h + s * _norm(h) * _unit(v)


def _project_out(h: torch.Tensor, v: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
    return h - s * (h * _unit(v)).sum(-1, keepdim=True) * _unit(v)


def _replace(h: torch.Tensor, v: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
    return s * v + (1 - s) * h


def _scale(h: torch.Tensor, v: torch.Tensor, s: torch.Tensor) -> torch.Tensor:
    return _project_out(h, v, 1 - s)


def _unit(v: torch.Tensor) -> torch.Tensor:
    return v / _norm(v)


def _norm(x: torch.Tensor) -> torch.Tensor:
    norm: torch.Tensor = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return norm


FORMULAS: dict[str, Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]] = {
    "add": _add,
    "add_norm_matched": _add_norm_matched,
    "project_out": _project_out,
    "replace": _replace,
    "scale": _scale,
}


@dataclass(frozen=True, eq=False)
class Edit:
    """One change of the hidden state h at a site, with vector v (u = v / ‖v‖) and strength s.

    | kind               | new state           | source                                          |
    |--------------------|---------------------|-------------------------------------------------|
    | `add`              | h + s v             | Turner et al. 2023, arXiv 2308.10248            |
    | `add_norm_matched` | h + s ‖h‖ u         | Activation Oracles, arXiv 2512.15674, injection |
    | `project_out`      | h - s (h·u) u       | Arditi et al. 2024, arXiv 2406.11717, at s = 1  |
    | `replace`          | s v + (1 - s) h     | SelfIE, Chen et al. 2024, arXiv 2403.10949      |
    | `scale`            | h + (s - 1) (h·u) u | the component along u becomes s times itself    |

    Computed in float32 (float64 states in float64) and rounded once to the state's own format.
    """

    kind: str
    site: str
    layer: int
    #: [dim] for all rows or [batch, dim] by row; dim is one head's width at `attn_head_in`.
    vectors: torch.Tensor
    #: One number for all rows, or [batch].
    strength: float | torch.Tensor = 1.0
    #: `prefill`: the tokens `at`; `decode`: the last column of every decode step; or `both`.
    phase: str = "both"
    #: Tokens of the prefill; None means every one, padding included.
    at: Places | None = None
    #: Which head; needed at `attn_head_in` and only there. Several heads are several edits.
    head: int | None = None

    def __post_init__(self) -> None:
        """Raise InputError where the parts do not fit each other."""
        for name, known in (("kind", tuple(FORMULAS)), ("site", SITES), ("phase", PHASES)):
            if (given := getattr(self, name)) not in known:
                raise InputError(f"An edit has no {name} '{given}'.{nearest(given, known)}")
        if (self.head is None) == (self.site == "attn_head_in"):
            raise InputError(
                "An edit at attn_head_in needs a head, and at any other site has none; this one "
                f"at {self.site} has head {self.head}."
            )
        if self.at is not None and self.phase == "decode":
            raise InputError(
                "Places are places of the prefill; an edit of the decode phase changes the last "
                "column of every step. Leave `at` out, or choose the phase 'both'."
            )
        self._check_numbers()

    def _check_numbers(self) -> None:
        strength = torch.as_tensor(self.strength)
        if self.vectors.ndim not in (1, 2) or strength.ndim > 1:
            raise InputError(
                "An edit's vectors are [dim] or [batch, dim] and its strength a number or [batch]; "
                f"they are {list(self.vectors.shape)} and {list(strength.shape)}."
            )
        if not (torch.isfinite(self.vectors).all() and torch.isfinite(strength).all()):
            raise InputError("An edit's vectors and strengths must be finite numbers.")
        directed = self.kind in ("add_norm_matched", "project_out", "scale")
        if directed and not self.vectors.any(dim=-1).all():
            raise InputError(f"A vector of an edit is 0, which is no direction to {self.kind}.")
