// The products of gemm.h and outer.h with factors rounded to bf16 and sums in float32, for processors with AVX512_BF16:
// one instruction multiplies and adds up two neighbours, so that they take half the time.
#pragma once

#include "outer.h"

#if defined(__AVX512F__)
#define SL_BF16 __attribute__((target("avx512bf16")))

namespace sl {
namespace {

inline bool has_bf16() { return __builtin_cpu_supports("avx512bf16"); }

// Two bf16 in each 32 bits: of `low` in the lower half.
SL_BF16 inline __m512i pair(vf low, vf high) {
    const __m512i one = _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(low)));
    const __m512i two = _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(high)));
    return _mm512_or_si512(one, _mm512_slli_epi32(two, 16));
}

SL_BF16 inline vf add_pairs(vf sum, __m512i a, __m512i b) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
}

inline vf load_up_to(const float* p, int64_t n) { return n >= WIDTH ? load(p) : n > 0 ? load_part(p, n) : zero(); }

// Sums of R rows of A by one panel of B over `pairs` pairs, added to C or put there. Pair i of row r of A stands at
// a[r * row + i * next].
template <int R>
SL_BF16 inline void pairs_tile(const uint32_t* a, int64_t row, int64_t next, const uint32_t* b, int64_t pairs, float* c,
                               int64_t ldc, int64_t held, bool accumulate) {
    vf left[R], right[R];
    for (int r = 0; r < R; r++) left[r] = right[r] = zero();
    for (int64_t i = 0; i < pairs; i++) {
        const __m512i x = _mm512_loadu_si512(b + i * PANEL), y = _mm512_loadu_si512(b + i * PANEL + WIDTH);
        for (int r = 0; r < R; r++) {
            const __m512i one = _mm512_set1_epi32(static_cast<int>(a[r * row + i * next]));
            left[r] = add_pairs(left[r], one, x), right[r] = add_pairs(right[r], one, y);
        }
    }
    for (int r = 0; r < R; r++) {
        float* place = c + r * ldc;
        const int64_t l = least(held, WIDTH), h = held - WIDTH;
        if (accumulate) left[r] = left[r] + load_up_to(place, l), right[r] = right[r] + load_up_to(place + WIDTH, h);
        if (l == WIDTH)
            store(place, left[r]);
        else
            store_part(place, left[r], l);
        if (h >= WIDTH)
            store(place + WIDTH, right[r]);
        else if (h > 0)
            store_part(place + WIDTH, right[r], h);
    }
}

// The same for any number of rows.
inline void pairs_rows(const uint32_t* a, int64_t row, int64_t next, int64_t rows, const uint32_t* b, int64_t pairs,
                       float* c, int64_t ldc, int64_t held, bool accumulate) {
    const int64_t blocks = (rows + TALLEST - 1) / TALLEST;
    for (int64_t block = 0; block < blocks; block++) {
        const int64_t from = rows * block / blocks;
        const uint32_t* own = a + from * row;
        float* place = c + from * ldc;
#define SL_ROWS(R) \
    case R:        \
        pairs_tile<R>(own, row, next, b, pairs, place, ldc, held, accumulate); \
        break;
        switch (rows * (block + 1) / blocks - from) {
            SL_ROWS(1) SL_ROWS(2) SL_ROWS(3) SL_ROWS(4) SL_ROWS(5) SL_ROWS(6)
            SL_ROWS(7) SL_ROWS(8) SL_ROWS(9) SL_ROWS(10) SL_ROWS(11) SL_ROWS(12)
        }
#undef SL_ROWS
    }
}

// As Packed, with pairs along k.
struct PackedPairs {
    int64_t n = 0, k = 0;
    Buffer<uint32_t> data;

    int64_t panels() const { return (n + PANEL - 1) / PANEL; }
    int64_t pairs() const { return (k + 1) / 2; }

    SL_BF16 void pack(const float* w, int64_t n_, int64_t k_, int64_t row_stride, int64_t column_stride) {
        n = n_, k = k_;
        data.make(most(1, panels() * PANEL * pairs()));
        float low[PANEL], high[PANEL];
        for (int64_t p = 0; p < panels(); p++)
            for (int64_t i = 0; i < pairs(); i++) {
                for (int64_t j = 0; j < PANEL; j++) {
                    const float* at = w + (p * PANEL + j) * row_stride + 2 * i * column_stride;
                    const bool there = p * PANEL + j < n;
                    low[j] = there ? at[0] : 0.0f;
                    high[j] = there && 2 * i + 1 < k ? at[column_stride] : 0.0f;
                }
                uint32_t* to = data + (p * pairs() + i) * PANEL;
                _mm512_storeu_si512(to, pair(load(low), load(high)));
                _mm512_storeu_si512(to + WIDTH, pair(load(low + WIDTH), load(high + WIDTH)));
            }
    }

    // `room` holds the rows of A as pairs.
    SL_BF16 void run(const float* a, int64_t lda, int64_t rows, float* c, int64_t ldc, bool accumulate,
                     Buffer<uint32_t>& room) const {
        const int64_t row = (pairs() + WIDTH - 1) / WIDTH * WIDTH;  // in whole vectors
        room.make(most(1, rows * row));
        for (int64_t r = 0; r < rows; r++)
            for (int64_t i = 0; i < row; i += WIDTH) {
                const float* at = a + r * lda + 2 * i;
                const vf low = load_up_to(at, k - 2 * i), high = load_up_to(at + WIDTH, k - 2 * i - WIDTH);
                _mm512_storeu_si512(room + r * row + i, reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(high, low)));
            }
        for (int64_t p = 0; p < panels(); p++)
            pairs_rows(room, row, 1, rows, data + p * pairs() * PANEL, pairs(), c + p * PANEL, ldc,
                       least(PANEL, n - p * PANEL), accumulate);
    }
};

// Neighbouring rows as pairs: from [rows, columns], `apart` floats between rows, to [pairs of rows, columns].
SL_BF16 inline void pair_rows(const float* from, int64_t apart, int64_t columns, int64_t rows, uint32_t* to) {
    for (int64_t i = 0; 2 * i < rows; i++)
        for (int64_t j = 0; j < columns; j += WIDTH) {  // columns in whole vectors
            const float* at = from + 2 * i * apart + j;
            _mm512_storeu_si512(to + i * apart + j, pair(load(at), 2 * i + 1 < rows ? load(at + apart) : zero()));
        }
}

// As add_outer; `left` and `right` hold D and X as pairs.
inline void add_outer_pairs(const float* d, int64_t apart_d, int64_t n, const Panels& x, int64_t rows, float* w,
                            Buffer<uint32_t>& left, Buffer<uint32_t>& right) {
    const int64_t pairs = (rows + 1) / 2;
    left.make(pairs * apart_d), right.make(pairs * PANEL);
    pair_rows(d, apart_d, (n + WIDTH - 1) / WIDTH * WIDTH, rows, left);
    for (int64_t p = 0; p < x.count(); p++) {
        pair_rows(x.data + p * x.room * PANEL, PANEL, PANEL, rows, right);
        pairs_rows(left, 1, apart_d, n, right, pairs, w + p * PANEL, x.columns, least(PANEL, x.columns - p * PANEL), true);
    }
}

}  // namespace
}  // namespace sl
#endif
