"""The one place that decides how a kernel is compiled.

House rules for every kernel in this folder:

1. Inputs are C-contiguous ``float64`` values and ``int64`` offsets, then scalars; group ``g`` is
   ``values[offsets[g]:offsets[g + 1]]``.
2. The result is a new ``float64`` array, one element per group, or per value if the name ends in ``_each``.
3. NaN is missing and is skipped unless the kernel says otherwise; too few values give NaN; nothing raises.
4. No global state, no randomness, no allocation in the inner loop where it can be avoided.
5. Fast-math stays off: the "no NaN" assumption would silently break rule 3.
6. No floating-point reduction across threads: a result never depends on the number of threads.
"""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile `function` with numba, cached on disk where a cache directory can be written.

    A service account may have neither a home nor a writable package directory; numba then refuses to cache
    when the decorator runs. The kernel is compiled without a cache in that case.
    """
    return _compiled(function, parallel=False)


def parallel_kernel(function: F) -> F:
    """Compile `function` like `kernel`, with `numba.prange` loops spread over threads."""
    return _compiled(function, parallel=True)


def inlined_kernel(function: F) -> F:
    """`function` as a part of the kernels that call it: loops over a number they name as a constant unroll."""
    return cast(F, numba.njit(inline="always", error_model="numpy")(function))


def _compiled(function: F, *, parallel: bool) -> F:
    try:
        compiled = numba.njit(cache=True, error_model="numpy", parallel=parallel)(function)
    except RuntimeError:
        compiled = numba.njit(error_model="numpy", parallel=parallel)(function)
    return cast(F, compiled)
