// Packed layers for Python: made once, run many times.

#include "linear.h"

#include "parallel.h"

// Pack W [n, k] and b [n] (null: none) as 0 float32, 1 bf16 or 2 int8.
SL_API void* SL_EXPORT(linear_new)(const float* w, const float* b, int64_t n, int64_t k, int64_t precision) {
    sl::Linear* made = new sl::Linear;
    made->make(static_cast<sl::Precision>(precision), n, k);
    made->put(0, w, b, n);
    return made;
}

// y [rows, n] = x [rows, k] W^T + b, both contiguous, each thread with rows of its own.
SL_API void SL_EXPORT(linear_run)(const void* layer, const float* x, float* y, int64_t rows, int64_t threads) {
    const sl::Linear& own = *static_cast<const sl::Linear*>(layer);
    const int64_t parts = sl::most(1, sl::least(threads, rows));
    sl::parallel(parts, threads, [&](int64_t part) {
        const int64_t from = rows * part / parts, to = rows * (part + 1) / parts;
        sl::Scratch scratch;
        own.run(x + from * own.k, own.k, to - from, y + from * own.n, own.n, scratch);
    });
}

SL_API void SL_EXPORT(linear_free)(void* layer) { delete static_cast<sl::Linear*>(layer); }
