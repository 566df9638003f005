"""What this process sets for vLLM before anything of it is imported, where nobody has set it."""

from __future__ import annotations

import os

_ALWAYS = {
    # No second process: nothing stays behind when this one is killed, and the order in which
    # requests run is the same every time.
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    # Nothing about a study leaves the machine.
    "VLLM_NO_USAGE_STATS": "1",
    # stdout is data, and vLLM would log there.
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
    "VLLM_LOGGING_LEVEL": "ERROR",
}
_ON_A_CPU = {
    # Compiling one helper of the sampler took 27 s, more than most runs on a CPU.
    "TORCHDYNAMO_DISABLE": "1",
    # GiB for keys and values. Unset, vLLM takes nearly all of the machine's memory.
    "VLLM_CPU_KVCACHE_SPACE": "2",
    # Its CPU kernels say on every start that memory is bound to the node that it is on.
    "TORCH_CPP_LOG_LEVEL": "ERROR",
}


def prepare(device: str) -> None:
    """Set the defaults; torch reads some of them when it is first imported."""
    for name, value in (_ALWAYS | (_ON_A_CPU if device == "cpu" else {})).items():
        os.environ.setdefault(name, value)
