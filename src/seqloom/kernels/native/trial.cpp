// The product and the functions of the headers, for the tests that hold them to torch's.

#include "gemm.h"
#include "parallel.h"

// C [rows, n] (+)= A [rows, k] W^T, W [n, k], or [k, n] where `transposed`; columns shared out among threads.
SL_API void SL_EXPORT(product)(const float* a, const float* w, float* c, int64_t rows, int64_t n, int64_t k,
                               int64_t transposed, int64_t accumulate, int64_t threads) {
    sl::Packed packed;
    packed.pack(w, n, k, transposed ? 1 : k, transposed ? n : 1);
    const int64_t parts = sl::most(1, sl::least(threads, packed.panels()));
    sl::parallel(parts, threads, [&](int64_t part) {
        packed.columns(a, k, rows, c, n, accumulate, packed.panels() * part / parts,
                       packed.panels() * (part + 1) / parts);
    });
}

// y_i = exp, sigmoid or tanh of x_i (which = 0, 1, 2).
SL_API void SL_EXPORT(function)(const float* x, float* y, int64_t n, int64_t which) {
    if (which == 0) sl::map(x, y, n, [](sl::vf v) { return sl::exp(v); });
    if (which == 1) sl::map(x, y, n, [](sl::vf v) { return sl::sigmoid(v); });
    if (which == 2) sl::map(x, y, n, [](sl::vf v) { return sl::tanh(v); });
}
