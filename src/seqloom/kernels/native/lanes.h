// Loops over n numbers of which the last ones may fill only a part of a vector.
#pragma once

#include "vector.h"

namespace sl {
namespace {

struct Whole {
    vf load(const float* p) const { return sl::load(p); }
    void store(float* p, vf x) const { sl::store(p, x); }
};

// The first n of a vector; what is not loaded is 0.
struct Part {
    int64_t n;
    vf load(const float* p) const { return load_part(p, n); }
    void store(float* p, vf x) const { store_part(p, x, n); }
};

// Call f(place, lane) for every vector of n numbers; f loads and stores through its lane.
template <class F>
inline void each(int64_t n, const F& f) {
    int64_t i = 0;
    for (; i + WIDTH <= n; i += WIDTH) f(i, Whole{});
    if (i < n) f(i, Part{n - i});
}

// x . y; four sums, so that no addition waits for the one before.
inline float dot(const float* x, const float* y, int64_t n) {
    vf sums[4] = {zero(), zero(), zero(), zero()};
    int64_t i = 0;
    for (; i + 4 * WIDTH <= n; i += 4 * WIDTH)
        for (int v = 0; v < 4; v++) sums[v] = fma(load(x + i + v * WIDTH), load(y + i + v * WIDTH), sums[v]);
    each(n - i, [&](int64_t j, auto lane) { sums[0] = fma(lane.load(x + i + j), lane.load(y + i + j), sums[0]); });
    return sum((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

// y += a x.
inline void add(float a, const float* x, float* y, int64_t n) {
    each(n, [&](int64_t j, auto lane) { lane.store(y + j, fma(set1(a), lane.load(x + j), lane.load(y + j))); });
}

}  // namespace
}  // namespace sl
