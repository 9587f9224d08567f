// Products of small matrices as they lie in memory, nothing packed: an attention's queries by its keys, its weights by
// its values.
#pragma once

#include "vector.h"

namespace sl {
namespace {

constexpr int TALL = 4, WIDE = WIDTH == 16 ? 4 : 2;  // rows, and vectors of columns, whose sums fit into registers

// C [R, V WIDTH] = A W over k; A's element [r, i] stands at a[r * a_row + i * a_step].
template <int R, int V>
inline void tile(const float* a, int64_t a_row, int64_t a_step, const float* w, int64_t ldw, int64_t k, float* c,
                 int64_t ldc) {
    vf sums[R][V];
    for (int r = 0; r < R; r++)
        for (int v = 0; v < V; v++) sums[r][v] = zero();
    for (int64_t i = 0; i < k; i++) {
        vf columns[V];
        for (int v = 0; v < V; v++) columns[v] = load(w + i * ldw + v * WIDTH);
        for (int r = 0; r < R; r++) {
            const vf x = set1(a[r * a_row + i * a_step]);
            for (int v = 0; v < V; v++) sums[r][v] = fma(x, columns[v], sums[r][v]);
        }
    }
    for (int r = 0; r < R; r++)
        for (int v = 0; v < V; v++) store(c + r * ldc + v * WIDTH, sums[r][v]);
}

template <int V>
inline void strip(const float* a, int64_t a_row, int64_t a_step, int64_t rows, const float* w, int64_t ldw, int64_t k,
                  float* c, int64_t ldc) {
    int64_t r = 0;
    for (; r + TALL <= rows; r += TALL) tile<TALL, V>(a + r * a_row, a_row, a_step, w, ldw, k, c + r * ldc, ldc);
    for (; r < rows; r++) tile<1, V>(a + r * a_row, a_row, a_step, w, ldw, k, c + r * ldc, ldc);
}

// C [rows, columns] = A W, W [k, columns], columns a multiple of WIDTH.
inline void product(const float* a, int64_t a_row, int64_t a_step, int64_t rows, const float* w, int64_t columns,
                    int64_t k, float* c) {
    int64_t j = 0;
    for (; j + WIDE * WIDTH <= columns; j += WIDE * WIDTH)
        strip<WIDE>(a, a_row, a_step, rows, w + j, columns, k, c + j, columns);
    for (; j < columns; j += WIDTH) strip<1>(a, a_row, a_step, rows, w + j, columns, k, c + j, columns);
}

}  // namespace
}  // namespace sl
