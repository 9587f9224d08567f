// Products with weights that are packed once and used many times: C [rows, n] (+)= A [rows, k] W^T, W [n, k].
//
// The weights lie in panels of 2 WIDTH columns of C, k after k, so that the inner loop reads them in one stream; as
// many rows as registers allow share each read. One thread; who wants more gives each its own rows or columns.
#pragma once

#include "turn.h"
#include "vector.h"

namespace sl {
namespace {

constexpr int64_t PANEL = 2 * WIDTH;
constexpr int64_t TALLEST = WIDTH == 16 ? 12 : 6;  // rows whose sums fit into registers

// Sums of R rows by P panels; `held` floats of the last panel's columns are stored.
template <int R, int P>
inline void tile(const float* a, int64_t lda, const float* w, int64_t k, float* c, int64_t ldc, int64_t held,
                 bool accumulate) {
    vf sums[R][2 * P];
    for (int r = 0; r < R; r++)
        for (int v = 0; v < 2 * P; v++) {
            sums[r][v] = zero();
            __builtin_prefetch(c + r * ldc + v * WIDTH, 1, 2);  // C may be larger than the cache that is near
        }
    for (int64_t i = 0; i < k; i++) {
        vf columns[2 * P];
        for (int v = 0; v < 2 * P; v++) columns[v] = load(w + (v / 2) * k * PANEL + i * PANEL + (v % 2) * WIDTH);
        if (P == 1) {  // the next panel, which follows in memory, for the rows that come after these
            __builtin_prefetch(w + (k + i) * PANEL, 0, 2);
            __builtin_prefetch(w + (k + i) * PANEL + WIDTH, 0, 2);
        }
        for (int r = 0; r < R; r++) {
            const vf x = set1(a[r * lda + i]);
            for (int v = 0; v < 2 * P; v++) sums[r][v] = fma(x, columns[v], sums[r][v]);
        }
    }
    for (int r = 0; r < R; r++)
        for (int v = 0; v < 2 * P; v++) {
            float* place = c + r * ldc + v * WIDTH;
            const int64_t left = (2 * P - 2) * WIDTH + held - v * WIDTH;
            if (left >= WIDTH)
                store(place, accumulate ? load(place) + sums[r][v] : sums[r][v]);
            else if (left > 0)
                store_part(place, accumulate ? load_part(place, left) + sums[r][v] : sums[r][v], left);
        }
}

// The same by one panel for 1 to TALLEST rows.
inline void tall(int64_t rows, const float* a, int64_t lda, const float* panel, int64_t k, float* c, int64_t ldc,
                 int64_t held, bool accumulate) {
#define SL_ROWS(R) \
    case R:        \
        return tile<R, 1>(a, lda, panel, k, c, ldc, held, accumulate);
    switch (rows) {
        SL_ROWS(1) SL_ROWS(2) SL_ROWS(3) SL_ROWS(4) SL_ROWS(5) SL_ROWS(6)
#if defined(__AVX512F__)
        SL_ROWS(7) SL_ROWS(8) SL_ROWS(9) SL_ROWS(10) SL_ROWS(11) SL_ROWS(12)
#endif
    }
#undef SL_ROWS
}

// panel[i * PANEL + j] = w[j * row_stride + i * column_stride] for i < k and j < held, 0 for the other columns.
inline void pack_panel(const float* w, int64_t held, int64_t k, int64_t row_stride, int64_t column_stride, float* panel) {
    if (column_stride == 1) {
        turn(w, row_stride, held, k, panel, PANEL);
    } else {
        for (int64_t i = 0; i < k; i++) {
            const float* column = w + i * column_stride;
            if (row_stride == 1 && held == PANEL)
                memcpy(panel + i * PANEL, column, PANEL * sizeof(float));
            else
                for (int64_t j = 0; j < held; j++) panel[i * PANEL + j] = column[j * row_stride];
        }
    }
    if (held < PANEL)
        for (int64_t i = 0; i < k; i++) memset(panel + i * PANEL + held, 0, (PANEL - held) * sizeof(float));
}

struct Packed {
    int64_t n = 0, k = 0;
    Buffer<float> data;

    int64_t panels() const { return (n + PANEL - 1) / PANEL; }

    // Pack W, whose element [row, column] stands at w[row * row_stride + column * column_stride]: strides (k, 1) for a
    // matrix [n, k] as it lies, (1, n) for the transpose of a matrix [k, n].
    void pack(const float* w, int64_t n_, int64_t k_, int64_t row_stride, int64_t column_stride) {
        n = n_, k = k_;
        data.make(most(1, panels() * PANEL * k));
        for (int64_t p = 0; p < panels(); p++)
            pack_panel(w + p * PANEL * row_stride, least(PANEL, n - p * PANEL), k, row_stride, column_stride,
                       data + p * PANEL * k);
    }

    // C [rows, n] = A [rows, k] W^T, or += where `accumulate`; rows stand lda and ldc floats apart.
    void run(const float* a, int64_t lda, int64_t rows, float* c, int64_t ldc, bool accumulate) const {
        columns(a, lda, rows, c, ldc, accumulate, 0, panels());
    }

    // The same for the panels [from, to) alone, which are the columns [from * PANEL, to * PANEL) of C.
    void columns(const float* a, int64_t lda, int64_t rows, float* c, int64_t ldc, bool accumulate, int64_t from,
                 int64_t to) const {
        if (rows <= 0) return;
        if (rows <= 3) return few(a, lda, rows, c, ldc, accumulate, from, to);
        const int64_t blocks = (rows + TALLEST - 1) / TALLEST;
        for (int64_t p = from; p < to; p++) {
            const float* panel = data + p * PANEL * k;
            const int64_t held = least(PANEL, n - p * PANEL);
            for (int64_t b = 0; b < blocks; b++) {
                const int64_t r0 = rows * b / blocks, r1 = rows * (b + 1) / blocks;
                tall(r1 - r0, a + r0 * lda, lda, panel, k, c + r0 * ldc + p * PANEL, ldc, held, accumulate);
            }
        }
    }

   private:
    // With one, two or three rows several panels side by side keep the adders busy.
    void few(const float* a, int64_t lda, int64_t rows, float* c, int64_t ldc, bool accumulate, int64_t from,
             int64_t to) const {
        int64_t p = from;
        for (; p < to; p += rows == 1 ? 4 : 2) {
            const int64_t wide = rows == 1 ? 4 : 2;
            if (p + wide > to) break;
            const float* panel = data + p * PANEL * k;
            const int64_t held = least(PANEL, n - (p + wide - 1) * PANEL);
            float* place = c + p * PANEL;
            if (rows == 1)
                tile<1, 4>(a, lda, panel, k, place, ldc, held, accumulate);
            else if (rows == 2)
                tile<2, 2>(a, lda, panel, k, place, ldc, held, accumulate);
            else
                tile<3, 2>(a, lda, panel, k, place, ldc, held, accumulate);
        }
        for (; p < to; p++)
            tall(rows, a, lda, data + p * PANEL * k, k, c + p * PANEL, ldc, least(PANEL, n - p * PANEL), accumulate);
    }
};

}  // namespace
}  // namespace sl
