"""Memory of a training step of the convolutional network: nbnet's arena against what PyTorch's process grows by."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from typing import Any

from benchmarks.frameworks import framework
from benchmarks.images import ImageNetwork, labelled
from benchmarks.machine import forget_peak, peak_bytes, resident_bytes
from benchmarks.memory import give_back
from benchmarks.processes import Settings, present, run_worker
from benchmarks.tables import Table, at_most
from benchmarks.timing import short

CASES = {"nbnet": ("nbnet", ""), "torch": ("torch", "default"), "torch channels_last": ("torch", "channels_last")}
BATCH = 128
STEPS = 5
ALLOWED = 0.8
"""How many times PyTorch's growth the arena may be."""


def work(case: str, settings: Settings) -> dict[str, Any]:
    """Growth of one framework in bytes, in a process that runs no other.

    The baseline is taken when the model has trained on one sample: the code, the weights and the optimizer's slots are
    there, PyTorch's gradients of the weights too, and so is the batch. `grown` is the most that the process ever held
    during the steps beyond that, None where the system does not say.
    """
    name, layout = CASES[case]
    module = framework(name)
    found: dict[str, Any] = {"version": module.setup(settings.threads), "grown": None}
    network = ImageNetwork()
    x, y = network.data(BATCH)
    if name == "nbnet":
        one, whole, found["arena"] = _nbnet(network, x, y)
    else:
        step = module.stepper(network, layout)
        single, batch = ((module.images(rows, layout), module.torch.from_numpy(y[: len(rows)])) for rows in (x[:1], x))
        one, whole = (lambda: step(*single)), (lambda: step(*batch))
    one()
    give_back()
    before = resident_bytes()
    known = forget_peak()
    for _ in range(STEPS):
        whole()
    after = peak_bytes()
    if known and before is not None and after is not None:
        found["grown"] = after - before
    return found


def _nbnet(network: ImageNetwork, x: Any, y: Any) -> tuple[Callable[[], Any], Callable[[], Any], int]:
    """Steps of one model on one sample and on all, the kernels of both loaded, and the arena's bytes."""
    import nbnet
    from benchmarks import with_nbnet
    from nbnet.kernels import jit

    plan = nbnet.function(with_nbnet.model(network).train_step).explain(x, y)
    for kernel in plan.kernels():
        jit.load(kernel)
    step = nbnet.function(with_nbnet.model(network).train_step)
    return lambda: step(x[:1], y[:1]), lambda: step(x, y), plan.arena


def table(found: dict[str, list[dict[str, Any]]]) -> Table:
    """The results: case → one result a process."""
    made = Table(
        f"Memory of a training step of {ImageNetwork().name}, batch {BATCH}: MiB",
        ["framework", "growth", "arena", "arena / least growth of PyTorch", "target", "verdict"],
        notes=[
            f"Growth: the most that the process held during {STEPS} steps, beyond what it held with the batch when "
            "the same model had trained on one sample: activations, gradients and scratch memory.",
        ],
    )
    grown = {
        case: statistics.median(result["grown"] for result in results)
        for case, results in found.items()
        if results[0]["grown"] is not None
    }
    peers = [value for case, value in grown.items() if case != "nbnet"]
    for case, results in found.items():
        data: dict[str, Any] = {"framework": case, "grown": grown.get(case)}
        cells = [labelled(*CASES[case]), short(grown[case] / 2**20) if case in grown else "-", "-", "-", "", ""]
        if case == "nbnet":
            data["arena"], data["verdict"] = results[0]["arena"], "no growth of PyTorch is known"
            if peers:
                data["ratio"] = data["arena"] / min(peers)
                data["verdict"] = at_most(data["ratio"], ALLOWED)
                cells[3] = f"{data['ratio']:.2f}"
            cells[2], cells[4:] = short(data["arena"] / 2**20), [f"{ALLOWED} x PyTorch", data["verdict"]]
        made.rows.append(cells)
        made.data.append(data)
    return made


def run(settings: Settings) -> list[Table]:
    """Measure each case in processes of its own, in turn; a smoke test leaves PyTorch out."""
    here = present(("nbnet", "torch"), settings)
    cases = [case for case, (name, _) in CASES.items() if name in here][: 1 if settings.quick else None]
    found: dict[str, list[dict[str, Any]]] = {case: [] for case in cases}
    for _ in range(min(settings.rounds, 3)):
        for case in cases:
            found[case].append(run_worker("cnn-memory", case, settings))
    return [table(found)]
