"""Gather and scatter by plain loops over nested lists [outer][axis][inner]."""


def gather(x, index, inner, nothing):
    """(out, error): out[o][j] = x[o][index[j]], or `nothing` for a bad index; error is 1 + the first bad position."""
    out, error = [], 0
    for matrix in x:
        rows = []
        for j, number in enumerate(index):
            if -len(matrix) <= number < len(matrix):
                rows.append(list(matrix[number]))
            else:
                rows.append([nothing] * inner)
                error = error or j + 1
        out.append(rows)
    return out, error


def scatter(updates, index, axis, inner):
    """(out, error): out[o][index[j]][i] += updates[o][j][i] in the order of j; bad indices are left out."""
    out, error = [], 0
    for matrix in updates:
        rows = [[0] * inner for _ in range(axis)]
        for j, number in enumerate(index):
            if -axis <= number < axis:
                for i in range(inner):
                    rows[number][i] = rows[number][i] + matrix[j][i]
            else:
                error = error or j + 1
        out.append(rows)
    return out, error
