// Vectors of floats, 16 wide with AVX-512 and 8 wide with AVX2, and the functions of cells on them.
//
// NaN and infinities pass through as in torch. exp, sigmoid and tanh are within 2 units in the last place of float32
// (polynomials of Cephes, S. Moshier).
#pragma once

#include <immintrin.h>

#include "seqloom.h"

namespace sl {
namespace {

#if defined(__AVX512F__)

constexpr int64_t WIDTH = 16;
typedef __m512 vf;

inline vf zero() { return _mm512_setzero_ps(); }
inline vf set1(float x) { return _mm512_set1_ps(x); }
inline vf load(const float* p) { return _mm512_loadu_ps(p); }
inline void store(float* p, vf x) { _mm512_storeu_ps(p, x); }
inline __mmask16 first(int64_t n) { return static_cast<__mmask16>((1u << n) - 1); }
// The first n of WIDTH, 0 <= n < WIDTH; what is not loaded is 0.
inline vf load_part(const float* p, int64_t n) { return _mm512_maskz_loadu_ps(first(n), p); }
inline void store_part(float* p, vf x, int64_t n) { _mm512_mask_storeu_ps(p, first(n), x); }
inline vf fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
// Where y is NaN the answer is NaN.
inline vf max(vf x, vf y) { return _mm512_max_ps(x, y); }
inline vf min(vf x, vf y) { return _mm512_min_ps(x, y); }
inline vf sqrt(vf x) { return _mm512_sqrt_ps(x); }
inline vf abs(vf x) { return _mm512_abs_ps(x); }
inline float sum(vf x) { return _mm512_reduce_add_ps(x); }
inline float largest(vf x) { return _mm512_reduce_max_ps(x); }
inline vf nearest(vf x) { return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
// x * 2^n for whole n.
inline vf scale2(vf x, vf n) { return _mm512_scalef_ps(x, n); }
// a where x < y, b elsewhere (also where one is NaN).
inline vf less(vf x, vf y, vf a, vf b) { return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(x, y, _CMP_LT_OQ), b, a); }
// The sign of y on the size of x.
inline vf signed_as(vf x, vf y) {
    const __m512i sign = _mm512_set1_epi32(static_cast<int>(0x80000000u));
    return _mm512_castsi512_ps(_mm512_or_si512(_mm512_andnot_si512(sign, _mm512_castps_si512(x)),
                                               _mm512_and_si512(sign, _mm512_castps_si512(y))));
}

#else

constexpr int64_t WIDTH = 8;
typedef __m256 vf;

inline vf zero() { return _mm256_setzero_ps(); }
inline vf set1(float x) { return _mm256_set1_ps(x); }
inline vf load(const float* p) { return _mm256_loadu_ps(p); }
inline void store(float* p, vf x) { _mm256_storeu_ps(p, x); }
inline __m256i first(int64_t n) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
inline vf load_part(const float* p, int64_t n) { return _mm256_maskload_ps(p, first(n)); }
inline void store_part(float* p, vf x, int64_t n) { _mm256_maskstore_ps(p, first(n), x); }
inline vf fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
inline vf max(vf x, vf y) { return _mm256_max_ps(x, y); }
inline vf min(vf x, vf y) { return _mm256_min_ps(x, y); }
inline vf sqrt(vf x) { return _mm256_sqrt_ps(x); }
inline vf abs(vf x) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x); }
inline float sum(vf x) {
    __m128 half = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    half = _mm_add_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}
inline float largest(vf x) {
    __m128 half = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    half = _mm_max_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_max_ss(half, _mm_movehdup_ps(half)));
}
inline vf nearest(vf x) { return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
inline vf power2(__m256i n) {
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(127)), 23));
}
// In two halves, for 2^n itself may be too large or too small for a float.
inline vf scale2(vf x, vf n) {
    const __m256i whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1);
    return _mm256_mul_ps(_mm256_mul_ps(x, power2(half)), power2(_mm256_sub_epi32(whole, half)));
}
inline vf less(vf x, vf y, vf a, vf b) { return _mm256_blendv_ps(b, a, _mm256_cmp_ps(x, y, _CMP_LT_OQ)); }
inline vf signed_as(vf x, vf y) {
    const vf sign = _mm256_set1_ps(-0.0f);
    return _mm256_or_ps(_mm256_andnot_ps(sign, x), _mm256_and_ps(sign, y));
}

#endif

// e^x = 2^n e^f with |f| <= ln 2 / 2.
inline vf exp(vf x) {
    x = min(set1(89.0f), max(set1(-104.0f), x));
    const vf n = nearest(x * set1(1.44269504088896341f));
    vf f = fma(n, set1(-0.693359375f), x);
    f = fma(n, set1(2.12194440e-4f), f);
    vf y = set1(1.9875691500e-4f);
    y = fma(y, f, set1(1.3981999507e-3f));
    y = fma(y, f, set1(8.3334519073e-3f));
    y = fma(y, f, set1(4.1665795894e-2f));
    y = fma(y, f, set1(1.6666665459e-1f));
    y = fma(y, f, set1(5.0000001201e-1f));
    y = fma(y * f, f, f + set1(1.0f));
    return scale2(y, n);
}

inline vf sigmoid(vf x) { return set1(1.0f) / (set1(1.0f) + exp(zero() - x)); }

// x + x z P(z), z = x^2, near zero, where 1 - 2 / (e^2x + 1) would lose digits.
inline vf tanh(vf x) {
    const vf size = abs(x), z = x * x;
    vf near = set1(-5.70498872745e-3f);
    near = fma(near, z, set1(2.06390887954e-2f));
    near = fma(near, z, set1(-5.37397155531e-2f));
    near = fma(near, z, set1(1.33314422036e-1f));
    near = fma(near, z, set1(-3.33332819422e-1f));
    near = fma(near * z, x, x);
    const vf far = set1(1.0f) - set1(2.0f) / (exp(size + size) + set1(1.0f));
    return less(size, set1(0.625f), near, signed_as(far, x));
}

// y_i = f(x_i) over n numbers, the last ones in a part of a vector.
template <class F>
inline void map(const float* x, float* y, int64_t n, const F& f) {
    int64_t i = 0;
    for (; i + WIDTH <= n; i += WIDTH) store(y + i, f(load(x + i)));
    if (i < n) store_part(y + i, f(load_part(x + i, n - i)), n - i);
}

}  // namespace
}  // namespace sl
