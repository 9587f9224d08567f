// The product of two matrices of any size and order, C [rows, n] (+)= A [rows, k] W^T + bias, with W [n, k].
//
// An element [i, j] of A stands at a[i * a_row + j * a_column], and so for W, so that a transposed matrix is one with
// its strides exchanged. W is packed in panels (gemm.h), A is turned where its rows do not lie in one piece, and then
// blocks of ROWS rows and DEEP columns of A, which the cache holds, meet all the panels.

#include "gemm.h"
#include "parallel.h"

namespace {

using namespace sl;

constexpr int64_t ROWS = 16 * TALLEST;  // 192 with AVX-512
constexpr int64_t DEEP = 512;
constexpr int64_t STRIPE = 64;  // columns that one part of the turning takes

// Rows [from, to) of C, at most ROWS of them, columns of the panels [first, last).
void block(const float* a, int64_t lda, const float* panels, const float* bias, float* c, int64_t from, int64_t to,
           int64_t n, int64_t k, int64_t first, int64_t last, bool accumulate) {
    for (int64_t i0 = 0; i0 == 0 || i0 < k; i0 += DEEP) {
        const int64_t depth = least(DEEP, k - i0);
        for (int64_t p = first; p < last; p++) {
            const int64_t held = least(PANEL, n - p * PANEL);
            const bool starts = i0 == 0 && !accumulate;
            for (int64_t r = from; r < to; r += TALLEST) {
                float* place = c + r * n + p * PANEL;
                const int64_t rows = least(TALLEST, to - r);
                if (starts && bias)
                    for (int64_t row = 0; row < rows; row++)
                        memcpy(place + row * n, bias + p * PANEL, held * sizeof(float));
                tall(rows, a + r * lda + i0, lda, panels + p * PANEL * k + i0 * PANEL, depth, place, n, held,
                     !starts || bias);
            }
        }
    }
}

}  // namespace

SL_API void SL_EXPORT(matrix)(const float* a, int64_t a_row, int64_t a_column, const float* w, int64_t w_row,
                              int64_t w_column, const float* bias, float* c, int64_t rows, int64_t n, int64_t k,
                              int64_t accumulate, int64_t threads) {
    if (rows <= 0 || n <= 0) return;
    const int64_t panels = (n + PANEL - 1) / PANEL;
    Buffer<float> packed(most(1, panels * PANEL * k)), turned;
    parallel(panels, threads, [&](int64_t p) {
        pack_panel(w + p * PANEL * w_row, least(PANEL, n - p * PANEL), k, w_row, w_column, packed + p * PANEL * k);
    });
    int64_t lda = a_row;
    if (a_column != 1) {
        lda = k + WIDTH;  // rows a power of two apart would share few lines of the cache
        turned.make(most(1, rows * lda));
        float* to = turned;
        if (a_row == 1)
            parallel((k + STRIPE - 1) / STRIPE, threads, [&](int64_t part) {
                const int64_t i = part * STRIPE;
                turn(a + i * a_column, a_column, least(STRIPE, k - i), rows, to + i, lda);
            });
        else
            for (int64_t r = 0; r < rows; r++)
                for (int64_t i = 0; i < k; i++) to[r * lda + i] = a[r * a_row + i * a_column];
        a = to;
    }
    const int64_t blocks = (rows + ROWS - 1) / ROWS;
    const int64_t groups = blocks >= 2 * threads ? 1 : least(panels, 2 * threads);
    parallel(blocks * groups, threads, [&](int64_t part) {
        const int64_t b = part / groups, g = part % groups;
        block(a, lda, packed, bias, c, b * ROWS, least(rows, (b + 1) * ROWS), n, k, panels * g / groups,
              panels * (g + 1) / groups, accumulate);
    });
}
