// A layer y = x W^T + b whose weights are packed once, as float32, bf16 or int8, for few rows at a time.
//
// At a step of decoding a matrix is read once for a handful of rows, so that its bytes are the time: bf16 halves and
// int8 quarters them. bf16 rounds the weights alone. int8 rounds each row of W to steps of max |w| / 127 and each row
// of x to steps of max |x| / 127, as they come; the products are whole numbers, the same at every level:
//
//     y = (max |x| / 127) (max |w| / 127) sum_k round(127 x_k / max |x|) round(127 w_k / max |w|) + b
//
// A row of x with a NaN or an infinity gives NaN in int8. One thread; who wants more gives each its own rows, or a team
// the columns of one product, of which each is the same sum whoever makes it.
#pragma once

#include "team.h"
#include "vector.h"

namespace sl {
namespace {

enum class Precision : int64_t { float32 = 0, bf16 = 1, int8 = 2 };

constexpr int64_t COLUMNS = 2 * WIDTH;             // of y, side by side in a panel of W
constexpr int64_t ROWS = WIDTH == 16 ? 12 : 4;     // of x whose sums fit into registers
constexpr int64_t DEEPEST = 65536;                 // so many products of bytes fit into 32 bits
constexpr int64_t SHARE = 1 << 15;                 // bytes of weights that are worth a part of their own, some 300 ns

#if defined(__AVX512F__)
typedef __m512i vi;
inline vi whole_zero() { return _mm512_setzero_si512(); }
inline vi load_whole(const void* p) { return _mm512_loadu_si512(p); }
inline vf as_float(vi x) { return _mm512_cvtepi32_ps(x); }
inline vi minus(vi x, vi y) { return _mm512_sub_epi32(x, y); }
inline vf load_bf16(const uint16_t* p) {
    const __m256i half = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(half), 16));
}
inline void store_bytes(uint8_t* p, vi x) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(x)); }
inline vi rounded(vf x) { return _mm512_cvtps_epi32(x); }
inline vi whole_set1(int32_t x) { return _mm512_set1_epi32(x); }
inline vi plus(vi x, vi y) { return _mm512_add_epi32(x, y); }
#else
typedef __m256i vi;
inline vi whole_zero() { return _mm256_setzero_si256(); }
inline vi load_whole(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }
inline vf as_float(vi x) { return _mm256_cvtepi32_ps(x); }
inline vi minus(vi x, vi y) { return _mm256_sub_epi32(x, y); }
inline vf load_bf16(const uint16_t* p) {
    const __m128i half = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(half), 16));
}
inline void store_bytes(uint8_t* p, vi x) {
    alignas(32) int32_t each[8];
    _mm256_store_si256(reinterpret_cast<__m256i*>(each), x);
    for (int i = 0; i < 8; i++) p[i] = static_cast<uint8_t>(each[i]);
}
inline vi rounded(vf x) { return _mm256_cvtps_epi32(x); }
inline vi whole_set1(int32_t x) { return _mm256_set1_epi32(x); }
inline vi plus(vi x, vi y) { return _mm256_add_epi32(x, y); }
#endif

// Four bytes of x, repeated, against four bytes of each column: sum += x_0 w_0 + x_1 w_1 + x_2 w_2 + x_3 w_3.
#if defined(__AVX512VNNI__)
// The instruction takes x without a sign, so that 128 is added to it, and 128 sum_k w_k taken away at the end.
constexpr int32_t SHIFT = 128;
struct Bytes {
    vi x;
    explicit Bytes(int32_t four) : x(_mm512_set1_epi32(four)) {}
    // Spelt out, for GCC 12 moves every sum to another register and back around the intrinsic, half the speed.
    vi onto(vi sum, vi w) const {
        asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(x), "v"(w));
        return sum;
    }
};
#elif defined(__AVX512F__)
// |x| (w sign x), for the older instruction would saturate at sums of 255 * 127 but not at those of 127 * 127.
constexpr int32_t SHIFT = 0;
struct Bytes {
    vi size;
    __mmask64 negative;
    explicit Bytes(int32_t four)
        : size(_mm512_abs_epi8(_mm512_set1_epi32(four))), negative(_mm512_movepi8_mask(_mm512_set1_epi32(four))) {}
    vi onto(vi sum, vi w) const {
        const vi turned = _mm512_mask_sub_epi8(w, negative, _mm512_setzero_si512(), w);
        const vi pairs = _mm512_maddubs_epi16(size, turned);
        return _mm512_add_epi32(sum, _mm512_madd_epi16(pairs, _mm512_set1_epi16(1)));
    }
};
#else
constexpr int32_t SHIFT = 0;
struct Bytes {
    vi x, size;
    explicit Bytes(int32_t four) : x(_mm256_set1_epi32(four)), size(_mm256_abs_epi8(x)) {}
    vi onto(vi sum, vi w) const {
        const vi pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(w, x));
        return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
    }
};
#endif

inline int32_t four_bytes(const uint8_t* p) {
    int32_t four;
    memcpy(&four, p, 4);
    return four;
}

// bf16 nearest to x, the even one of two; NaN stays NaN.
inline uint16_t to_bf16(float x) {
    uint32_t bits;
    memcpy(&bits, &x, 4);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>((bits >> 16) | 0x40);
    return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

// The largest |x|; NaN or an infinity where there is one: as whole numbers their bits are the largest of all.
inline float largest_size(const float* x, int64_t n) {
    int32_t found = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t bits;
        memcpy(&bits, x + i, 4);
        bits &= 0x7fffffff;
        found = bits > found ? bits : found;
    }
    float size;
    memcpy(&size, &found, 4);
    return size;
}

// What rounding rows needs, one for each thread; and the team that shares what it multiplies, where there is one.
struct Scratch {
    Team* team = nullptr;
    Buffer<uint8_t> bytes;  // [rows, deep]
    Buffer<float> steps;    // [rows]
};

// Round x [k] to bytes [deep], plus SHIFT each, and return the size of a step; NaN where x has one, or an infinity.
inline float to_bytes(const float* x, int64_t k, int64_t deep, uint8_t* bytes) {
    const float size = largest_size(x, k);
    const bool usable = size >= 1e-30f && size <= 3e38f;
    const vf rate = set1(usable ? 127.0f / size : 0.0f);
    const vi shift = whole_set1(SHIFT);
    int64_t i = 0;
    if (usable) {
        for (; i + WIDTH <= k; i += WIDTH) store_bytes(bytes + i, plus(rounded(load(x + i) * rate), shift));
        if (i < k) {
            alignas(64) uint8_t last[WIDTH];
            store_bytes(last, plus(rounded(load_part(x + i, k - i) * rate), shift));
            memcpy(bytes + i, last, static_cast<size_t>(k - i));
            i = k;
        }
    }
    memset(bytes + i, SHIFT, static_cast<size_t>(deep - i));
    return usable ? size / 127.0f : size < 1e-30f ? 0.0f : __builtin_nanf("");
}

class Linear {
   public:
    Precision kind = Precision::float32;
    int64_t n = 0, k = 0;

    // Make room for W [n, k]; int8 needs k <= DEEPEST. Then `put` every row.
    void make(Precision kind_, int64_t n_, int64_t k_) {
        kind = kind_, n = n_, k = k_, deep = (k + 3) / 4 * 4;
        const int64_t held = panels() * COLUMNS;
        bias.make(held), scale.make(held), shift.make(held);
        for (int64_t i = 0; i < held; i++) bias[i] = scale[i] = 0, shift[i] = 0;
        if (kind == Precision::float32) floats.make(held * k), floats.clear();
        if (kind == Precision::bf16) halves.make(held * k), halves.clear();
        if (kind == Precision::int8) bytes.make(held * deep), bytes.clear();
    }

    // Put rows [count, k] of W, and their b (null: 0), at `at`; so that several layers that read the same x are one.
    void put(int64_t at, const float* w, const float* b, int64_t count) {
        for (int64_t row = 0; row < count; row++) {
            const int64_t column = at + row, panel = column / COLUMNS, place = column % COLUMNS;
            const float* own = w + row * k;
            if (b) bias[column] = b[row];
            if (kind == Precision::float32)
                for (int64_t i = 0; i < k; i++) floats[(panel * k + i) * COLUMNS + place] = own[i];
            if (kind == Precision::bf16)
                for (int64_t i = 0; i < k; i++) halves[(panel * k + i) * COLUMNS + place] = to_bf16(own[i]);
            if (kind == Precision::int8) put_bytes(own, column, bytes + panel * deep * COLUMNS + place * 4);
        }
    }

    // y [rows, n] = x [rows, k] W^T + b; rows stand ldx and ldy floats apart.
    void run(const float* x, int64_t ldx, int64_t rows, float* y, int64_t ldy, Scratch& scratch) const {
        if (rows <= 0) return;
        if (kind == Precision::int8) {
            scratch.bytes.make(rows * deep), scratch.steps.make(rows);
            for (int64_t row = 0; row < rows; row++)
                scratch.steps[row] = to_bytes(x + row * ldx, k, deep, scratch.bytes + row * deep);
        }
        // Side by side, where rows are few, panels keep the adders busy; else a panel stays in cache for all rows.
        const int64_t wide = rows == 1 ? 4 : rows <= 3 ? 2 : 1, blocks = (rows + ROWS - 1) / ROWS;
        const auto multiply = [&](int64_t panel, int64_t end) {
            while (panel < end) {
                const int64_t taken = panel + wide <= end ? wide : 1;
                for (int64_t block = 0; block < blocks; block++) {
                    const int64_t from = rows * block / blocks, to = rows * (block + 1) / blocks;
                    tile(x, ldx, from, to - from, panel, taken, y, ldy, scratch);
                }
                panel += taken;
            }
        };
        const int64_t groups = (panels() + wide - 1) / wide, parts = parts_of(rows, groups, scratch.team);
        if (parts == 1) return multiply(0, panels());
        scratch.team->share(parts, [&](int64_t part) {
            multiply(groups * part / parts * wide, least(panels(), groups * (part + 1) / parts * wide));
        });
    }

    // Bytes of its weights.
    int64_t size() const {
        const int64_t held = panels() * COLUMNS;
        return kind == Precision::float32 ? 4 * held * k : kind == Precision::bf16 ? 2 * held * k : held * deep;
    }

   private:
    int64_t deep = 0;         // k to the next four
    Buffer<float> floats;     // [panels, k, COLUMNS]
    Buffer<uint16_t> halves;  // the same
    Buffer<int8_t> bytes;     // [panels, deep / 4, COLUMNS, 4]
    Buffer<float> bias, scale;
    Buffer<int32_t> shift;  // SHIFT times the sum of each row's bytes

    int64_t panels() const { return (n + COLUMNS - 1) / COLUMNS; }

    // Parts of a product that are shared out: one where it is too small, a few for each member where it is large, so
    // that nobody waits long for the last one.
    int64_t parts_of(int64_t rows, int64_t groups, const Team* team) const {
        if (!team || team->members() == 1) return 1;
        const int64_t parts = least(least(size() * rows / SHARE, 4 * team->members()), groups);
        return parts < 2 * team->members() ? 1 : parts;
    }

    void put_bytes(const float* w, int64_t column, int8_t* place) {
        const float size = largest_size(w, k);
        scale[column] = size <= 3e38f ? size / 127.0f : __builtin_nanf("");
        if (!(size >= 1e-30f && size <= 3e38f)) return;
        int32_t sum = 0;
        for (int64_t i = 0; i < k; i++) {
            const int8_t byte = static_cast<int8_t>(__builtin_rintf(w[i] * (127.0f / size)));
            place[(i / 4) * COLUMNS * 4 + i % 4] = byte;
            sum += byte;
        }
        shift[column] = SHIFT * sum;
    }

    void store_sum(vf sum, int64_t column, float* y) const {
        const int64_t left = n - column;
        if (left >= WIDTH)
            store(y + column, sum);
        else if (left > 0)
            store_part(y + column, sum, left);
    }

    template <int R, int P, class Load>
    void multiply(const float* x, int64_t ldx, int64_t panel, float* y, int64_t ldy, const Load& weights) const {
        vf sums[R][2 * P];
        for (int v = 0; v < 2 * P; v++) {
            const vf first = load(bias + panel * COLUMNS + v * WIDTH);
            for (int r = 0; r < R; r++) sums[r][v] = first;
        }
        for (int64_t i = 0; i < k; i++) {
            vf column[2 * P];
            for (int v = 0; v < 2 * P; v++)
                column[v] = weights(((panel + v / 2) * k + i) * COLUMNS + (v % 2) * WIDTH);
            for (int r = 0; r < R; r++) {
                const vf value = set1(x[r * ldx + i]);
                for (int v = 0; v < 2 * P; v++) sums[r][v] = fma(value, column[v], sums[r][v]);
            }
        }
        for (int r = 0; r < R; r++)
            for (int v = 0; v < 2 * P; v++) store_sum(sums[r][v], panel * COLUMNS + v * WIDTH, y + r * ldy);
    }

    template <int R, int P>
    void multiply_bytes(const uint8_t* x, const float* steps, int64_t panel, float* y, int64_t ldy) const {
        vi sums[R][2 * P];
        for (int r = 0; r < R; r++)
            for (int v = 0; v < 2 * P; v++) sums[r][v] = whole_zero();
        const int8_t* w = bytes + panel * deep * COLUMNS;
        const int64_t apart = deep * COLUMNS;  // from a panel to the next
        for (int64_t i = 0; i < deep; i += 4) {
            vi column[2 * P];
            for (int v = 0; v < 2 * P; v++) {
                const int8_t* at = w + (v / 2) * apart + i * COLUMNS + (v % 2) * 4 * WIDTH;
                column[v] = load_whole(at);
                if (R <= 3) _mm_prefetch(reinterpret_cast<const char*>(at + 2048), _MM_HINT_T0);
            }
            for (int r = 0; r < R; r++) {
                const Bytes four(four_bytes(x + r * deep + i));
                for (int v = 0; v < 2 * P; v++) sums[r][v] = four.onto(sums[r][v], column[v]);
            }
        }
        // Unrolled, or the compiler keeps the sums in memory.
#pragma GCC unroll 8
        for (int v = 0; v < 2 * P; v++) {
            const int64_t first = panel * COLUMNS + v * WIDTH;
            const vf rate = load(scale + first), add = load(bias + first);
            const vi past = load_whole(shift + first);
#pragma GCC unroll 12
            for (int r = 0; r < R; r++) {
                const vf step = rate * set1(steps[r]);
                store_sum(fma(as_float(minus(sums[r][v], past)), step, add), first, y + r * ldy);
            }
        }
    }

    template <int R, int P>
    void typed(const float* x, int64_t ldx, int64_t from, int64_t panel, float* y, int64_t ldy, Scratch& own) const {
        x += from * ldx, y += from * ldy;
        if (kind == Precision::int8)
            multiply_bytes<R, P>(own.bytes + from * deep, own.steps + from, panel, y, ldy);
        else if (kind == Precision::bf16)
            multiply<R, P>(x, ldx, panel, y, ldy, [&](int64_t at) { return load_bf16(halves + at); });
        else
            multiply<R, P>(x, ldx, panel, y, ldy, [&](int64_t at) { return load(floats + at); });
    }

    // Rows [from, from + rows) by `wide` panels.
    void tile(const float* x, int64_t ldx, int64_t from, int64_t rows, int64_t panel, int64_t wide, float* y,
              int64_t ldy, Scratch& own) const {
        if (wide == 4) return typed<1, 4>(x, ldx, from, panel, y, ldy, own);
        if (wide == 2 && rows == 2) return typed<2, 2>(x, ldx, from, panel, y, ldy, own);
        if (wide == 2) return typed<3, 2>(x, ldx, from, panel, y, ldy, own);
#define SL_ROWS(R) \
    case R:        \
        return typed<R, 1>(x, ldx, from, panel, y, ldy, own);
        switch (rows) {
            SL_ROWS(1) SL_ROWS(2) SL_ROWS(3) SL_ROWS(4)
#if defined(__AVX512F__)
            SL_ROWS(5) SL_ROWS(6) SL_ROWS(7) SL_ROWS(8) SL_ROWS(9) SL_ROWS(10) SL_ROWS(11) SL_ROWS(12)
#endif
        }
#undef SL_ROWS
    }
};

}  // namespace
}  // namespace sl
