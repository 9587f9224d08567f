// The product and the functions of the headers, for the tests that hold them to torch's.

#include <pthread.h>

#include "gemm.h"
#include "parallel.h"
#include "team.h"

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

// What a team of `threads` shares out `times` times, `parts` parts each: how often each part was done [times, parts], and
// by whom.
SL_API void SL_EXPORT(shares)(int64_t parts, int64_t times, int64_t threads, int64_t* done, int64_t* who) {
    sl::Team team(threads);
    team.lead([&] {
        for (int64_t time = 0; time < times; time++)
            team.share(parts, [&](int64_t part) {
                done[time * parts + part]++;
                who[time * parts + part] = static_cast<int64_t>(pthread_self());
            });
    });
}

// Say that others were waited for since `nanoseconds` ago. Returns whether they are left out now.
SL_API int64_t SL_EXPORT(left_out)(int64_t nanoseconds) {
    seqloom_waited(seqloom_clock() - nanoseconds);
    return seqloom_alone();
}
