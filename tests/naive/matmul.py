"""Matrix product and register tile by plain loops."""


def matmul(a, b, columns):
    """C[i][n] = sum over k of a[i][k] * b[k][n], of nested lists; in the numbers' own arithmetic."""
    result = []
    for row in a:
        line = []
        for n in range(columns):
            total = 0
            for k in range(len(b)):
                total = total + row[k] * b[k][n]
            line.append(total)
        result.append(line)
    return result
