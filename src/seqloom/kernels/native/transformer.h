// What the step of a Transformer decoder and a whole Transformer encoder share: norms, the turning of heads, the
// feed-forward part, and how weights come.
#pragma once

#include "activation.h"
#include "linear.h"

namespace sl {
namespace {

// y = (x - mean) / sqrt(variance + 1e-5) weight + bias, x [n], norm [2, n]; y may be x
inline void normed(const float* x, const float* norm, int64_t n, float* y) {
    const int64_t whole = n / WIDTH * WIDTH, left = n - whole;
    vf sums = load_part(x + whole, left);
    for (int64_t i = 0; i < whole; i += WIDTH) sums = sums + load(x + i);
    const float mean = sum(sums) / static_cast<float>(n);
    vf squares = zero();
    for (int64_t i = 0; i < whole; i += WIDTH) {
        const vf off = load(x + i) - set1(mean);
        squares = fma(off, off, squares);
    }
    float variance = sum(squares);
    for (int64_t i = whole; i < n; i++) variance += (x[i] - mean) * (x[i] - mean);
    const float rate = 1.0f / __builtin_sqrtf(variance / static_cast<float>(n) + 1e-5f);
    for (int64_t i = 0; i < whole; i += WIDTH)
        store(y + i, fma((load(x + i) - set1(mean)) * set1(rate), load(norm + i), load(norm + n + i)));
    for (int64_t i = whole; i < n; i++) y[i] = (x[i] - mean) * rate * norm[i] + norm[n + i];
}

// The same of rows [rows, n], which lie without gaps.
inline void normed_rows(const float* x, const float* norm, int64_t rows, int64_t n, float* y) {
    for (int64_t r = 0; r < rows; r++) normed(x + r * n, norm, n, y + r * n);
}

// Turn each pair of features (i, i + half) of a head [width] by the angle of a step; `place` holds the step's cosines
// and then its sines.
inline void turned(float* head, int64_t width, const float* place) {
    const int64_t half = width / 2;
    const float *cosines = place, *sines = place + half;
    for (int64_t i = 0; i < half; i++) {
        const float left = head[i], right = head[half + i];
        head[i] = left * cosines[i] - right * sines[i];
        head[half + i] = left * sines[i] + right * cosines[i];
    }
}

// y [rows, size] = down(f(up(x))); `inner` is room for what lies between.
inline void fed_forward(const Linear& up, const Linear& down, bool is_gelu, const float* x, int64_t rows, float* inner,
                        float* y, Scratch& scratch) {
    up.run(x, up.k, rows, inner, up.n, scratch);
    if (is_gelu)
        map(inner, inner, rows * up.n, [](vf v) { return gelu(v); });
    else
        map(inner, inner, rows * up.n, [](vf v) { return relu(v); });
    down.run(inner, down.k, rows, y, down.n, scratch);
}

// Takes weights in the order in which Python lists them, and counts their bytes.
struct Weights {
    const float* const* next;
    Precision precision;
    int64_t bytes = 0;

    // A layer, or `count` of them that read the same, as one.
    void linear(Linear& layer, int64_t n, int64_t k, int64_t count = 1) {
        layer.make(precision, count * n, k);
        for (int64_t part = 0; part < count; part++, next += 2) layer.put(part * n, next[0], next[1], n);
        bytes += layer.size();
    }
    void norm(float* out, int64_t size) {
        if (next[0]) memcpy(out, next[0], sizeof(float) * static_cast<size_t>(size));
        if (next[1]) memcpy(out + size, next[1], sizeof(float) * static_cast<size_t>(size));
        next += 2;
    }
};

}  // namespace
}  // namespace sl
