"""vLLM loaded into this process, one model at a time."""

from __future__ import annotations

import gc
import logging
import warnings
from typing import Any

from generate.engines.base import Options
from generate.engines.local.adapter import Adapter
from generate.engines.local.checkpoint import Checkpoint, unloadable
from generate.engines.vllm.model import Model
from warehouse.errors import InputError

# On a CPU vLLM shares prefixes in blocks of 128 tokens unless told otherwise: longer than most
# questions, so nothing would be shared. 32 is the smallest that its kernels take.
_CPU_BLOCK = 32
# On a CPU an adapter's matrices are copied for every token of a batch; copies of this many
# tokens stay in the processor's cache, which halved the time.
_CPU_LORA_BATCH = 512
# Requests that vLLM computes at a time, where batches are made smaller than its own.
_SEQUENCES = 256
# The ranks for which vLLM makes room; an adapter gets the next one up.
_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)


_Key = tuple[Checkpoint, str, str, Options]
_current: tuple[_Key, Model] | None = None


def loaded(checkpoint: Checkpoint, device: str, dtype: str, options: Options) -> Model:
    """Return the model, ready to answer; raise InputError if it cannot be loaded.

    vLLM takes nearly all memory of a GPU for one model, so another is unloaded before.
    """
    global _current
    key = (checkpoint, device, dtype, options)
    if _current is not None and _current[0] != key:
        _current[1].close()
        _current = None
        _free()
    if _current is None:
        _current = key, _load(*key)
    return _current[1]


def _free() -> None:
    from vllm.distributed.parallel_state import cleanup_dist_env_and_memory

    gc.collect()
    cleanup_dist_env_and_memory()


def _load(checkpoint: Checkpoint, device: str, dtype: str, options: Options) -> Model:
    checkpoint.weights()  # refuses what is not safetensors before vLLM looks at it
    arguments = _arguments(checkpoint, device, dtype, options)
    # Of a missing Triton torch warns at every start on a CPU; vLLM does without it there.
    logging.getLogger("torch._library.triton").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside vLLM, of no use to anyone here
        llm = _opened(checkpoint, arguments)
    return Model(llm, _lora(llm, checkpoint))


def _opened(checkpoint: Checkpoint, arguments: dict[str, Any]) -> Any:
    try:
        from vllm import LLM
    except Exception as error:  # a broken installation fails in many ways
        raise InputError(
            f"vLLM is installed but cannot be imported: {error}. See docs/vllm.md."
        ) from error
    try:
        return LLM(**arguments)
    except Exception as error:  # vLLM, torch and model code raise whatever they like
        raise unloadable("network", checkpoint, error) from error


def _arguments(checkpoint: Checkpoint, device: str, dtype: str, options: Options) -> dict[str, Any]:
    adapter, cpu = checkpoint.adapter, device == "cpu"
    given: dict[str, Any] = {
        "model": str(checkpoint.folder),
        "dtype": dtype,
        "load_format": "safetensors",
        "trust_remote_code": options.trust_remote_code,
        # The longest context for which there is memory, up to the model's own.
        "max_model_len": -1,
        "enable_prefix_caching": True,
        "logprobs_mode": "raw_logprobs",
        "use_tqdm_on_load": False,
        "seed": 0,
    }
    if cpu:
        given |= {"enforce_eager": True, "block_size": _CPU_BLOCK}
    if adapter is not None:
        given |= {"enable_lora": True, "max_loras": 1, "max_lora_rank": _rank(adapter)}
    most = options.batch_tokens or (_CPU_LORA_BATCH if cpu and adapter is not None else None)
    if most is not None:
        given |= {"max_num_batched_tokens": most, "max_num_seqs": min(most, _SEQUENCES)}
    return given


def _rank(adapter: Adapter) -> int:
    """Return the least of vLLM's ranks that holds every matrix of the adapter."""
    pattern = adapter.config.get("rank_pattern") or {}
    largest = max([adapter.config.get("r", 8), *pattern.values()])
    fitting = [rank for rank in _RANKS if rank >= largest]
    if not fitting:
        raise InputError(
            f"The adapter {adapter.name} has rank {largest}; vLLM takes up to {_RANKS[-1]}."
        )
    return fitting[0]


def _lora(llm: Any, checkpoint: Checkpoint) -> Any:
    """Return the request that puts the adapter to work, with its weights loaded, or None."""
    adapter = checkpoint.adapter
    if adapter is None:
        return None
    adapter.weights()  # refuses pickle before vLLM looks for any
    from vllm.lora.request import LoRARequest

    request = LoRARequest(adapter.name, 1, str(adapter.folder))
    try:
        llm.llm_engine.add_lora(request)
    except Exception as error:
        raise unloadable("adapter", checkpoint, error) from error
    return request
