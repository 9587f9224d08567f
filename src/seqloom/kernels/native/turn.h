// Rows to columns: a copy of a matrix that lies the other way, eight by eight numbers at a time.
#pragma once

#include <immintrin.h>

#include "seqloom.h"

namespace sl {
namespace {

// to[j * to_row + i] = from[i * from_row + j] for 8 x 8 numbers.
inline void turn_eight(const float* from, int64_t from_row, float* to, int64_t to_row) {
    __m256 r[8], s[8];
    for (int i = 0; i < 8; i++) r[i] = _mm256_loadu_ps(from + i * from_row);
    for (int i = 0; i < 8; i += 2) {
        s[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        s[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        r[i] = _mm256_shuffle_ps(s[i], s[i + 2], 0x44);
        r[i + 1] = _mm256_shuffle_ps(s[i], s[i + 2], 0xEE);
        r[i + 2] = _mm256_shuffle_ps(s[i + 1], s[i + 3], 0x44);
        r[i + 3] = _mm256_shuffle_ps(s[i + 1], s[i + 3], 0xEE);
    }
    for (int i = 0; i < 4; i++) {
        _mm256_storeu_ps(to + i * to_row, _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
        _mm256_storeu_ps(to + (i + 4) * to_row, _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
    }
}

// to[j * to_row + i] = from[i * from_row + j] for i < rows, j < columns.
inline void turn(const float* from, int64_t from_row, int64_t rows, int64_t columns, float* to, int64_t to_row) {
    const int64_t whole_rows = rows / 8 * 8, whole_columns = columns / 8 * 8;
    for (int64_t i = 0; i < whole_rows; i += 8) {
        for (int64_t j = 0; j < whole_columns; j += 8) turn_eight(from + i * from_row + j, from_row, to + j * to_row + i, to_row);
        for (int64_t j = whole_columns; j < columns; j++)
            for (int64_t r = i; r < i + 8; r++) to[j * to_row + r] = from[r * from_row + j];
    }
    for (int64_t i = whole_rows; i < rows; i++)
        for (int64_t j = 0; j < columns; j++) to[j * to_row + i] = from[i * from_row + j];
}

}  // namespace
}  // namespace sl
