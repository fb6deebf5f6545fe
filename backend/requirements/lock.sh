#!/usr/bin/env bash
# Writes the pinned, hashed requirement files from the .in files. Needs uv (pip install uv) and, for the CPU build of
# torch, TORCH_CPU_WHEEL: a file whose hash is added to torch's (the CPU build has a hash of its own).
# The embedded model runs on Python 3.10 and newer, the full model on 3.11 and newer (transformers asks for it).
set -euo pipefail
cd "$(dirname "$0")"
compile() {
  uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links --no-annotate \
    --custom-compile-command "backend/requirements/lock.sh" "$@"
}
compile embedded.in -c systems.in --python-version 3.10 -o embedded.txt
compile embedded-cuda.in -c embedded.txt --python-version 3.11 -o embedded-cuda.txt
compile embedded-directml.in -c embedded.txt --python-version 3.11 -o embedded-directml.txt
compile uv.in --python-version 3.10 -o uv.txt
compile gate.in --python-version 3.10 -o gate.txt
compile full-cuda.in --python-version 3.11 -c embedded.txt -o full-cuda.txt
# full-cpu: as full-cuda, but without torch's CUDA companions and the GPU-only packages. On Linux it wants the CPU
# build of torch at hand (pip's find-links or an extra index); on Windows and macOS the usual torch is that build.
awk '/^[a-z0-9]/ { keep = $0 !~ /^(nvidia-|cuda-|triton|bitsandbytes|torchao)/ } !/^[a-z0-9 ]/ { keep = 1 } keep' full-cuda.txt > full-cpu.txt
sed -i "s/^torch==\([0-9.]*\)/torch==\1 ; sys_platform != 'linux'/" full-cpu.txt
if [ -n "${TORCH_CPU_WHEEL:-}" ]; then
  name=$(basename "$TORCH_CPU_WHEEL")
  printf "torch==%s ; sys_platform == 'linux' \\\\\n    --hash=sha256:%s\n" \
    "$(cut -d- -f2 <<< "$name")" "$(sha256sum "$TORCH_CPU_WHEEL" | cut -d' ' -f1)" >> full-cpu.txt
fi
compile train.in --python-version 3.11 -c full-cuda.txt -o train.txt
compile dev.in --python-version 3.11 -c full-cpu.txt -o dev.txt
