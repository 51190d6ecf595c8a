"""Rosenblatt's perceptron (1958): one neuron that learns the logical AND, the first learning machine.

Train it with ``nbnet train`` and the name of this file. ``--set gate=or`` learns OR. ``--set gate=xor`` shows what one
neuron cannot learn: no straight line separates the cases of XOR, and training says that it did not converge.
"""

import nbnet

# What each gate answers to the inputs (0, 0), (0, 1), (1, 0) and (1, 1).
GATES = {"and": [0, 0, 0, 1], "or": [0, 1, 1, 1], "xor": [0, 1, 1, 0]}


def data(gate: str = "and") -> nbnet.Data:
    """The truth table; since it has all cases there are, the test is on the same table."""
    inputs = [[0, 0], [0, 1], [1, 0], [1, 1]]
    table = (inputs, GATES[gate])
    return nbnet.Data(train=table, test=table, class_names=["false", "true"])


def model(learning_rate: float = 1.0) -> nbnet.Perceptron:
    """One neuron: it answers 1 where the weighted sum of its inputs and its bias is not negative."""
    return nbnet.Perceptron(learning_rate)


# After each mistake the weights move towards the answer; training stops with the first epoch that has none.
fit = {"epochs": 50}
