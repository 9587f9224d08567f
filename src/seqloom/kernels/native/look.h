// Attention of one query at a time over keys and values that lie anywhere (Vaswani et al. 2017, eq. 1).
#pragma once

#include "lanes.h"

namespace sl {
namespace {

// Turn scores into weights that sum to 1.
inline void softmax(float* w, int64_t n) {
    const int64_t whole = n / WIDTH * WIDTH;
    vf tops = set1(-__builtin_inff());
    for (int64_t i = 0; i < whole; i += WIDTH) tops = max(load(w + i), tops);
    float top = largest(tops);
    for (int64_t i = whole; i < n; i++) top = w[i] > top ? w[i] : top;
    map(w, w, n, [top](vf x) { return exp(x - set1(top)); });
    vf sums = load_part(w + whole, n - whole);
    for (int64_t i = 0; i < whole; i += WIDTH) sums = sums + load(w + i);
    const vf rate = set1(1.0f / sum(sums));
    map(w, w, n, [rate](vf x) { return x * rate; });
}

// V vectors of the mixture, from `i` on.
template <int V>
inline void mix(const float* const* values, const float* w, int64_t count, int64_t i, float* out) {
    vf sums[V];
    for (int v = 0; v < V; v++) sums[v] = zero();
    for (int64_t u = 0; u < count; u++)
        for (int v = 0; v < V; v++) sums[v] = fma(set1(w[u]), load(values[u] + i + v * WIDTH), sums[v]);
    for (int v = 0; v < V; v++) store(out + i + v * WIDTH, sums[v]);
}

// out [width] = sum_u softmax_u(w) values[u], zeros where there is nothing; `w` [count] holds scores, then weights.
inline void look_by(float* w, const float* const* values, int64_t width, int64_t count, float* out) {
    softmax(w, count);
    int64_t i = 0;
    for (; i + 4 * WIDTH <= width; i += 4 * WIDTH) mix<4>(values, w, count, i, out);
    for (; i + WIDTH <= width; i += WIDTH) mix<1>(values, w, count, i, out);
    if (i < width) {
        const int64_t left = width - i;
        vf sums = zero();
        for (int64_t u = 0; u < count; u++) sums = fma(set1(w[u]), load_part(values[u] + i, left), sums);
        store_part(out + i, sums, left);
    }
}

// The same for the scores factor q . keys[u]; `w` is room for `count` weights.
inline void look(const float* q, int64_t key_width, const float* const* keys, const float* const* values,
                 int64_t value_width, int64_t count, float factor, float* w, float* out) {
    for (int64_t u = 0; u < count; u++) w[u] = factor * dot(q, keys[u], key_width);
    look_by(w, values, value_width, count, out);
}

}  // namespace
}  // namespace sl
