// Multi-head attention of long sequences, a block of queries and a block of keys at a time, forward and backward.
//
//     P = softmax(Q K^T / sqrt(size)), 0 where a query may not look       O = (P noise) V
//
// Scores are never kept: a query knows the largest it has met and the sum of e^(x - largest), and what it has mixed
// shrinks whenever a larger one comes (Milakov & Gimelshein 2018, arXiv:1805.02867; Dao et al. 2022, arXiv:2205.14135,
// algorithms 1 and 4). The backward pass makes weights and noise again, block by block. So memory is linear in the
// length. Largest and sum are kept apart and not as one logarithm: of scores of a million it would have no digits left.
// All sums are of float32, whatever the kind of the numbers, and in an order that no number of threads changes.

#include <cmath>

#include "lanes.h"
#include "noise.h"
#include "outer.h"
#include "parallel.h"
#include "placed.h"
#include "turn.h"

namespace {

using namespace sl;

constexpr int64_t QUERIES = 48, KEYS = 256;  // of a block: its scores stay in the cache
constexpr int64_t CHUNK = 10 * QUERIES;      // queries of one part of the forward pass, for which keys are turned once
constexpr int64_t ROW = KEYS + 16;           // floats between two rows of a block, so that they share no set of the cache
static_assert(KEYS % PANEL == 0 && KEYS <= SPAN, "a row of a block is whole panels, and its noise is made at once");

// C [rows, columns] (+)= A [rows, k] W over the first k rows of W.
inline void multiply(const float* a, int64_t apart_a, int64_t rows, const Panels& w, int64_t columns, int64_t k, float* c,
                     int64_t apart_c, bool accumulate) {
    const int64_t blocks = (rows + TALLEST - 1) / TALLEST;
    for (int64_t p = 0; p * PANEL < columns; p++) {
        const float* panel = w.data + p * w.room * PANEL;
        const int64_t held = least(PANEL, columns - p * PANEL);
        for (int64_t block = 0; block < blocks; block++) {
            const int64_t from = rows * block / blocks;
            const float* own = a + from * apart_a;
            float* place = c + from * apart_c + p * PANEL;
#define SL_ROWS(R) \
    case R:        \
        tile<R, 1>(own, apart_a, panel, k, place, apart_c, held, accumulate); \
        break;
            switch (rows * (block + 1) / blocks - from) {
                SL_ROWS(1) SL_ROWS(2) SL_ROWS(3) SL_ROWS(4) SL_ROWS(5) SL_ROWS(6)
#if defined(__AVX512F__)
                SL_ROWS(7) SL_ROWS(8) SL_ROWS(9) SL_ROWS(10) SL_ROWS(11) SL_ROWS(12)
#endif
            }
#undef SL_ROWS
        }
    }
}

// The columns of W are the rows of X [rows, size].
inline void put_turned(Panels& w, const float* x, int64_t wide, int64_t rows, int64_t size) {
    for (int64_t p = 0; p * PANEL < rows; p++)
        turn(x + p * PANEL * wide, wide, least(PANEL, rows - p * PANEL), size, w.data + p * w.room * PANEL, PANEL);
}

inline void put_rows(Panels& w, const float* x, int64_t wide, int64_t rows) {
    for (int64_t i = 0; i < rows; i++) w.put(i, x + i * wide);
}

// Who sees what: seen [batch or 1, target or 1, source] bytes, 0 where a query may not look, or null.
struct Sight {
    const uint8_t* seen;
    int64_t row, query, causal, source;

    // hidden[j] = 0 where query t may see key from + j, else -1, for j < room; returns how many it may see. A negative
    // t is a query after all keys.
    int64_t look(int64_t b, int64_t t, int64_t from, int64_t room, float* hidden) const {
        const int64_t end = least(room, (causal && t >= 0 ? least(source, t + 1) : source) - from);
        const uint8_t* flags = seen ? seen + b * row + most(t, 0) * query + from : nullptr;
        int64_t count = 0;
        for (int64_t j = 0; j < end; j++) {
            const bool open = !flags || flags[j];
            hidden[j] = open ? 0.0f : -1.0f;
            count += open;
        }
        for (int64_t j = most(end, 0); j < room; j++) hidden[j] = -1.0f;
        return count;
    }
};

// A block of keys, and what every query, or one of them, may see of it.
struct Block {
    const Sight& sight;
    int64_t b, from, size;  // so many keys, of which queries of one place may see the first few
    bool alike;             // no query sees other keys of it than the next one does, but for the causal order
    int64_t count = 0;
    float all[KEYS], own[KEYS];
    const float* hidden = all;

    Block(const Sight& sight_, int64_t b_, int64_t from_)
        : sight(sight_), b(b_), from(from_), size(least(KEYS, sight_.source - from_)),
          alike(!sight_.seen || sight_.query == 0) {
        if (alike) count = sight.look(b, -1, from, KEYS, all);
    }

    bool blind() const { return alike && count == 0; }

    // How many keys the queries up to `last` may see at most.
    int64_t reach(int64_t last) const { return sight.causal ? least(size, last + 1 - from) : size; }

    // Look with query t at the first `room` keys; `hidden` tells which it sees, the answer how many.
    int64_t look(int64_t t, int64_t room) {
        if (alike && (!sight.causal || t + 1 - from >= size)) {
            hidden = all;
            return count;
        }
        hidden = own;
        return sight.look(b, t, from, room, own);
    }
};

// Scores x [n] become e^(x - top), 0 where hidden; `top` and `total` go on. Returns what the sums of before are to be
// multiplied by.
template <bool ALL>
inline float soften(float* x, const float* hidden, int64_t n, float& top, float& total) {
    const vf none = set1(-INFINITY), minus = set1(-0.5f);
    vf tops = set1(top);
    for (int64_t j = 0; j < n; j += WIDTH)
        tops = max(tops, ALL ? load(x + j) : less(load(hidden + j), minus, none, load(x + j)));
    const float now = largest(tops);
    vf sums = zero();
    for (int64_t j = 0; j < n; j += WIDTH) {
        const vf e = exp(load(x + j) - set1(now));
        const vf weight = ALL ? e : less(load(hidden + j), minus, zero(), e);
        store(x + j, weight);
        sums = sums + weight;
    }
    const float shrink = top == now ? 1.0f : std::exp(top - now);
    top = now;
    total = total * shrink + sum(sums);
    return shrink;
}

inline void times(float* x, const float* y, int64_t n) {
    for (int64_t j = 0; j < n; j += WIDTH) store(x + j, load(x + j) * load(y + j));
}

}  // namespace

// out [batch, target, heads, size]; for the backward pass, or null: the same in float32 where out is not, and of each
// query [batch, heads, target] its largest score and 1 / sum of e^(x - largest), 0 where it sees nothing.
SL_API void SL_EXPORT(blockwise_forward)(const void* query, int64_t qb, int64_t qh, int64_t qt, const void* key,
                                         int64_t kb, int64_t kh, int64_t kt, const void* value, int64_t vb, int64_t vh,
                                         int64_t vt, const uint8_t* seen, int64_t seen_row, int64_t seen_query,
                                         int64_t causal, int64_t seed, int64_t threshold, float drop_scale,
                                         int64_t kind, int64_t batch, int64_t heads, int64_t target, int64_t source,
                                         int64_t size, float scale, void* out, float* exact, float* tops, float* shares,
                                         int64_t threads) {
    const Shape shape{kind, batch, heads, target, source, size}, wide_shape{FLOAT, batch, heads, target, source, size};
    const Given q{query, qb, qh, qt}, k{key, kb, kh, kt}, v{value, vb, vh, vt};
    const Noise noise{static_cast<uint64_t>(seed), threshold, drop_scale};
    const Sight sight{seen, seen_row, seen_query, causal, source};
    const int64_t wide = padded(size), chunks = (target + CHUNK - 1) / CHUNK;
    parallel(batch * heads * chunks, threads, [&](int64_t part) {
        const int64_t b = part / chunks / heads, h = part / chunks % heads, first = part % chunks * CHUNK;
        const int64_t count = least(CHUNK, target - first);
        Buffer<float> asks(CHUNK * wide), mixed(CHUNK * wide), rows(KEYS * wide), scores(QUERIES * ROW);
        Buffer<float> top(CHUNK), total(CHUNK), factor(KEYS);
        Panels turned, values;
        turned.make(size, KEYS), values.make(KEYS, size);
        clear(mixed, CHUNK * wide), clear(total, CHUNK), clear(factor, KEYS), clear(scores, QUERIES * ROW);
        for (int64_t t = 0; t < count; t++) top[t] = -INFINITY;
        fetch(q, shape, b, h, first, count, scale, asks, wide);
        for (int64_t from = 0; from < (causal ? least(source, first + count) : source); from += KEYS) {
            Block block(sight, b, from);
            if (block.blind()) continue;
            fetch(k, shape, b, h, from, block.size, 1.0f, rows, wide);
            put_turned(turned, rows, wide, block.size, size);
            fetch(v, shape, b, h, from, block.size, 1.0f, rows, wide);
            put_rows(values, rows, wide, block.size);
            for (int64_t start = 0; start < count; start += QUERIES) {
                const int64_t here = least(QUERIES, count - start), reach = block.reach(first + start + here - 1);
                if (reach <= 0) continue;
                const int64_t room = padded(reach);
                multiply(asks + start * wide, wide, here, turned, reach, size, scores, ROW, false);
                for (int64_t i = 0; i < here; i++) {
                    const int64_t t = first + start + i, open = block.look(t, room);
                    float* row = scores + i * ROW;
                    if (!open) {
                        clear(row, room);
                        continue;
                    }
                    const float shrink = (open == room ? soften<true> : soften<false>)(
                        row, block.hidden, room, top[start + i], total[start + i]);
                    if (shrink != 1.0f)
                        for (int64_t j = 0; j < wide; j++) mixed[(start + i) * wide + j] *= shrink;
                    if (!threshold) continue;
                    factors(noise, ((b * heads + h) * target + t) * source + from, reach, factor);
                    times(row, factor, room);
                }
                multiply(scores, ROW, here, values, size, reach, mixed + start * wide, wide, true);
            }
        }
        for (int64_t t = 0; t < count; t++) {
            const float share = total[t] == 0.0f ? 0.0f : 1.0f / total[t];
            for (int64_t j = 0; j < wide; j++) mixed[t * wide + j] *= share;
            if (!tops) continue;
            tops[(b * heads + h) * target + first + t] = total[t] == 0.0f ? 0.0f : top[t];
            shares[(b * heads + h) * target + first + t] = share;
        }
        put(mixed, wide, shape, b, h, first, count, target, out);
        if (exact) put(mixed, wide, wide_shape, b, h, first, count, target, exact);
    });
}

// From the slope of out, [batch, head, target, size], and what the forward pass kept: the slopes of key and value,
// [batch, time, heads, size] without gaps, and that of query in float32 sums [splits, batch, target, heads, size],
// which are zeros when they come. Each of the splits has keys of its own; all of them add up to the slope of query.
SL_API void SL_EXPORT(blockwise_backward)(const void* query, int64_t qb, int64_t qh, int64_t qt, const void* key,
                                          int64_t kb, int64_t kh, int64_t kt, const void* value, int64_t vb, int64_t vh,
                                          int64_t vt, const void* slope, int64_t sb, int64_t sh, int64_t st,
                                          const uint8_t* seen, int64_t seen_row, int64_t seen_query, int64_t causal,
                                          int64_t seed, int64_t threshold, float drop_scale, int64_t kind,
                                          int64_t batch, int64_t heads, int64_t target, int64_t source, int64_t size,
                                          float scale, const float* exact, const float* tops, const float* shares,
                                          int64_t splits, float* to_query, void* to_key, void* to_value,
                                          int64_t threads) {
    const Shape shape{kind, batch, heads, target, source, size};
    const Given q{query, qb, qh, qt}, k{key, kb, kh, kt}, v{value, vb, vh, vt}, o{slope, sb, sh, st};
    const Noise noise{static_cast<uint64_t>(seed), threshold, drop_scale};
    const Sight sight{seen, seen_row, seen_query, causal, source};
    const int64_t wide = padded(size), blocks = (source + KEYS - 1) / KEYS, apart = heads * size;
    parallel(batch * heads * splits, threads, [&](int64_t part) {
        const int64_t split = part / (batch * heads), b = part / heads % batch, h = part % heads;
        Buffer<float> asks(QUERIES * wide), pushed(QUERIES * wide), rows(KEYS * wide), turn_of(target);
        Buffer<float> used(QUERIES * ROW), slopes(QUERIES * ROW), factor(KEYS), key_sums(KEYS * size),
            value_sums(KEYS * size);
        Panels keys, turned_keys, turned_values, ask_rows, pushed_rows;
        keys.make(KEYS, size), turned_keys.make(size, KEYS), turned_values.make(size, KEYS);
        ask_rows.make(QUERIES, size), pushed_rows.make(QUERIES, size);
        clear(used, QUERIES * ROW), clear(slopes, QUERIES * ROW);
        for (int64_t j = 0; j < KEYS; j++) factor[j] = 1.0f;
        for (int64_t t = 0; t < target; t++) {  // sum_s P noise times its slope = out times its slope
            fetch(o, shape, b, h, t, 1, 1.0f, pushed, wide);
            turn_of[t] = dot(pushed, exact + ((b * target + t) * heads + h) * size, size);
        }
        for (int64_t at = blocks * split / splits; at < blocks * (split + 1) / splits; at++) {
            const int64_t from = at * KEYS;
            Block block(sight, b, from);
            clear(key_sums, KEYS * size), clear(value_sums, KEYS * size);
            fetch(v, shape, b, h, from, block.size, 1.0f, rows, wide);
            put_turned(turned_values, rows, wide, block.size, size);
            fetch(k, shape, b, h, from, block.size, 1.0f, rows, wide);
            put_turned(turned_keys, rows, wide, block.size, size);
            for (int64_t i = 0; i < block.size * wide; i++) rows[i] *= scale;
            put_rows(keys, rows, wide, block.size);
            const int64_t begin = causal ? from / QUERIES * QUERIES : 0;
            for (int64_t start = begin; start < target && !block.blind(); start += QUERIES) {
                const int64_t here = least(QUERIES, target - start), reach = block.reach(start + here - 1);
                if (reach <= 0) continue;
                const int64_t room = padded(reach);
                fetch(q, shape, b, h, start, here, scale, asks, wide);
                fetch(o, shape, b, h, start, here, 1.0f, pushed, wide);
                put_rows(ask_rows, asks, wide, here);
                put_rows(pushed_rows, pushed, wide, here);
                multiply(asks, wide, here, turned_keys, reach, size, used, ROW, false);          // scores
                multiply(pushed, wide, here, turned_values, reach, size, slopes, ROW, false);    // of P noise
                for (int64_t i = 0; i < here; i++) {
                    const int64_t t = start + i, place = (b * heads + h) * target + t;
                    block.look(t, room);
                    if (threshold) factors(noise, place * source + from, reach, factor);
                    const vf top = set1(tops[place]), share = set1(shares[place]), off = set1(turn_of[t]);
                    float *score = used + i * ROW, *row = slopes + i * ROW;
                    for (int64_t j = 0; j < room; j += WIDTH) {
                        vf weight = exp(load(score + j) - top) * share;
                        weight = less(load(block.hidden + j), set1(-0.5f), zero(), weight);
                        const vf kept = load(factor + j);
                        store(score + j, weight * kept);
                        store(row + j, weight * (load(row + j) * kept - off));
                    }
                }
                add_outer(used, ROW, reach, pushed_rows, here, value_sums);
                add_outer(slopes, ROW, reach, ask_rows, here, key_sums);
                float* place = to_query + (((split * batch + b) * target + start) * heads + h) * size;
                multiply(slopes, ROW, here, keys, size, reach, place, apart, true);
            }
            put(key_sums, size, shape, b, h, from, block.size, source, to_key);
            put(value_sums, size, shape, b, h, from, block.size, source, to_value);
        }
    });
}
