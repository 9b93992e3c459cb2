"""Turns the embedded model's GGUF file into a checkpoint that vLLM and SGLang load: safetensors, 270 MB, 15 s.

    PYTHON_OF_AN_ENGINE checkpoint.py MODEL.gguf FOLDER

Runs in an engine's environment, for it needs torch, transformers, gguf and accelerate. The file says `llama` and
holds no field that a plain Llama model lacks, so the checkpoint is one: both engines have it built in.
"""

import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig, LlamaConfig, LlamaForCausalLM

ROPE_THETA = 100_000.0  # the model card's; the GGUF reader puts it where the engines do not look
SHAPE = {
    "bos_token_id",
    "eos_token_id",
    "head_dim",
    "hidden_size",
    "intermediate_size",
    "max_position_embeddings",
    "num_attention_heads",
    "num_hidden_layers",
    "num_key_value_heads",
    "pad_token_id",
    "rms_norm_eps",
    "tie_word_embeddings",
    "vocab_size",
}


def make_checkpoint(gguf: Path, folder: Path) -> None:
    """Write the checkpoint of `gguf` to `folder`, its weights as bfloat16."""
    where = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
    # Dequantised while reading: else the weights stay Q4_1, which transformers cannot save.
    plain = GgufConfig(dequantize=True)
    read = AutoModelForCausalLM.from_pretrained(**where, dtype=torch.bfloat16, quantization_config=plain)
    shape = {name: value for name, value in read.config.to_dict().items() if name in SHAPE}
    model = LlamaForCausalLM(LlamaConfig(**shape, rope_theta=ROPE_THETA)).to(torch.bfloat16)
    weights = {name: tensor for name, tensor in read.state_dict().items() if "rotary" not in name}
    model.load_state_dict(weights)
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(**where).save_pretrained(folder)


if __name__ == "__main__":
    make_checkpoint(Path(sys.argv[1]), Path(sys.argv[2]))
