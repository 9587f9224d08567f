// Products over rows, as the gradients of weights are: W [n, k] += D^T X, D [rows, n], X [rows, k].
//
// X is put into panels of PANEL columns, row after row, by who makes it, so that the inner loop reads one stream; of D
// it reads as many neighbouring columns as registers allow. One thread.
#pragma once

#include "gemm.h"

namespace sl {
namespace {

// Floats between two rows of D: never a multiple of 4096 bytes, at which rows would push each other out of the cache.
inline int64_t apart(int64_t columns) { return (columns + 15) / 16 * 16 + 16; }

// X in panels, with room for so many rows.
struct Panels {
    int64_t columns = 0, room = 0;
    Buffer<float> data;

    int64_t count() const { return (columns + PANEL - 1) / PANEL; }

    void make(int64_t rows, int64_t columns_) {
        columns = columns_, room = rows;
        data.make(most(1, count() * room * PANEL));
        data.clear();  // what stands behind the last column stays zero
    }

    void put(int64_t row, const float* x) {
        for (int64_t p = 0; p < count(); p++)
            memcpy(data + (p * room + row) * PANEL, x + p * PANEL, least(PANEL, columns - p * PANEL) * sizeof(float));
    }
};

template <int R>
inline void outer_tile(const float* d, int64_t apart_d, const float* panel, int64_t rows, float* w, int64_t k, int64_t held) {
    vf left[R], right[R];
    for (int r = 0; r < R; r++) {
        left[r] = right[r] = zero();
        __builtin_prefetch(w + r * k, 1, 2);  // W may be larger than the cache that is near
        __builtin_prefetch(w + r * k + WIDTH, 1, 2);
    }
    for (int64_t i = 0; i < rows; i++) {
        const vf x = load(panel + i * PANEL), y = load(panel + i * PANEL + WIDTH);
        __builtin_prefetch(d + i * apart_d + 2 * R - 1, 0, 2);  // the next strip of D, one line a row
        for (int r = 0; r < R; r++) {
            const vf one = set1(d[i * apart_d + r]);
            left[r] = fma(one, x, left[r]), right[r] = fma(one, y, right[r]);
        }
    }
    for (int r = 0; r < R; r++) {
        float* place = w + r * k;
        if (held >= WIDTH)
            store(place, load(place) + left[r]);
        else
            store_part(place, load_part(place, held) + left[r], held);
        place += WIDTH;
        if (held >= PANEL)
            store(place, load(place) + right[r]);
        else if (held > WIDTH)
            store_part(place, load_part(place, held - WIDTH) + right[r], held - WIDTH);
    }
}

// W += D^T X over the first `rows` rows; rows of D stand apart_d floats apart.
inline void add_outer(const float* d, int64_t apart_d, int64_t n, const Panels& x, int64_t rows, float* w) {
    const int64_t strips = (n + TALLEST - 1) / TALLEST;
    for (int64_t s = 0; s < strips; s++) {
        for (int64_t p = 0; p < x.count(); p++) {
            const float* panel = x.data + p * x.room * PANEL;
            const int64_t held = least(PANEL, x.columns - p * PANEL);
            const int64_t from = n * s / strips;
            float* place = w + from * x.columns + p * PANEL;
#define SL_ROWS(R) \
    case R:        \
        outer_tile<R>(d + from, apart_d, panel, rows, place, x.columns, held); \
        break;
            switch (n * (s + 1) / strips - from) {
                SL_ROWS(1) SL_ROWS(2) SL_ROWS(3) SL_ROWS(4) SL_ROWS(5) SL_ROWS(6)
#if defined(__AVX512F__)
                SL_ROWS(7) SL_ROWS(8) SL_ROWS(9) SL_ROWS(10) SL_ROWS(11) SL_ROWS(12)
#endif
            }
#undef SL_ROWS
        }
    }
}

// sums [n] += the rows of D.
inline void add_rows(const float* d, int64_t apart_d, int64_t n, int64_t rows, float* sums) {
    int64_t j = 0;
    for (; j + 2 * WIDTH <= n; j += 2 * WIDTH) {
        vf one = load(sums + j), two = load(sums + j + WIDTH);
        for (int64_t i = 0; i < rows; i++) {
            one = one + load(d + i * apart_d + j);
            two = two + load(d + i * apart_d + j + WIDTH);
        }
        store(sums + j, one), store(sums + j + WIDTH, two);
    }
    for (; j < n; j++)
        for (int64_t i = 0; i < rows; i++) sums[j] += d[i * apart_d + j];
}

}  // namespace
}  // namespace sl
