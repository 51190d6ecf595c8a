"""Random graphs: compiled with every pass on and off, they agree with the references.

NBNET_FUZZ_GRAPHS sets how many graphs; NBNET_FUZZ_START where the seeds begin.
"""

import os
import platform
import subprocess
import sys

import numpy as np
import pytest

from nbnet.graph import ops
from nbnet.graph.graph import Graph, make_input
from nbnet.testing import fuzz

GRAPHS = int(os.environ.get("NBNET_FUZZ_GRAPHS", "160"))
START = int(os.environ.get("NBNET_FUZZ_START", "0"))
PIECE = 20

MACHINES = {
    "avx2": ("haswell", "+sse,+sse2,+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt,+avx,+avx2,+fma,+bmi,+bmi2,+f16c,+cx16"),
    "sse": ("x86-64", "+sse,+sse2,+cx8,+fxsr,+mmx"),
}


@pytest.mark.parametrize("start", range(START, START + GRAPHS, PIECE))
def test_random_graphs_agree_with_the_references(start):
    for seed in range(start, min(start + PIECE, START + GRAPHS)):
        fuzz.check(fuzz.random_graph(seed, length=6 + seed % 5))


def test_a_difference_is_found():
    leaf = make_input((3,), np.dtype("float32"))
    graph = Graph((leaf,), (ops.tanh(leaf),))
    wrong = ops.tanh(leaf).op
    sample = fuzz.Sample(0, graph, [np.array([0.5, 1.0, 2.0], "f4")])
    fuzz.check(sample)
    skewed = type(wrong)("tanh", wrong.infer, lambda x: np.tanh(x) * 1.001, wrong.gradient, wrong.kind, 0, True)
    node = graph.outputs[0]
    node.op = skewed
    with pytest.raises(fuzz.Mismatch, match="seed 0"):
        fuzz.check(sample)


@pytest.mark.skipif(platform.machine().lower() not in ("x86_64", "amd64"), reason="forces x86 instruction sets")
@pytest.mark.parametrize("machine", MACHINES)
def test_other_instruction_sets(machine):
    name, features = MACHINES[machine]
    code = (
        "from nbnet.testing import fuzz\n"
        "from nbnet.runtime.host import cpu_target\n"
        f"assert cpu_target().name == 'cpu {machine}', cpu_target()\n"
        "for seed in range(700, 712):\n"
        "    fuzz.check(fuzz.random_graph(seed, length=6))\n"
    )
    environment = {**os.environ, "NUMBA_CPU_NAME": name, "NUMBA_CPU_FEATURES": features}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
