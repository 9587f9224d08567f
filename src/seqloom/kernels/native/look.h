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

// The sums of four vectors, side by side.
inline __m128 four_sums(vf a, vf b, vf c, vf d) {
#if defined(__AVX512F__)
    const vf ab = _mm512_unpacklo_ps(a, b) + _mm512_unpackhi_ps(a, b);
    const vf cd = _mm512_unpacklo_ps(c, d) + _mm512_unpackhi_ps(c, d);
    const __m512d low = _mm512_unpacklo_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd));
    const __m512d high = _mm512_unpackhi_pd(_mm512_castps_pd(ab), _mm512_castps_pd(cd));
    const vf each = _mm512_castpd_ps(low) + _mm512_castpd_ps(high);
    const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(each), _mm512_extractf32x8_ps(each, 1));
#else
    const vf ab = _mm256_unpacklo_ps(a, b) + _mm256_unpackhi_ps(a, b);
    const vf cd = _mm256_unpacklo_ps(c, d) + _mm256_unpackhi_ps(c, d);
    const __m256d low = _mm256_unpacklo_pd(_mm256_castps_pd(ab), _mm256_castps_pd(cd));
    const __m256d high = _mm256_unpackhi_pd(_mm256_castps_pd(ab), _mm256_castps_pd(cd));
    const __m256 half = _mm256_castpd_ps(low) + _mm256_castpd_ps(high);
#endif
    return _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
}

// w [count] = factor q . (keys[u] + at), four keys at a time.
inline void score(const float* q, int64_t width, const float* const* keys, int64_t at, int64_t count, float factor,
                  float* w) {
    int64_t u = 0;
    for (; u + 4 <= count; u += 4) {
        vf sums[4] = {zero(), zero(), zero(), zero()};
        each(width, [&](int64_t i, auto lane) {
            const vf asked = lane.load(q + i);
            for (int k = 0; k < 4; k++) sums[k] = fma(asked, lane.load(keys[u + k] + at + i), sums[k]);
        });
        _mm_storeu_ps(w + u, _mm_mul_ps(four_sums(sums[0], sums[1], sums[2], sums[3]), _mm_set1_ps(factor)));
    }
    for (; u < count; u++) w[u] = factor * dot(q, keys[u] + at, width);
}

// V vectors of the mixture, from `i` on, two values at a time so that no addition waits for the one before.
template <int V>
inline void mix(const float* const* values, const float* w, int64_t count, int64_t i, float* out) {
    vf sums[2][V];
    for (int v = 0; v < V; v++) sums[0][v] = sums[1][v] = zero();
    int64_t u = 0;
    for (; u + 2 <= count; u += 2)
        for (int k = 0; k < 2; k++)
            for (int v = 0; v < V; v++)
                sums[k][v] = fma(set1(w[u + k]), load(values[u + k] + i + v * WIDTH), sums[k][v]);
    for (; u < count; u++)
        for (int v = 0; v < V; v++) sums[0][v] = fma(set1(w[u]), load(values[u] + i + v * WIDTH), sums[0][v]);
    for (int v = 0; v < V; v++) store(out + v * WIDTH, sums[0][v] + sums[1][v]);
}

// out [width] = sum_u softmax_u(w) (values[u] + at), zeros where there is nothing; `w` [count] holds scores, then
// weights.
inline void look_by(float* w, const float* const* values, int64_t width, int64_t count, float* out, int64_t at = 0) {
    softmax(w, count);
    int64_t i = 0;
    for (; i + 4 * WIDTH <= width; i += 4 * WIDTH) mix<4>(values, w, count, at + i, out + i);
    for (; i + WIDTH <= width; i += WIDTH) mix<1>(values, w, count, at + i, out + i);
    if (i < width) {
        const int64_t left = width - i;
        vf sums = zero();
        for (int64_t u = 0; u < count; u++) sums = fma(set1(w[u]), load_part(values[u] + at + i, left), sums);
        store_part(out + i, sums, left);
    }
}

// The same for the scores factor q . (keys[u] + key_at); `w` is room for `count` weights. A head looks at its part of
// keys and values, which begins at `key_at` and `value_at`.
inline void look(const float* q, int64_t key_width, const float* const* keys, const float* const* values,
                 int64_t value_width, int64_t count, float factor, float* w, float* out, int64_t key_at = 0,
                 int64_t value_at = 0) {
    score(q, key_width, keys, key_at, count, factor, w);
    look_by(w, values, value_width, count, out, value_at);
}

}  // namespace
}  // namespace sl
