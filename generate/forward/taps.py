"""Read and edit a model's hidden states while it runs.

One context serves one batch: its prefill, and the decode steps of its generation if any.

    with tapped(model, read=[("resid_post", 12)], at=Places(rows, columns), edits=[edit]) as taps:
        model.generate(...)
    taps.vectors["resid_post", 12]

A pass is a prefill while the cache holds `prefix` tokens (none, if not said otherwise), and a
decode step when it holds more. With fewer it fills the cache for a prefill to come: nothing
is read or edited. At one site edits come first, in their order, so that what is read shows
them; `output_hidden_states` of transformers may not, as it installs its own hooks at first use.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import torch
from torch.utils.hooks import RemovableHandle

from generate.forward.edits import Edit
from generate.forward.places import Places
from generate.forward.reading import Reader
from generate.forward.sites import INPUTS, Anatomy, Site
from generate.forward.writing import Writer
from warehouse.errors import InputError


@contextmanager
def tapped(
    model: Any,
    read: Sequence[Site] = (),
    at: Places | None = None,
    edits: Sequence[Edit] = (),
    prefix: int = 0,
) -> Iterator[Taps]:
    """Read sites (name, layer) at some places of the prefill (None: all), and apply edits.

    Raises InputError for a site that the model does not have, and on a normal exit where a hook
    did not fire once in every pass. The model is left as it was in any case.
    """
    taps = Taps(Anatomy(model), Reader(read, at), edits, prefix)
    try:
        taps.install()
        yield taps
        taps.check()
        taps.vectors = taps.reader.copied()
    finally:
        taps.remove()


class Taps:
    """The hooks of one batch; made by `tapped`.

    After the context `vectors` maps each site read to a CPU tensor in the state's own number
    format: [places, dim], at `attn_head_in` [places, heads, head_dim], with [batch, tokens] for
    [places] where all tokens are read. They share memory: copy one that is to outlive the others.
    `fired` counts the visits of each site, `passes` those of each phase (prefix, prefill, decode).
    """

    def __init__(
        self, anatomy: Anatomy, reader: Reader, edits: Sequence[Edit], prefix: int
    ) -> None:
        """Take what `tapped` takes; install nothing yet."""
        self.anatomy, self.reader, self._prefix = anatomy, reader, prefix
        self._writers: defaultdict[Site, list[Writer]] = defaultdict(list)
        for edit in edits:
            if edit.head is not None and not 0 <= edit.head < (anatomy.heads or 0):
                raise InputError(f"{anatomy.name} has {anatomy.heads} heads, no head {edit.head}.")
            self._writers[edit.site, edit.layer].append(Writer(edit))
        self._sites = reader.sites | set(self._writers)
        self._needs_prefill = bool(reader.sites) or any(e.phase == "prefill" for e in edits)
        self._handles: list[RemovableHandle] = []
        self._phase, self._shape, self._unvisited, self._exits = "", torch.Size(), 0, False
        self.fired: Counter[Site] = Counter()
        self.passes: Counter[str] = Counter()
        self.vectors: dict[Site, torch.Tensor] = {}

    def install(self) -> None:
        """Put the hooks on the model; without sites there are none."""
        modules = {site: self.anatomy.module(*site) for site in self._sites}
        if modules:
            first = self.anatomy.blocks[0]
            self._handles.append(first.register_forward_pre_hook(self._begin, with_kwargs=True))
        for site, module in modules.items():
            if site[0] in INPUTS:
                enter = partial(self._enter, site)
                handle = module.register_forward_pre_hook(enter, with_kwargs=True)
            else:
                handle = module.register_forward_hook(partial(self._leave, site))
            self._handles.append(handle)

    def remove(self) -> None:
        """Take the hooks off the model."""
        while self._handles:
            self._handles.pop().remove()

    def select_rows(self, index: torch.Tensor) -> None:
        """Tell the edits that row i of the batch is from now on what was row `index[i]`.

        To be called wherever the cache's `batch_select_indices` is.
        """
        for writers in self._writers.values():
            for writer in writers:
                writer.select_rows(index)

    def check(self) -> None:
        """Raise InputError unless every hook fired once in every pass, and there was a pass.

        An edit of decode steps may have seen none: a reply can be over at its first token.
        """
        total = self.passes.total()
        for site, layer in sorted(self._sites):
            if not total or self.fired[site, layer] != total:
                raise InputError(
                    f"{site} of layer {layer} of {self.anatomy.name} was visited "
                    f"{self.fired[site, layer]} times in {total} passes. Run the model within the "
                    "context, and tap only sites that it visits once in every pass."
                )
        if self._needs_prefill and not self.passes["prefill"]:
            raise InputError(
                "No pass was a prefill, so nothing was read or edited there: no cache held "
                f"prefix = {self._prefix} tokens. Name the number that it holds before the batch."
            )

    @contextmanager
    def early_exit(self) -> Iterator[None]:
        """Let a pass within this context end it as soon as all sites have been visited."""
        self._exits = True
        try:
            with suppress(_AllVisited):
                yield
        finally:
            self._exits = False

    def _begin(self, _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        caches = (a for a in (*args, *kwargs.values()) if hasattr(a, "get_seq_length"))
        past = max((int(cache.get_seq_length()) for cache in caches), default=0) - self._prefix
        self._phase = "decode" if past > 0 else "prefix" if past < 0 else "prefill"
        self.passes[self._phase] += 1
        self._unvisited = len(self._sites)
        self._shape = (args[0] if args else kwargs["hidden_states"]).shape[:2]

    def _enter(
        self, site: Site, _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        if args:
            return (self._visit(site, args[0]), *args[1:]), kwargs
        return args, kwargs | {"hidden_states": self._visit(site, kwargs["hidden_states"])}

    def _leave(self, site: Site, _: Any, args: Any, output: Any) -> Any:
        if isinstance(output, tuple):
            return self._visit(site, output[0]), *output[1:]
        return self._visit(site, output)

    def _visit(self, site: Site, value: torch.Tensor) -> torch.Tensor:
        """Return the value as edited, and keep what is to be read of it."""
        self.fired[site] += 1
        self._unvisited -= 1
        if self._phase != "prefix":
            value = self._edited(site, value)
        if self._phase == "prefill" and site in self.reader.sites:
            self.reader.gather(site, self._states(site, value))
        if self._exits and not self._unvisited:
            raise _AllVisited
        return value

    def _edited(self, site: Site, value: torch.Tensor) -> torch.Tensor:
        phases = ("both", self._phase)
        writers = [w for w in self._writers.get(site, ()) if w.edit.phase in phases]
        if not writers:
            return value
        # A copy, since the residual stream or the model's own hooks may hold this tensor.
        value = value.clone(memory_format=torch.contiguous_format)
        states = self._states(site, value)
        for writer in writers:
            part = states if writer.edit.head is None else states[:, :, writer.edit.head]
            writer.write(part, decode=self._phase == "decode")
        return value

    def _states(self, site: Site, value: torch.Tensor) -> torch.Tensor:
        """Return a view as [batch, tokens, dim] or [batch, tokens, heads, head_dim]."""
        # OPT flattens batch and tokens before its MLP, mixtures of experts behind it.
        if value.ndim > 3 or value.shape[:-1].numel() != self._shape.numel():
            raise InputError(
                f"{site[0]} of layer {site[1]} of {self.anatomy.name} has shape "
                f"{list(value.shape)}, not one vector for each of {list(self._shape)} tokens; "
                "blocks of this kind cannot be read or edited."
            )
        heads = [self.anatomy.heads or 1] if site[0] == "attn_head_in" else []
        return value.reshape(*self._shape, *heads, -1)


class _AllVisited(BaseException):
    """Ends a pass; no `except Exception` in a model's own code can stop it."""
